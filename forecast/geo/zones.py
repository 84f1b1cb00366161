"""Zones: polygons or points with a code, read from a vector file and checked before anything is laid over them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS as Reference
from pyproj.exceptions import CRSError, ProjError

from forecast.errors import InputError, Problem, Problems, did_you_mean, few
from forecast.geo.distance import circles, great_circle_km
from forecast.geo.files import plain_file
from forecast.geo.vector_file import read_vector
from forecast.schema import ZONES, Floats
from forecast.wordlists import weekdays

CRS = "EPSG:4326"
MAX_AREA_CHANGE = 0.01  # by mending an invalid outline; more, and nobody knows what was meant
STRAIGHT_DEGREES = 0.02  # longest straight piece of an outline when it is bent into another CRS
TEXTS = ("zone", "zone_name", "parent", "receives_on")
NUMBERS = ("population_people", "store_m3", "cold_m3")


def read_zones(
    path: Path,
    *,
    root: Path,
    problems: Problems,
    columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read zones from GeoPackage, GeoJSON or Shapefile, sorted by code.

    -> ZONES and `geometry` in EPSG:4326. `columns`: our name -> name in the file, where they
    differ. `encoding`, `crs`: of a file that states none. `problems` gets what was mended. Raises InputError with all that is
    wrong with the file and its zones.
    """
    real = plain_file(path, root)
    found = Problems()
    raw = _placed(read_vector(real, root=root, problems=found, layer=layer, encoding=encoding), crs, real.name)
    zones = _named(raw, columns or {}, real.name, found)
    found.raise_if_refused()
    zones = check_zones(
        gpd.GeoDataFrame(zones, geometry=_moved(raw.geometry, CRS, real.name).to_numpy(), crs=CRS), real.name, found
    )
    problems.noted.extend(found.noted)
    return zones


def check_zones(zones: gpd.GeoDataFrame, file: str, problems: Problems) -> gpd.GeoDataFrame:
    """Check codes and geometries (EPSG:4326), mend small faults, sort by code.

    Refused: no zones, empty or repeated codes, no geometry, other kinds than polygon and point, a zone over more than 180 degrees
    of longitude, an outline that cannot be mended without changing its area. Raises InputError with all of it.
    """
    codes = zones["zone"]
    if not len(zones):
        problems.refuse(Problem(file, "has no zones", "Give a file with one feature per zone"))
    for row in np.flatnonzero(codes == ""):
        problems.refuse(Problem(file, f"feature {row + 1} has no code", "Give every zone a code", column="zone"))
    for code in sorted(set(codes[codes.duplicated() & (codes != "")])):
        what = f"stands {(codes == code).sum()} times"
        problems.refuse(Problem(file, what, "Give each zone once (several parts: one multipolygon)", column="zone", value=code))
    shapes = shapely.force_2d(zones.geometry.to_numpy())
    shapes = _mended(shapes, codes.to_numpy(), file, problems) if _all_drawn(shapes, codes, file, problems) else shapes
    problems.raise_if_refused()
    order = np.argsort(codes.to_numpy().astype(str), kind="stable")
    checked = zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=CRS))
    return checked.iloc[order].reset_index(drop=True)


