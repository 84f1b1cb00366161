"""One layer of a GeoPackage, GeoJSON or Shapefile (zipped or not) as it was written; what GDAL misreads is mended or refused.

Known faults of such files: a Shapefile without its .dbf, .shx or .prj; attributes in another encoding than said, or none said;
GeoJSON that calls a MultiPolygon a Polygon, which GDAL reads as no geometry at all without a word.
"""

from __future__ import annotations

import json
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio  # geopandas reads files with it
import shapely

from forecast.errors import InputError, Problem, Problems, did_you_mean, few
from forecast.geo.files import plain_file

FORMATS = {  # file ending -> how its bytes must begin, and the drivers that read it
    ".gpkg": (b"SQLite format 3\x00", ("GPKG",)),
    ".geojson": (b"{", ("GeoJSON",)),
    ".json": (b"{", ("GeoJSON",)),
    ".shp": (b"\x00\x00\x27\x0a", ("ESRI Shapefile",)),
    ".zip": (b"PK\x03\x04", ()),
}
OF_A_SHAPEFILE = {".dbf": "the codes and names", ".shx": "where each shape starts"}
BESIDE_A_SHAPEFILE = (*OF_A_SHAPEFILE, ".prj", ".cpg")
MAX_UNZIPPED_BYTES = 1_000_000_000
UNREADABLE = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, shapely.errors.GEOSException)
BAD_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)


