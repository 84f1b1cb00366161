"""Distances on the globe, and points that lie where they cannot be meant to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from forecast.schema import Floats

Flags = npt.NDArray[np.bool_]

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_PER_DEGREE = EARTH_RADIUS_KM * np.pi / 180
CORNERS = 64  # of a polygon that stands for a circle
BULK = 0.75  # share of the points that say where the operation is
FAR = 3.0  # times the distance within which the bulk lies


def great_circle_km(lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike) -> Floats:
    """Distance over the ground between points, by the haversine formula.

    Degrees, any shapes that broadcast together -> kilometres in the shape they broadcast to: `great_circle_km(a[:, None],
    b[:, None], c, d)` is the matrix of all pairs. Within 0.6 % of the ellipsoid.
    """
    phi1, phi2 = np.radians(np.asarray(lat1, float)), np.radians(np.asarray(lat2, float))
    half_lat = (phi2 - phi1) / 2
    half_lon = np.radians(np.asarray(lon2, float) - np.asarray(lon1, float)) / 2
    haversine = np.sin(half_lat) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0, 1))), dtype=float)


def circles(lat: npt.ArrayLike, lon: npt.ArrayLike, radius_km: float) -> npt.NDArray[np.object_]:
    """(point) -> (point) polygons in degrees that cover the area of a circle of `radius_km` on the ground."""
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    # A polygon inside the circle is smaller than it: reach out a little so that the areas are the same.
    reach = radius_km * np.sqrt(np.pi / (CORNERS / 2 * np.sin(2 * np.pi / CORNERS))) / KM_PER_DEGREE
    lat, lon = np.asarray(lat, float)[:, None], np.asarray(lon, float)[:, None]
    y = lat + reach * np.sin(angles)
    x = lon + reach * np.cos(angles) / np.cos(np.radians(lat))
    return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)), dtype=object)


def far_from_the_rest(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """(point) -> (point) kilometres from the middle of all points where that is far beyond the bulk of them, NaN elsewhere."""
    away, reach = _away(lat, lon, lat, lon)
    return np.where(away > reach, away, np.nan)


def swapped(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Flags:
    """(point) -> (point) whether latitude and longitude stand in each other's place.

    Certain where only the swapped pair lies on the globe. Otherwise the bulk of the points is the guide: swapped is a point that
    lies far from it, while the pair the other way round lies within.
    """
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    impossible = (np.abs(lat) > 90) & (np.abs(lon) <= 90)
    as_given, reach = _away(lat, lon, lat, lon)
    as_swapped, _ = _away(lat, lon, lon, lat)
    return np.asarray(impossible | ((as_given > reach) & (as_swapped <= reach)))


def _away(lat: npt.ArrayLike, lon: npt.ArrayLike, at_lat: npt.ArrayLike, at_lon: npt.ArrayLike) -> tuple[Floats, float]:
    """Kilometres of places from the middle of the points, and how far the points reach when stray ones are left out."""
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    if not len(lat):
        return np.zeros(0), np.inf
    middle = np.median(lat), np.median(lon)
    bulk = float(np.quantile(great_circle_km(lat, lon, *middle), BULK))
    return great_circle_km(at_lat, at_lon, *middle), FAR * max(bulk, 10.0)
