"""Where depots and zones lie, and how long it takes from one zone to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Ints
from forecast.config import Planning
from forecast.geo import great_circle_km
from forecast.schema import Floats, Inputs


@dataclass(frozen=True)
class Places:
    """(d, 2) `depots` and (z, 2) `zones`: latitude and longitude, NaN where not known; `kmh` made good over the ground."""

    depots: Floats
    zones: Floats
    kmh: float

    def bearing(self, depot: int, zones: Ints) -> Floats:
        """(n) zones -> (n) direction from the depot, in radians from the north; NaN where a place is not known."""
        north, east = (self.zones[zones] - self.depots[depot]).T
        return np.asarray(np.arctan2(east * np.cos(np.radians(self.depots[depot, 0])), north))

    def hours_between(self, zones: Ints, from_depot: Floats) -> Floats:
        """(n) zones and the hours to each from their depot -> (n, n) hours from one to the other.

        By distance; no more than by way of the depot, which is also taken where a place is not known, and no less than what the
        two are apart on the road from the depot.
        """
        lat, lon = self.zones[zones].T
        straight = great_circle_km(lat[:, None], lon[:, None], lat, lon) / self.kmh
        by_depot = from_depot[:, None] + from_depot
        least = np.abs(from_depot[:, None] - from_depot)
        return np.clip(np.where(np.isnan(straight), by_depot, straight), least, by_depot)


def places(inputs: Inputs, depots: pd.Index, zones: pd.Index, plan: Planning) -> Places:
    """Where all is, as the inputs say; of a zone with an area, a point inside."""
    known = inputs.routes.depots.set_index("depot")[["lat", "lon"]].reindex(depots)
    points = inputs.zones.geometry.representative_point().reindex(zones)
    return Places(
        known.to_numpy(float), np.column_stack([points.y.to_numpy(float), points.x.to_numpy(float)]), plan.speed_kmh / plan.detour
    )  # fmt: skip
