"""Zones from a GeoPackage, GeoJSON or Shapefile: polygons (districts, camps) or points (sites), one feature per zone.

Contract. The file states its CRS; every zone has a code of its own and a geometry. Other columns do no harm. Codes stay text.

    path: zones.gpkg           relative to the data folder and never outside it
    layer: adm2                of a file with several layers of shapes
    columns:                   our name -> name in the file, where they differ
      zone: adm2_pcode
      zone_name: adm2_name     optional, as are the next two
      parent: adm1_name
      population: people
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import geopandas as gpd
from pydantic import Field

from forecast import geo, store
from forecast.config import Code, Section
from forecast.ingest import _files
from forecast.schema import ZONES, Reading

BESIDE_A_SHAPEFILE = (".dbf", ".shx", ".prj", ".cpg")


class Settings(Section):
    """The settings of `use: vector`; what they mean stands at the top of forecast/ingest/vector.py."""

    path: Code
    layer: Code | None = None
    columns: dict[Literal["zone", "zone_name", "parent", "population"], Code] = Field(default={})


def read(settings: Settings, reading: Reading, name: str) -> gpd.GeoDataFrame:
    """Zones by code: `zone, zone_name, parent, population_people, geometry` (EPSG:4326).

    Raises InputError with all that is wrong with the file; what was mended is noted.
    """
    path = _files.find(reading.root, settings.path, f"inputs.{name}.path")[0]
    for part in _parts(path):
        reading.files[part.relative_to(reading.root).as_posix()] = store.file_digest(part)
    columns = {str(ours): theirs for ours, theirs in settings.columns.items()}
    zones = geo.read_zones(path, root=reading.root, problems=reading.ledger.problems, columns=columns, layer=settings.layer)
    ZONES.check(zones)
    return zones


def _parts(path: Path) -> list[Path]:
    """The file, and for a Shapefile the files that belong to it."""
    beside = [path.with_suffix(suffix) for suffix in BESIDE_A_SHAPEFILE] if path.suffix.lower() == ".shp" else []
    return [path, *(part for part in beside if part.is_file())]
