"""Zone shapes as drawn, in millimetres on the page: simplified together so that neighbours still meet, written short."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from forecast.schema import Floats

MOST_POINTS = 60_000  # of all outlines together: keeps the page small enough for a slow line
UNITS = 10  # of path data, per millimetre
_DETAIL = 0.12  # mm: bends smaller than this are not drawn
_SPECK = 1.0  # mm2: a smaller hole in a border is a gap between neighbours, not a lake


def unwrapped(zones: gpd.GeoDataFrame, depots: pd.DataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Zones and depots on both sides of the date line, next to each other: what is in the west moves once round the globe."""
    west, _, east, _ = zones.total_bounds
    if east - west <= 180:
        return zones, depots
    shapes = shapely.transform(zones.geometry.to_numpy(), lambda xy: np.column_stack([_eastern(xy[:, 0]), xy[:, 1]]))
    return zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=zones.crs)), depots.assign(
        lon=_eastern(depots["lon"].to_numpy(dtype=float))
    )


def simplified(polygons: np.ndarray) -> np.ndarray:
    """Polygons -> polygons with fewer points, borders between neighbours kept common; coarser until `MOST_POINTS` is met."""
    tolerance = _DETAIL
    found = shapely.coverage_simplify(polygons, tolerance)
    while shapely.get_num_coordinates(found).sum() > MOST_POINTS and tolerance < 2:
        tolerance *= 1.6
        found = shapely.coverage_simplify(polygons, tolerance)
    return np.asarray(found)


def outlines(polygons: np.ndarray, groups: np.ndarray) -> list[shapely.Geometry]:
    """Outer borders of each group of polygons, such as the zones of one province."""
    sound = shapely.make_valid(polygons)
    return [_without_specks(shapely.union_all(sound[groups == group])) for group in sorted(set(groups))]


def path(shape: shapely.Geometry) -> str:
    """Outline of a polygon as SVG path data in tenths of a millimetre; one too small to be seen becomes a square of one."""
    rings = [ring for part in _polygons(shape) for ring in (part.exterior, *part.interiors)]
    drawn = "".join(_ring(shapely.get_coordinates(ring)) for ring in rings)
    if drawn or shape.is_empty:
        return drawn
    x, y = np.rint(shapely.get_coordinates(shape.representative_point()) * UNITS).astype(int)[0]
    return f"M{x - UNITS // 2} {y - UNITS // 2}h{UNITS}v{UNITS}h-{UNITS}z"


def _ring(points: Floats) -> str:
    """Each point relative to the one before, points that fall together left out."""
    whole = np.rint(points * UNITS).astype(int)
    steps = np.diff(whole, axis=0)
    steps = steps[np.any(steps != 0, axis=1)][:-1]
    if len(steps) < 2:
        return ""
    drawn = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{whole[0, 0]} {whole[0, 1]}l{drawn}z"


def _polygons(shape: shapely.Geometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]


def _without_specks(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [
        shapely.Polygon(part.exterior, [ring for ring in part.interiors if shapely.Polygon(ring).area >= _SPECK])
        for part in _polygons(shape)
    ]
    return shapely.MultiPolygon(parts)


def _eastern(lon: Floats) -> Floats:
    return np.where(lon < 0, lon + 360, lon)
