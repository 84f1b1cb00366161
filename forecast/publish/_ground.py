"""What all maps of a page have in common: the projection, the shapes of the zones, where things lie on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from forecast.publish import _shapes
from forecast.publish._projection import Projection
from forecast.publish._svg import Markup, tag
from forecast.schema import Floats

CODE_SIZE, DEPOT_SIZE = 1.75, 2.7  # mm, as in the style
LETTER = 0.58  # width of a letter over its height
_POLYGONS = (3, 6)


@dataclass(frozen=True)
class Ground:
    """In millimetres on the page: `spots` (zone, x and y) where a zone is marked, `labels` (zone, x and y) where its code fits
    inside it, NaN where it does not; `depots` and `depot_names` by code; `cut_off`: zones that a road no longer
    reaches, already now or later; `shapes` and `borders` as drawn.
    """

    width: float
    height: float
    projection: Projection
    zones: tuple[str, ...]
    is_polygon: np.ndarray
    spots: Floats
    labels: Floats
    radius: float
    depots: Mapping[str, tuple[float, float]]
    depot_names: Mapping[str, str]
    cut_off: Mapping[str, bool]
    shapes: Markup
    borders: Markup


def ground(
    zones: gpd.GeoDataFrame,
    depots: pd.DataFrame,
    cut_off: Mapping[str, bool],
    projection: Projection,
    width: float,
    height: float,
) -> Ground:
    """Project and simplify what all maps share: `zones` by zone, polygons or points; `depots`: DEPOTS; a frame in mm."""
    shapes = np.asarray(shapely.transform(zones.geometry.to_numpy(), projection.to_page))
    is_polygon = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    if is_polygon.any():
        shapes[is_polygon] = _shapes.simplified(shapes[is_polygon])
    spots = shapely.get_coordinates(shapely.point_on_surface(shapes))
    radius = min(1.8, max(0.6, 0.17 * math.sqrt(width * height / max(len(zones), 1))))
    places = projection.to_page(depots[["lon", "lat"]].to_numpy(dtype=float))
    codes = tuple(map(str, zones.index))
    return Ground(
        width=width,
        height=height,
        projection=projection,
        zones=codes,
        is_polygon=is_polygon,
        spots=spots,
        labels=_label_spots(shapes, spots, codes, cut_off),
        radius=radius,
        depots={depot: (float(x), float(y)) for depot, (x, y) in zip(depots["depot"], places, strict=True)},
        depot_names={depot: str(name or depot) for depot, name in zip(depots["depot"], depots["name"].fillna(""), strict=True)},
        cut_off=cut_off,
        shapes=_definitions(shapes, is_polygon, spots, radius),
        borders=_borders(shapes[is_polygon], zones["parent"].fillna("").to_numpy()[is_polygon]),
    )


def _label_spots(shapes: np.ndarray, spots: Floats, codes: tuple[str, ...], cut_off: Mapping[str, bool]) -> Floats:
    """(zone, x and y) of the middle of the code: the first of a few places where all of it lies inside the polygon."""
    half = np.array([len(code) for code in codes]) * CODE_SIZE * LETTER / 2
    below = np.array([2.3 if code in cut_off else 0.0 for code in codes])
    found = np.full(spots.shape, np.nan)
    for middle in (shapely.get_coordinates(shapely.centroid(shapes)), spots, spots - [0, 2.2]):
        x, y = middle[:, 0], middle[:, 1] + below
        fits = shapely.covers(shapes, shapely.box(x - half, y - CODE_SIZE / 2, x + half, y + CODE_SIZE / 2))
        found = np.where(fits[:, None] & np.isnan(found), np.column_stack([x, y]), found)
    return found


def _definitions(shapes: np.ndarray, is_polygon: np.ndarray, spots: Floats, radius: float) -> Markup:
    """The hatch of what is unknown and the shape of each zone, drawn once and used by all maps."""
    hatch = tag("path", d="M-2 14L14 -2M-2 2L2 -2M10 14L14 10", stroke="#7d8890", stroke_width=1.7)
    parts = [
        tag(
            "pattern",
            tag("rect", width=12, height=12, fill="#fff"),
            hatch,
            id="hatch",
            width=12,
            height=12,
            patternUnits="userSpaceOnUse",
        )
    ]
    for n, shape in enumerate(shapes):
        if is_polygon[n]:
            parts.append(tag("path", id=f"z{n}", d=_shapes.path(shape)))
        else:
            x, y = np.rint(spots[n] * _shapes.UNITS).astype(int)
            parts.append(tag("circle", id=f"z{n}", cx=x, cy=y, r=round(radius * _shapes.UNITS)))
    return tag("defs", parts)


def _borders(polygons: np.ndarray, parents: np.ndarray) -> Markup:
    if not len(polygons):
        return Markup()
    provinces = _shapes.outlines(polygons, parents) if 1 < len(set(parents)) < len(polygons) else []
    coast = _shapes.outlines(polygons, np.zeros(len(polygons)))
    lines = [tag("path", class_="border", d=_shapes.path(shape)) for shape in provinces]
    lines += [tag("path", class_="coast", d=_shapes.path(shape)) for shape in coast]
    return tag("g", lines, transform="scale(.1)")
