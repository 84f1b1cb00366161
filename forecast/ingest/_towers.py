"""Which part of a tower's subscribers stands for which zone: by the area nearest to the tower, or by the people who live there.

The cell of a tower is all ground that is nearer to it than to any other tower (Voronoi), within its reach, within the zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from forecast import geo
from forecast.schema import Floats

Flags = npt.NDArray[np.bool_]
NEAREST_KM = 5.0  # a tower outside all zones belongs to the nearest within this
NEIGHBOURS = 5  # towers that tell whether one is silent alone
AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Parts:
    """`shares` (zone, tower): the part of a tower that stands for a zone; `outside` (tower): it lies in no zone, nor near one."""

    shares: sparse.csr_array
    outside: Flags


def parts_of(
    lat: Floats,
    lon: Floats,
    zones: gpd.GeoDataFrame,
    *,
    reach_km: float,
    catchment_km: float = NEAREST_KM,
    by: Literal["population", "area"] = "population",
) -> Parts:
    """Towers (degrees) and zones by code, in order -> the part of each tower in each zone.

    Over zones with an area the parts of a tower add up to 1: each piece of its cell counts by its area, or by the people who live
    on it where all zones that the cell touches have a population, spread evenly. A tower is of one point zone, the nearest within
    its catchment. Towers that lie further than `NEAREST_KM` from any zone have no part.
    """
    outside = geo.zone_at(lat, lon, zones, max(NEAREST_KM, catchment_km)) == ""
    is_area = np.isin(shapely.get_type_id(zones.geometry.to_numpy()), AREAS)
    shares = sparse.lil_array((len(zones), len(lat)))
    inside = np.flatnonzero(~outside)
    if is_area.any() and len(inside):
        near = inside[geo.zone_at(lat[inside], lon[inside], zones[is_area], NEAREST_KM) != ""]
        zone, tower, share = _by_cell(lat[near], lon[near], zones[is_area], reach_km, by)
        shares[np.flatnonzero(is_area)[zone], near[tower]] = share
    if (~is_area).any() and len(inside):
        nearest = geo.zone_at(lat[inside], lon[inside], zones[~is_area], catchment_km)
        found = nearest != ""
        shares[zones.index.get_indexer(nearest[found]), inside[found]] = 1.0
    return Parts(sparse.csr_array(shares), outside)


def _by_cell(lat: Floats, lon: Floats, zones: gpd.GeoDataFrame, reach_km: float, by: str) -> tuple[Any, Any, Floats]:
    """Towers in or near zones that are areas -> zone, tower and share of each piece."""
    if not len(lat):
        return np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    plane = _plane(zones)
    shapes = zones.geometry.to_crs(plane).to_numpy()
    places = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=zones.crs).to_crs(plane).to_numpy()
    cells, cell_of = _cells(places, shapely.union_all(shapes), reach_km)
    tree = shapely.STRtree(shapes)
    cell, zone = tree.query(cells, predicate="intersects")
    area = shapely.area(shapely.intersection(cells[cell], shapes[zone]))
    people = zones["population_people"].to_numpy(float)
    weight = _weight(area, cell, zone, np.asarray(people / shapely.area(shapes)), len(cells), by)
    total = np.bincount(cell, weight, len(cells))
    filled = (weight > 0) & (total[cell] > 0)
    cell, zone, share = cell[filled], zone[filled], weight[filled] / total[cell[filled]]
    towers = [np.flatnonzero(cell_of == one) for one in range(len(cells))]
    each = np.array([len(towers[one]) for one in cell], dtype=int)
    tower = np.concatenate([towers[one] for one in cell]) if len(cell) else np.zeros(0, int)
    return np.repeat(zone, each), tower, np.repeat(share, each)


def _weight(area: Floats, cell: Any, zone: Any, density: Floats, cells: int, by: str) -> Floats:
    """(piece) its people, or its area where the density of some zone that the cell touches is unknown or nobody lives there."""
    if by == "area":
        return area
    people = area * density[zone]
    known = np.bincount(cell, np.isnan(people), cells) == 0
    usable = known & (np.bincount(cell, np.nan_to_num(people), cells) > 0)
    return np.where(usable[cell], people, area)


def _cells(places: npt.NDArray[np.object_], ground: Any, reach_km: float) -> tuple[npt.NDArray[np.object_], Any]:
    """Points on a plane (metres) -> the cells of the different places, and (point) which is its own."""
    corners = np.round(shapely.get_coordinates(places), 3)
    different, cell_of = np.unique(corners, axis=0, return_inverse=True)
    points = shapely.points(different)
    if len(points) == 1:
        cells = np.array([shapely.envelope(shapely.buffer(ground, 1000))], dtype=object)
    else:
        frame = shapely.buffer(shapely.envelope(shapely.union(ground, shapely.multipoints(points))), 1000)
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame, ordered=True))
    reach = shapely.buffer(points, reach_km * 1000, quad_segs=64)
    # A tower just outside keeps the ground within its reach; nothing lies outside the zones.
    return np.asarray(shapely.intersection(cells, reach), dtype=object), cell_of.ravel()


def _plane(zones: gpd.GeoDataFrame) -> str:
    """A plane on which areas are true, in metres, with its middle in the middle of the zones."""
    west, south, east, north = zones.total_bounds
    return f"+proj=laea +lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f} +datum=WGS84 +units=m"


def neighbours(lat: Floats, lon: Floats, operators: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """(tower, NEIGHBOURS) the nearest other towers of the same operator; -1 where there are fewer."""
    nearest = np.full((len(lat), NEIGHBOURS), -1)
    for operator in sorted(set(operators)):
        own = np.flatnonzero(operators == operator)
        count = min(NEIGHBOURS + 1, len(own))
        places = np.column_stack([lon[own] * np.cos(np.radians(np.mean(lat[own]))), lat[own]])
        found = cKDTree(places).query(places, k=[*range(1, count + 1)])[1]
        for row, near in zip(own, found, strict=True):
            others = own[near][own[near] != row][:NEIGHBOURS]
            nearest[row, : len(others)] = others
    return nearest
