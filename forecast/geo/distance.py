"""Distances on the globe."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.schema import Floats

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


def great_circle_km(lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike) -> Floats:
    """Distance over the ground between points, by the haversine formula.

    Degrees, any shapes that broadcast together -> kilometres in the shape they broadcast to: `great_circle_km(a[:, None], b[:, None], c, d)`
    is the matrix of all pairs. Within 0.6 % of the ellipsoid.
    """
    phi1, phi2 = np.radians(np.asarray(lat1, float)), np.radians(np.asarray(lat2, float))
    half_lat = (phi2 - phi1) / 2
    half_lon = np.radians(np.asarray(lon2, float) - np.asarray(lon1, float)) / 2
    haversine = np.sin(half_lat) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0, 1))), dtype=float)
