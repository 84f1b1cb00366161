"""The map: districts that tessellate the country, the grids over it, towers, depots and lanes. The same for every seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from forecast.demo.places import DEPOTS, DISTRICTS, OUTLINE, PROVINCES, RIVER
from forecast.geo import great_circle_km
from forecast.schema import Floats

WEST, SOUTH, EAST, NORTH = 38.0, 1.0, 42.0, 4.0
COARSE = 0.1  # degrees: cells of rain and flood
FINE = 0.025  # degrees: cells of people
DETOUR = 1.35  # road length over straight distance
LANES_PER_ZONE = 2


@dataclass(frozen=True)
class Country:
    """By code, `zones`: `zone_name, province, people, towers, lon, lat` (of the town), polygon; `depots`: `name, lon, lat`."""

    zones: gpd.GeoDataFrame
    depots: pd.DataFrame

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(row, column) of the fine grid from the north-west -> position of the zone that holds the cell's middle, -1 outside."""
        lon, lat = grid(FINE)
        points = shapely.points(*(axis.ravel() for axis in np.meshgrid(lon, lat)))
        cell, zone = shapely.STRtree(points).query(self.zones.geometry.to_numpy(), predicate="contains")[::-1]
        labels = np.full(points.size, -1)
        labels[cell] = zone
        return labels.reshape(lat.size, lon.size)

    @cached_property
    def coarse_weights(self) -> Floats:
        """(zone, row, column) share of each zone's area that lies in each coarse cell."""
        per_cell = round(COARSE / FINE)
        rows, columns = (size // per_cell for size in self.labels.shape)
        inside = self.labels == np.arange(len(self.zones))[:, None, None]
        weights = inside.reshape(-1, rows, per_cell, columns, per_cell).sum(axis=(2, 4)).astype(float)
        return np.asarray(weights / weights.sum(axis=(1, 2), keepdims=True))

    @cached_property
    def km(self) -> Floats:
        """(zone, depot) road length."""
        zones, depots = self.zones, self.depots
        lat, lon = zones["lat"].to_numpy()[:, None], zones["lon"].to_numpy()[:, None]
        return DETOUR * great_circle_km(lat, lon, depots["lat"], depots["lon"])

    @cached_property
    def hours(self) -> Floats:
        """(zone, depot) hours one way, loading and unloading included: tracks get slower the further one goes."""
        return np.asarray(np.round(0.5 + self.km / np.clip(45 - 0.07 * self.km, 28, 45), 1))

    @cached_property
    def home(self) -> npt.NDArray[np.int64]:
        """(zone) position of the depot that serves it."""
        return np.asarray(self.hours.argmin(axis=1))

    @cached_property
    def remoteness(self) -> Floats:
        """(zone) 0 at a depot's door, 1 for the furthest zone."""
        nearest = self.hours.min(axis=1)
        return np.asarray((nearest - nearest.min()) / (nearest.max() - nearest.min()))

    def positions(self, codes: tuple[str, ...]) -> list[int]:
        """Positions of zones by code."""
        return [int(self.zones.index.get_loc(code)) for code in codes]


def demoland() -> Country:
    """Draw the country."""
    table = pd.DataFrame(DISTRICTS, columns=["zone", "zone_name", "lon", "lat", "people", "towers"])
    towns = shapely.points(table["lon"], table["lat"])
    cells = _tessellation(towns)
    of_town = shapely.STRtree(cells).query(_bend(towns), predicate="within")[1]
    table["province"] = table["zone"].str[:4].map(PROVINCES)
    table[["lon", "lat"]] = shapely.get_coordinates(_bend(towns)).round(3)
    zones = gpd.GeoDataFrame(table.set_index("zone"), geometry=cells[of_town], crs="EPSG:4326")
    depots = pd.DataFrame(DEPOTS, columns=["depot", "name", "lon", "lat"]).set_index("depot")
    return Country(zones.sort_index(), depots)


def grid(cell: float) -> tuple[Floats, Floats]:
    """Middles of the columns (west to east) and rows (north to south) of the grid of this cell size."""
    columns, rows = round((EAST - WEST) / cell), round((NORTH - SOUTH) / cell)
    return np.linspace(WEST + cell / 2, EAST - cell / 2, columns), np.linspace(NORTH - cell / 2, SOUTH + cell / 2, rows)


def river_distance_degrees(cell: float) -> Floats:
    """(row, column) of a grid -> distance of its middle to the river."""
    lon, lat = grid(cell)
    river = _bend(np.array([shapely.LineString(RIVER)]))[0]
    return np.asarray(shapely.distance(shapely.points(*np.meshgrid(lon, lat)), river))


def people_grid(country: Country, people: Floats) -> Floats:
    """(zone) people -> (row, column) of the fine grid: people per cell, summing to each zone's people; NaN outside the country.

    Nobody lives in a cell that a border crosses, so that any way of cutting cells gives each zone its own people.
    """
    lon, lat = grid(FINE)
    labels = country.labels
    surface = np.full(labels.shape, np.nan)
    west, north = np.meshgrid(lon - FINE / 2, lat + FINE / 2)
    boxes = shapely.box(west, north - FINE, west + FINE, north)
    surface[shapely.intersects(country.zones.geometry.union_all(), boxes)] = 0
    for zone, (shape, total) in enumerate(zip(country.zones.geometry, people, strict=True)):
        shapely.prepare(shape)
        rows, columns = np.nonzero(labels == zone)
        inside = shapely.contains(shape, boxes[rows, columns])
        rows, columns = rows[inside], columns[inside]
        town = country.zones.iloc[zone]
        apart = np.hypot(lon[columns] - town["lon"], lat[rows] - town["lat"])
        settled = np.exp(-((apart / 0.06) ** 2)) + 0.05 * np.exp(-apart / 0.2)
        surface[rows, columns] = total * settled / settled.sum()
    return surface


def towers(country: Country) -> pd.DataFrame:
    """`tower, lat, lon, zone` (position): around the towns, more where more people are; two remote zones have none."""
    rows: list[tuple[str, float, float, int]] = []
    for zone, place in enumerate(country.zones.itertuples()):
        for number in range(place.towers):
            apart, angle = 0.03 + 0.022 * number, 2.4 * number + zone
            lat, lon = place.lat + apart * np.sin(angle), place.lon + apart * np.cos(angle)
            rows.append((f"T{len(rows) + 1:03d}", round(lat, 4), round(lon, 4), zone))
    return pd.DataFrame(rows, columns=["tower", "lat", "lon", "zone"])


def _tessellation(towns: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Polygons nearest to each town, cut by the outline, their borders bent: all made from one set of lines, so none overlap."""
    outline = shapely.Polygon(OUTLINE)
    nearest = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(towns), extend_to=outline))
    lines = shapely.union_all(shapely.boundary(shapely.intersection(nearest, outline)))
    bent = _bend(shapely.get_parts(shapely.line_merge(shapely.segmentize(lines, 0.04))))
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(bent)))))


def _bend(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Move every vertex by a smooth field, so that straight borders look surveyed and shared ones stay shared."""

    def moved(points: Floats) -> Floats:
        x, y = points[:, 0], points[:, 1]
        east = 0.022 * np.sin(17 * y + 5 * x) + 0.010 * np.sin(41 * y - 23 * x)
        north = 0.022 * np.sin(15 * x - 7 * y + 1) + 0.010 * np.sin(37 * x + 19 * y)
        return np.asarray(np.round(points + np.column_stack([east, north]), 5))

    return np.asarray(shapely.transform(shapes, moved))