def read_vector(
    path: Path, *, root: Path, problems: Problems, layer: str | None = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """All features of one layer, in the file's own CRS; `encoding` of the attributes of a Shapefile, where it states none.

    Raises InputError for a file that is not what its ending says, lacks a part, or has several layers and none is named.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise _refused(path.name, "is of no known format", f"Give one of {', '.join(FORMATS)}")
    _refuse_other_bytes(path)
    if ending == ".zip":
        return _unzipped(path, problems, layer, encoding)
    if ending == ".shp":
        for part in shapefile_parts(path).values():
            plain_file(part, root)
        return _shapefile(path, path.name, problems, layer, encoding)
    raw = _read(path, path.name, layer, None)
    return _retyped(raw, path, problems) if ending != ".gpkg" else raw


def shapefile_parts(path: Path) -> dict[str, Path]:
    """The files beside a Shapefile that belong to it, by their ending; none for other files."""
    if path.suffix.lower() != ".shp":
        return {}
    beside = {part.suffix.lower(): part for part in sorted(path.parent.glob(f"{_literally(path.stem)}.*")) if part.is_file()}
    return {ending: beside[ending] for ending in BESIDE_A_SHAPEFILE if ending in beside}


def _literally(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _refuse_other_bytes(path: Path) -> None:
    begins, _ = FORMATS[path.suffix.lower()]
    with path.open("rb") as file:
        head = file.read(64)
    if begins == b"{":
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(begins):
        raise _refused(path.name, f"is not what its ending says ({path.suffix})", "Export it again")


def _read(path: Path, name: str, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    _, drivers = FORMATS[path.suffix.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd rings and encodings; the result is checked here
            layer = _layer(path, name, layer)
            if pyogrio.read_info(path, layer=layer, encoding=encoding)["driver"] not in drivers:
                raise _refused(name, f"is not what its ending says ({path.suffix})", "Export it again")
            return gpd.read_file(path, layer=layer, engine="pyogrio", datetime_as_string=True, encoding=encoding)
    except UnicodeDecodeError:
        raise
    except UNREADABLE as error:
        raise _refused(name, "cannot be read: cut off or corrupt", "Export it again") from error


def _layer(path: Path, name: str, wanted: str | None) -> str:
    layers = {str(layer): kind is not None for layer, kind in pyogrio.list_layers(path)}
    with_shapes = [layer for layer, has_shapes in layers.items() if has_shapes]
    if not with_shapes:
        raise _refused(name, "has no layer with shapes", "Give a file of polygons or points")
    if wanted is None and len(with_shapes) > 1:
        raise _refused(name, f"has {len(with_shapes)} layers with shapes", f"Name one with `layer:`: {', '.join(with_shapes)}")
    if wanted is not None and wanted not in layers:
        action = f"{did_you_mean(wanted, with_shapes)} It has: {', '.join(with_shapes)}".strip()
        raise InputError([Problem(name, "is not a layer of this file", action, value=wanted)])
    if wanted is not None and not layers[wanted]:
        raise InputError([Problem(name, "is a layer without shapes", f"It has: {', '.join(with_shapes)}", value=wanted)])
    return wanted or with_shapes[0]


# ------------------------------------------------------------------ Shapefile


def _shapefile(path: Path, name: str, problems: Problems, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    parts = shapefile_parts(path)
    absent = {ending: holds for ending, holds in OF_A_SHAPEFILE.items() if ending not in parts}
    if absent:
        which = " and ".join(f"{ending} ({holds})" for ending, holds in absent.items())
        action = "A Shapefile is several files of one name: copy all of them, or give a GeoPackage"
        raise _refused(name, f"is without its {which}", action)
    tried = [encoding] if encoding else ["as stated"] if _states_encoding(parts) else ["UTF-8", "cp1252"]
    for attempt in tried:
        try:
            raw = _read(path, name, layer, None if attempt == "as stated" else attempt)
        except UnicodeDecodeError:
            continue
        if attempt == "cp1252" and not encoding:
            action = "Read as cp1252 (Western Europe); if names look wrong, name another with `encoding:`"
            problems.note(Problem(name, "does not say in which encoding its names are, and they are not UTF-8", action))
        return raw
    what = f"has attributes that are not {encoding}" if encoding else "has attributes in another encoding than its .cpg says"
    raise _refused(name, what, "Name the right one with `encoding:`, such as cp1252")


def _states_encoding(parts: Mapping[str, Path]) -> bool:
    """Whether the .cpg file, or the language byte of the .dbf, says how text was written."""
    with parts[".dbf"].open("rb") as file:
        head = file.read(30)
    return ".cpg" in parts or (len(head) == 30 and head[29] != 0)


def _unzipped(path: Path, problems: Problems, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    """The one Shapefile of a zip file, unpacked beside nothing else."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            members = [member for member in archive.infolist() if not member.is_dir() and "__MACOSX" not in member.filename]
            shapes = [member for member in members if member.filename.lower().endswith(".shp")]
            if len(shapes) != 1:
                held = f"holds {len(shapes)} Shapefiles" + (f": {few(m.filename for m in shapes)}" if shapes else "")
                raise _refused(path.name, held, "Zip one Shapefile, or give its .shp unpacked")
            stem = shapes[0].filename[:-4]
            parts = [m for m in members if m.filename[:-4] == stem and m.filename[-4:].lower() in (".shp", *BESIDE_A_SHAPEFILE)]
            if sum(member.file_size for member in parts) > MAX_UNZIPPED_BYTES:
                raise _refused(path.name, f"unpacks to more than {MAX_UNZIPPED_BYTES // 10**9} GB", "Simplify the outlines")
            for member in parts:
                (Path(folder) / f"zones{member.filename[-4:].lower()}").write_bytes(archive.read(member))
            shapefile = Path(folder) / "zones.shp"
            return _shapefile(shapefile, path.name, problems, None if layer == Path(stem).name else layer, encoding)
    except BAD_ZIP as error:
        raise _refused(path.name, "cannot be unpacked: cut off, corrupt or locked by a password", "Zip it again") from error


# ------------------------------------------------------------------ GeoJSON


def _retyped(raw: gpd.GeoDataFrame, path: Path, problems: Problems) -> gpd.GeoDataFrame:
    """Where geometries are empty because their type does not fit their coordinates: read by the coordinates, and noted."""
    empty = np.flatnonzero(raw.geometry.isna() | raw.geometry.is_empty)
    if not len(empty):
        return raw
    features = json.loads(path.read_text(encoding="utf-8-sig")).get("features", [])
    if len(features) != len(raw):
        return raw
    shapes = raw.geometry.to_numpy().copy()
    written = {row: features[row].get("geometry") for row in empty}
    kinds = {row: kind for row, geometry in written.items() if (kind := _kind_of(geometry))}
    for row, kind in kinds.items():
        shapes[row] = shapely.from_geojson(json.dumps({"type": kind, "coordinates": written[row]["coordinates"]}))
    if kinds:
        fault = "nested otherwise than their type says, such as a MultiPolygon labelled Polygon"
        problem = f"{len(kinds)} of {len(raw)} geometries are {fault}"
        problems.note(Problem(path.name, problem, "Read by their coordinates; check them on the map"))
    return raw.set_geometry(gpd.GeoSeries(shapes, index=raw.index, crs=raw.crs))


def _kind_of(geometry: Any) -> str:
    """Polygon or MultiPolygon, by how deeply the coordinates are nested; "" where the type of the geometry fits them."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return ""
    depth, inner = 0, geometry.get("coordinates")
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    kind = {3: "Polygon", 4: "MultiPolygon"}.get(depth, "")
    return "" if kind == geometry["type"] else kind


def _refused(file: str, problem: str, action: str) -> InputError:
    return InputError([Problem(file, problem, action)])
