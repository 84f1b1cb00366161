"""Rain and flood: weekly fields over the coarse grid, what they mean for each zone, and when roads are cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.demo import geography
from forecast.demo.geography import Country
from forecast.demo.timeline import Timeline, autocorrelated, stream
from forecast.schema import Floats

STORMS = ("2024-04-22", "2024-11-11", "2025-04-28", "2025-11-17", "2026-04-20")  # weeks around which the river rises
UNDER_WATER = 0.08  # share of a zone's area flooded from which nobody there sends a report
DRYING_WEEKS = 2  # a road stays shut this long after the water is gone


@dataclass(frozen=True)
class Weather:
    """`rain` (week, row, column) mm per week; `flood` (week, row, column) share under water; the same per zone (zone, week)."""

    rain: Floats
    flood: Floats
    zone_rain: Floats
    zone_flood: Floats


def make(country: Country, timeline: Timeline, seed: int) -> Weather:
    """Draw the weather: two rainy seasons a year, none like the last, a wetter north-west, storms that flood the river."""
    rain = _rain(timeline, seed)
    flood = _flood(rain)
    by_zone = country.coarse_weights
    return Weather(rain, flood, _zone_means(rain, by_zone), _zone_means(flood, by_zone))


def under_water(weather: Weather) -> npt.NDArray[np.bool_]:
    """(zone, week) whether the zone is flooded."""
    return np.asarray(weather.zone_flood > UNDER_WATER)


def roads_shut(weather: Weather) -> npt.NDArray[np.bool_]:
    """(zone, week) whether no truck gets to the zone: flooded now or in the two weeks before."""
    flooded = under_water(weather)
    shut = flooded.copy()
    for week in range(1, DRYING_WEEKS + 1):
        shut[:, week:] |= flooded[:, :-week]
    return shut


def rain_before(weather: Weather, weeks: int = 4) -> Floats:
    """(zone, week) mean weekly rain of the `weeks` weeks before each week (of fewer at the very start)."""
    total = np.cumsum(np.pad(weather.zone_rain, ((0, 0), (1, 0))), axis=1)[:, :-1]
    count = np.minimum(np.arange(total.shape[1]), weeks)
    earlier = np.pad(total, ((0, 0), (weeks, 0)))[:, : total.shape[1]]
    return np.asarray((total - earlier) / np.maximum(count, 1))


def _rain(timeline: Timeline, seed: int) -> Floats:
    lon, lat = geography.grid(geography.COARSE)
    day = timeline.day_of_year
    climate = 1.2 + 24 * _hump(day, 112, 24) + 20 * _hump(day, 320, 22)
    west_north = 1 + 0.35 * (40 - lon[None, :]) / 2 + 0.45 * (lat[:, None] - 2.5) / 1.5
    years = np.exp(autocorrelated(stream(seed, "rainy seasons"), (day.size,), 0.93, 0.35))
    rain = (climate * years)[:, None, None] * west_north * _patches(timeline, seed)
    rain += _storms(timeline, seed)[:, None, None] * _hump(lon[None, :], 40.2, 1.0) * _hump(lat[:, None], 2.6, 0.9)
    return np.asarray(np.round(np.minimum(rain, 400), 1))


def _patches(timeline: Timeline, seed: int) -> Floats:
    """(week, row, column) around 1: rain falls in patches of about a degree."""
    lon, lat = geography.grid(geography.COARSE)
    knots = stream(seed, "patches of rain").normal(0, 1, (timeline.weeks.size, 5, 6))
    down, across = _between(lat, 5), _between(lon, 6)
    field = np.einsum("rk,wkl,cl->wrc", down, knots, across)
    return np.asarray(np.exp(0.6 * field - 0.12))


def _between(axis: Floats, knots: int) -> Floats:
    """(position, knot) weights of straight interpolation between evenly spaced knots."""
    place = (axis - axis.min()) / (axis.max() - axis.min()) * (knots - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(knots)), 0, 1))


def _storms(timeline: Timeline, seed: int) -> Floats:
    """(week) extra rain at the heart of each storm, in mm; storms come a week early or late, and last two weeks."""
    rng = stream(seed, "storms")
    extra = np.zeros(timeline.weeks.size)
    for week in STORMS:
        start = timeline.index_of(week) + int(rng.integers(-1, 2))
        extra[start : start + 2] += rng.uniform(85, 120, 2)
    return extra


def _flood(rain: Floats) -> Floats:
    """(week, row, column) mm -> share under water: the river gathers the country's rain and leaves its bed downstream first."""
    lon, _ = geography.grid(geography.COARSE)
    level = np.zeros(rain.shape[0])
    for week, fallen in enumerate(rain.mean(axis=(1, 2))):
        level[week] = (0.5 * level[week - 1] if week else 0.0) + fallen
    rising = np.clip((level - 65) / 60, 0, 1)[:, None, None]
    downstream = np.clip((lon - 39.4) / 1.4, 0, 1)
    near = np.exp(-((geography.river_distance_degrees(geography.COARSE) / 0.16) ** 2))
    flood = rising * near * downstream
    return np.where(flood < 0.02, 0, np.round(flood, 3))


def _hump(x: Floats, middle: float, width: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((x - middle) / width) ** 2))


def _zone_means(field: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("wrc,zrc->zw", field, weights))
