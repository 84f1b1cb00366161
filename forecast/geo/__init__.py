"""Everything about place: distances, rasters, zones, and what a raster says about a zone. Nothing else imports rasterio or exactextract."""

from forecast.geo.distance import great_circle_km
from forecast.geo.raster import write_geotiff

__all__ = ["great_circle_km", "write_geotiff"]
