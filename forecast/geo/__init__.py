"""Everything about place: which files may be opened, rasters, zones, distances, and what a raster says about a zone.

Nothing else in the project imports rasterio or exactextract.
"""

from forecast.geo.distance import circles, far_from_the_rest, great_circle_km, swapped
from forecast.geo.files import plain_file
from forecast.geo.geotiff import open_geotiff, open_raster, read_raster, refuse_several, write_geotiff
from forecast.geo.layers import read_layers
from forecast.geo.netcdf import open_netcdf
from forecast.geo.people import People
from forecast.geo.raster import Grid, Meaning, Raster, Stack
from forecast.geo.vector_file import shapefile_parts
from forecast.geo.weights import zonal_weights, zone_sums
from forecast.geo.zonal import EMPTY_BELOW, FLAG_BELOW, OverZone, Zonal
from forecast.geo.zones import areas, areas_shared, by_zone, check_zones, points_inside, read_zones, zone_at

__all__ = [
    "EMPTY_BELOW",
    "FLAG_BELOW",
    "Grid",
    "Meaning",
    "OverZone",
    "People",
    "Raster",
    "Stack",
    "Zonal",
    "areas",
    "areas_shared",
    "by_zone",
    "check_zones",
    "circles",
    "far_from_the_rest",
    "great_circle_km",
    "open_geotiff",
    "open_netcdf",
    "open_raster",
    "plain_file",
    "points_inside",
    "read_layers",
    "read_raster",
    "read_zones",
    "refuse_several",
    "shapefile_parts",
    "swapped",
    "write_geotiff",
    "zonal_weights",
    "zone_at",
    "zone_sums",
]
