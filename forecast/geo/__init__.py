"""Everything about place: which files may be opened, rasters, zones, distances, and what a raster says about a zone.

Nothing else in the project imports rasterio or exactextract.
"""

from forecast.geo.distance import circles, far_from_the_rest, great_circle_km, swapped
from forecast.geo.files import plain_file
from forecast.geo.layers import read_layers
from forecast.geo.raster import Grid, Raster, open_raster, read_raster, write_geotiff
from forecast.geo.vector_file import shapefile_parts
from forecast.geo.zonal import EMPTY_BELOW, FLAG_BELOW, Zonal, zonal_weights, zone_sums
from forecast.geo.zones import areas, by_zone, check_zones, points_inside, read_zones, zone_at

__all__ = [
    "EMPTY_BELOW",
    "FLAG_BELOW",
    "Grid",
    "Raster",
    "Zonal",
    "areas",
    "by_zone",
    "check_zones",
    "circles",
    "far_from_the_rest",
    "great_circle_km",
    "open_raster",
    "plain_file",
    "points_inside",
    "read_layers",
    "read_raster",
    "read_zones",
    "shapefile_parts",
    "swapped",
    "write_geotiff",
    "zonal_weights",
    "zone_at",
    "zone_sums",
]
