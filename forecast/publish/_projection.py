"""From degrees to millimetres on the page, and the scale bar that belongs to it.

Equirectangular, true to scale along the middle parallel: exact enough for one country, and a straight road stays straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.schema import Floats

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees
KM_PER_DEGREE = 111.195  # of a great circle on a sphere of 6,371 km


@dataclass(frozen=True)
class Projection:
    """Centre of the map in degrees, centre of the page in millimetres, and millimetres per degree of latitude."""

    lon: float
    lat: float
    x: float
    y: float
    per_degree: float

    def to_page(self, lonlat: Floats) -> Floats:
        """(point, lon and lat) -> (point, x and y) in millimetres, y downwards."""
        east = (lonlat[:, 0] - self.lon) * math.cos(math.radians(self.lat))
        return np.column_stack([self.x + east * self.per_degree, self.y - (lonlat[:, 1] - self.lat) * self.per_degree])

    @property
    def km_per_mm(self) -> float:
        """Kilometres on the ground per millimetre on the page, along the middle parallel."""
        return KM_PER_DEGREE / self.per_degree


def fit(bounds: Bounds, width: float, height: float, margin: float, foot: float = 0.0) -> Projection:
    """The projection that fits the bounds into a frame of `width` x `height` mm, above a strip of `foot` mm left free."""
    west, south, east, north = bounds
    lat = (south + north) / 2
    wide, high = span(bounds)
    per_degree = min((width - 2 * margin) / wide, (height - foot - 2 * margin) / high)
    return Projection((west + east) / 2, lat, width / 2, (height - foot) / 2, per_degree)


def span(bounds: Bounds) -> tuple[float, float]:
    """Width and height of the bounds in degrees of a great circle; at least a hundredth, so that one site can be drawn."""
    west, south, east, north = bounds
    return max((east - west) * math.cos(math.radians((south + north) / 2)), 0.01), max(north - south, 0.01)


def scale_bar(km_per_mm: float, longest_mm: float) -> tuple[float, float]:
    """The longest round distance (1, 2 or 5 times a power of ten) that fits: its km, and its length on the page in mm."""
    most = km_per_mm * longest_mm
    power = 10.0 ** math.floor(math.log10(most))
    km = max(step * power for step in (1, 2, 5) if step * power <= most)
    return km, km / km_per_mm