def by_zone(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The zones indexed by code and sorted, whether the code was a column or the index."""
    indexed = zones.set_index("zone") if "zone" in zones.columns else zones
    return indexed.sort_index()


def areas(zones: gpd.GeoDataFrame, catchment_km: float) -> gpd.GeoSeries:
    """The polygons of zones by code; for a point, a circle of `catchment_km` around it."""
    geometry = by_zone(zones).geometry
    shapes = geometry.to_numpy().copy()
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    if points.any():
        shapes[points] = circles(shapely.get_y(shapes[points]), shapely.get_x(shapes[points]), catchment_km)
    return gpd.GeoSeries(shapes, index=geometry.index, crs=CRS)


def points_inside(zones: gpd.GeoDataFrame) -> dict[str, str]:
    """Code of each zone that is a point inside the area of another -> code of that other (the first, where areas overlap)."""
    geometry = by_zone(zones).geometry.dropna()
    shapes, codes = geometry.to_numpy(), geometry.index.to_numpy()
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points, areas = np.flatnonzero(is_point), np.flatnonzero(~is_point)
    point, area = shapely.STRtree(shapes[areas]).query(shapes[points], predicate="intersects")
    pairs = sorted(zip(codes[points[point]], codes[areas[area]], strict=True), reverse=True)
    return dict(reversed(list({str(inner): str(outer) for inner, outer in pairs}.items())))


def areas_shared(zones: gpd.GeoDataFrame, more_than: float) -> dict[tuple[str, str], float]:
    """Codes of two areas, the smaller first -> the share of the smaller that lies in the other, where it is `more_than` that.

    Found on outlines simplified by a fiftieth of their width: borders that are drawn alike but not the same share little.
    """
    geometry = by_zone(zones).geometry.dropna()
    geometry = geometry[geometry.geom_type != "Point"]
    shapes, codes = geometry.to_numpy(), geometry.index.to_numpy().astype(str)
    shapes = shapely.make_valid(shapely.simplify(shapes, np.sqrt(shapely.area(shapes)) / 50))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    size = shapely.area(shapes)
    shares = shapely.area(shapely.intersection(shapes[one], shapes[other])) / np.minimum(size[one], size[other])
    is_first = size[one] <= size[other]
    smaller, larger = np.where(is_first, one, other), np.where(is_first, other, one)
    found = zip(codes[smaller], codes[larger], shares, strict=True)
    return {(inner, outer): float(share) for inner, outer, share in sorted(found) if share > more_than}


def in_crs(zones: gpd.GeoSeries, crs: str) -> gpd.GeoSeries:
    """Zones in another CRS (WKT), long straight edges bent as the CRS bends them.

    Raises InputError for zones that have no place in it.
    """
    if zones.crs == crs:
        return zones
    bent = gpd.GeoSeries(shapely.segmentize(zones.to_numpy(), STRAIGHT_DEGREES), index=zones.index, crs=zones.crs)
    moved = _moved(bent, crs, "zones")
    lost = ~np.isfinite(moved.bounds.to_numpy()).all(axis=1)
    if lost.any():
        raise _refused("zones", f"have no place in the CRS of a raster: {few(zones.index[lost])}", "Warp it to EPSG:4326")
    return moved


def _moved(shapes: gpd.GeoSeries, crs: str, file: str) -> gpd.GeoSeries:
    try:
        return shapes.to_crs(crs)
    except ProjError as error:
        raise _refused(file, "cannot be brought from one CRS to the other", "Save all files in EPSG:4326") from error


def zone_at(lat: npt.ArrayLike, lon: npt.ArrayLike, zones: gpd.GeoDataFrame, within_km: float) -> npt.NDArray[np.object_]:
    """(point) -> (point) code of the zone it lies in, else of the nearest zone within `within_km`, else "".

    Where zones overlap, the first code in order; the order of `zones` does not matter.
    """
    zones = by_zone(zones)
    shapes, codes = zones.geometry.to_numpy(), zones.index.to_numpy()
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    tree = shapely.STRtree(shapes)
    point, zone = tree.query(circles(lat, lon, within_km), predicate="intersects")
    inside_point, inside_zone = tree.query(shapely.points(lon, lat), predicate="intersects")
    point, zone = np.concatenate([point, inside_point]), np.concatenate([zone, inside_zone])
    km = _km_to(lat[point], lon[point], shapes[zone])
    order = np.lexsort((zone, km, point))
    first = order[np.unique(point[order], return_index=True)[1]]
    found = np.full(len(lat), "", dtype=object)
    found[point[first]] = codes[zone[first]]
    return found


def _km_to(lat: Floats, lon: Floats, shapes: npt.NDArray[np.object_]) -> Floats:
    """(pair) kilometres from a point to the nearest place of a shape, 0 inside; exact enough over a few kilometres."""
    # Degrees of longitude are shorter than those of latitude: squeeze, find the nearest place, unsqueeze.
    squeeze = np.cos(np.radians(lat))
    squeezed = [shapely.transform(shape, lambda xy, k=k: xy * (k, 1)) for shape, k in zip(shapes, squeeze, strict=True)]
    lines = shapely.shortest_line(np.array(squeezed, dtype=object), shapely.points(lon * squeeze, lat))
    nearest = shapely.get_point(lines, 0)
    return great_circle_km(lat, lon, shapely.get_y(nearest), shapely.get_x(nearest) / squeeze)


# ------------------------------------------------------------------ reading


def _placed(raw: gpd.GeoDataFrame, crs: str | None, file: str) -> gpd.GeoDataFrame:
    """The features with a CRS: that of the file, or the one given for a file that states none."""
    try:
        given = Reference.from_user_input(crs) if crs else None
    except CRSError as error:
        what, action = "is no coordinate reference system", "Write for instance EPSG:4326"
        raise InputError([Problem(file, what, action, value=crs or "")]) from error
    if raw.crs is None and given is None:
        action = "Save it with one (a Shapefile needs its .prj beside it), or name it with `crs:`, such as EPSG:4326"
        raise _refused(file, "has no coordinate reference system", action)
    if raw.crs is not None and given is not None and raw.crs != given:
        action = "Leave out `crs:`, which is for files that state none, or mend the file"
        raise _refused(file, f"states the CRS {raw.crs.name}, and the config says {given.name}", action)
    return raw if raw.crs is not None else raw.set_crs(given)


def _named(raw: gpd.GeoDataFrame, columns: Mapping[str, str], file: str, problems: Problems) -> pd.DataFrame:
    given = {"population_people" if ours == "population" else ours: theirs for ours, theirs in columns.items()}
    wanted = {ours: given.get(ours, ours) for ours in (*TEXTS, *NUMBERS)}
    if "population_people" not in {*given, *raw.columns}:
        wanted["population_people"] = "population"
    for ours, theirs in wanted.items():
        if theirs not in raw.columns and (ours == "zone" or ours in given):
            known = [str(name) for name in raw.columns if name != raw.geometry.name]
            action = f"{did_you_mean(theirs, known)} The file has: {', '.join(known) or 'none'}".strip()
            problems.refuse(Problem(file, f"has no column '{theirs}'", action, column=ours))
    named: dict[str, Any] = {ours: raw.get(theirs, pd.Series("", index=raw.index)) for ours, theirs in wanted.items()}
    texts = {ours: named[ours].map(_text) for ours in TEXTS}
    if pd.api.types.is_numeric_dtype(named["zone"]) and len(raw):
        what = f"holds codes as numbers ({few(texts['zone'], 3)})"
        problems.note(Problem(file, what, "Read as text; zeros in front, if there were any, are lost", column=wanted["zone"]))
    for row in np.flatnonzero([-1 in weekdays(cell) for cell in texts["receives_on"]]):
        what = f"names no days of the week (zone {texts['zone'].iloc[row]})"
        action = "Write them, such as Mon Tue Wed Thu Fri"
        problems.refuse(Problem(file, what, action, column="receives_on", value=texts["receives_on"].iloc[row]))
    numbers = {ours: _numbers(named[ours], texts["zone"], ours, file, problems) for ours in NUMBERS}
    return pd.DataFrame({name: (texts | numbers)[name] for name in ZONES.names})


def _text(value: object) -> str:
    """A code as it was written; a whole number that the format keeps as decimal has no decimals in a code."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _numbers(values: pd.Series, zones: pd.Series, ours: str, file: str, problems: Problems) -> Floats:
    numbers = pd.to_numeric(values.map(_text), errors="coerce").to_numpy(float)
    stated = (values.map(_text) != "").to_numpy()
    for row in np.flatnonzero(stated & ~(np.isfinite(numbers) & (numbers >= 0))):
        what, value = f"is not a number of {ZONES.column(ours).unit} (zone {zones.iloc[row]})", _text(values.iloc[row])
        column = ours.removesuffix("_people")
        problems.refuse(Problem(file, what, "Give a number of 0 or more, or none", column=column, value=value))
    return numbers


# ------------------------------------------------------------------ geometry


def _all_drawn(shapes: npt.NDArray[np.object_], codes: pd.Series, file: str, problems: Problems) -> bool:
    """Whether every zone has a geometry of a usable kind and place."""
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if empty.any() and empty.mean() >= 0.5:
        problem = f"{empty.sum()} of {len(shapes)} geometries are empty when read ({few(codes[empty])})"
        action = "Export the file again, with its shapes"
        problems.refuse(Problem(file, problem, action))
        return False
    for code in codes[empty]:
        problems.refuse(Problem(file, "has no geometry", "Draw the zone, or give its point", column="zone", value=code))
    kinds = shapely.get_type_id(shapes)
    usable = np.isin(kinds, (shapely.GeometryType.POINT, shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    for code in codes[~usable & ~empty]:
        problems.refuse(Problem(file, "is neither a polygon nor a point", "Draw it as one of them", column="zone", value=code))
    bounds = shapely.bounds(shapes)
    on_globe = (np.abs(bounds[:, [0, 2]]) <= 180 + 1e-6).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90 + 1e-6).all(axis=1)
    for code in codes[~on_globe & ~empty]:
        problems.refuse(
            Problem(file, "lies off the globe", "See whether the CRS of the file is right", column="zone", value=code)
        )
    for code in codes[on_globe & (bounds[:, 2] - bounds[:, 0] > 180)]:
        action = "Split it at 180 degrees into two parts"
        problems.refuse(Problem(file, "spans more than 180 degrees of longitude", action, column="zone", value=code))
    return not problems.refused


def _mended(shapes: npt.NDArray[np.object_], codes: npt.NDArray[Any], file: str, problems: Problems) -> npt.NDArray[np.object_]:
    """Outlines made valid where that hardly changes their area."""
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    mended = shapes.copy()
    mended[broken] = [_only_polygons(shape) for shape in shapely.make_valid(shapes[broken])]
    before, after = shapely.area(shapes), shapely.area(mended)
    changed = np.abs(after - before) > MAX_AREA_CHANGE * np.maximum(before, after)
    flat = (after == 0) & (shapely.get_dimensions(mended) != 0)
    for row in np.flatnonzero(changed | flat):
        reason = "covers no area" if flat[row] else f"has an outline that crosses itself ({shapely.is_valid_reason(shapes[row])})"
        problems.refuse(Problem(file, reason, "Draw its outline again", column="zone", value=codes[row]))
    kept = broken[~(changed | flat)[broken]]
    if len(kept):
        action = "They were mended; no area changed by more than 1 %"
        problems.note(Problem(file, f"{len(kept)} of {len(codes)} outlines are invalid: {few(sorted(codes[kept]))}", action))
    return mended


def _only_polygons(shape: Any) -> Any:
    """Without the stray lines and points that mending can leave beside the polygons."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _refused(file: str, problem: str, action: str) -> InputError:
    return InputError([Problem(file, problem, action)])
