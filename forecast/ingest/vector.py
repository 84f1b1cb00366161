"""Zones from a GeoPackage, GeoJSON or Shapefile (zipped too): polygons (districts, camps) or points (sites), one feature each.

Contract. The file states its CRS, whatever it is; every zone has a code of its own and a geometry. Other columns do no harm.
Codes stay text.

    path: zones.gpkg           relative to the data folder and never outside it
    layer: adm2                of a file with several layers of shapes
    crs: EPSG:4326             of a file that states none, such as a Shapefile without .prj
    encoding: cp1252           of the names in a Shapefile that does not say it, or says it wrongly
    columns:                   our name -> name in the file, where they differ
      zone: adm2_pcode
      zone_name: adm2_name     optional, as are the next two
      parent: adm1_name
      population: people
      receives_on: market_day  optional: days of the week; so are store_m3 and cold_m3, what its store and fridge hold
"""

from __future__ import annotations

import codecs
from typing import Literal

import geopandas as gpd
from pydantic import Field, field_validator

from forecast import geo, store
from forecast.config import Code, Section
from forecast.ingest import _files
from forecast.schema import ZONES, Reading

Ours = Literal["zone", "zone_name", "parent", "population", "receives_on", "store_m3", "cold_m3"]


class Settings(Section):
    """The settings of `use: vector`; what they mean stands at the top of forecast/ingest/vector.py."""

    path: Code
    layer: Code | None = None
    crs: Code | None = None
    encoding: Code | None = None
    columns: dict[Ours, Code] = Field(default={})
    assumed: str | None = None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            codecs.lookup(value or "utf-8")
        except LookupError:
            raise ValueError("is no known encoding; write for instance utf-8 or cp1252") from None
        return value


def read(settings: Settings, reading: Reading, name: str) -> gpd.GeoDataFrame:
    """Zones by code: ZONES and `geometry` (EPSG:4326).

    Raises InputError with all that is wrong with the file; what was mended is noted.
    """
    path = _files.find(reading.root, settings.path, f"inputs.{name}.path")[0]
    for part in (path, *geo.shapefile_parts(path).values()):
        reading.files[part.relative_to(reading.root).as_posix()] = store.file_digest(part)
    columns = {str(ours): theirs for ours, theirs in settings.columns.items()}
    zones = geo.read_zones(
        path, root=reading.root, problems=reading.ledger.problems, columns=columns,
        layer=settings.layer, encoding=settings.encoding, crs=settings.crs,
    )  # fmt: skip
    if settings.crs:
        reading.ledger.assume("crs", path.name, settings.crs, "", "setting crs; the file states none")
    ZONES.check(zones)
    return zones
