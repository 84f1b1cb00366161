"""What nobody in the field sees: the people present in every zone, and what they would have taken had stock never run out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.config import Config
from forecast.demo import weather
from forecast.demo.geography import Country
from forecast.demo.timeline import Timeline, autocorrelated, stream
from forecast.demo.weather import Weather
from forecast.schema import Floats

AS_OF = "2026-06-29"  # the week of the population raster
RETURN_WEEKS = 20  # how long the way home takes, where people return
COUNTED_SINGLY = ("health_kit", "vaccine")  # needed one by one, so that weeks without any need occur
LEVELS = {"water_trucked": 0.90, "water_tabs": 0.75, "ration": 0.80, "rusf": 0.85, "health_kit": 0.95, "vaccine": 0.85}
"""True need of an average person over the planning figure."""


@dataclass(frozen=True)
class Displacement:
    """People who leave zones for others: `share` of those there, within two weeks; perhaps home again from `back` on."""

    name: str
    start: str
    leave: tuple[str, ...]
    arrive: tuple[str, ...]
    share: float
    back: str | None = None


DISPLACEMENTS = (
    Displacement("drought in the west", "2025-09-29", ("XD0103", "XD0106", "XD0110"), ("XD0111",), 0.35, "2025-12-15"),
    Displacement("fighting in the north", "2026-09-28", ("XD0201", "XD0203", "XD0204", "XD0205"), ("XD0206", "XD0211"), 0.50),
)


def planning_figures(settings: Config) -> pd.DataFrame:
    """The items of the demo config by code, sorted: pack, weight, need per person and the like."""
    columns = ["pack", "kg_per_unit", "per_person_per_day", "carriage"]
    rows = {code: [getattr(item, name) for name in columns] for code, item in settings.items.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).sort_index()


def people_present(country: Country, timeline: Timeline, seed: int) -> Floats:
    """(zone, week) people: they come and go a little with the seasons, and were displaced twice. The total never changes."""
    rng = stream(seed, "people")
    zones, weeks = len(country.zones), timeline.weeks.size
    phase = rng.uniform(0, 2 * np.pi, (zones, 1))
    ways = 0.03 * np.sin(2 * np.pi * timeline.day_of_year / 365.25 + phase) + autocorrelated(rng, (zones, weeks), 0.9, 0.012)
    counted = timeline.index_of(AS_OF)
    settled = country.zones["people"].to_numpy(dtype=float)[:, None] * np.exp(ways - ways[:, [counted]])
    present = settled * settled[:, [counted]].sum() / settled.sum(axis=0)
    for event in DISPLACEMENTS:
        present = _displaced(present, event, country, timeline)
    return np.asarray(np.round(present))


def _displaced(present: Floats, event: Displacement, country: Country, timeline: Timeline) -> Floats:
    """(zone, week) -> (zone, week) after one displacement: half go in the first week, the others in the second."""
    away = np.zeros(timeline.weeks.size)
    start = timeline.index_of(event.start)
    away[start], away[start + 1 :] = event.share / 2, event.share
    if event.back:
        home = np.arange(timeline.weeks.size) - timeline.index_of(event.back)
        away *= np.clip(1 - home / RETURN_WEEKS, 0, 1)
    leave, arrive = country.positions(event.leave), country.positions(event.arrive)
    moved = present.copy()
    moved[leave] *= 1 - away
    moved[arrive] += (present[leave] * away).sum(axis=0) / len(arrive)
    return moved


def demand(country: Country, items: pd.DataFrame, timeline: Timeline, sky: Weather, people: Floats, seed: int) -> Floats:
    """(zone, item, week) whole item units that would be taken if stock never ran out.

    People present x planning figure x the item's true level x season and rain x what is particular to the zone x noise that
    lasts, some of it common to the country. Kits and doses are needed one by one.
    """
    rng = stream(seed, "demand")
    shape = (len(country.zones), len(items), timeline.weeks.size)
    per_week = 7 * items["per_person_per_day"] * pd.Series(LEVELS)[items.index]
    lasting = autocorrelated(rng, shape, 0.75, 0.13) + autocorrelated(rng, shape[1:], 0.85, 0.06)
    particular = rng.normal(0, 0.12, shape[:2])[:, :, None]
    varied = _seasons(items, timeline, sky) * np.exp(lasting + particular - 0.017)
    mean = people[:, None, :] * per_week.to_numpy()[:, None] * varied
    singly = items.index.isin(COUNTED_SINGLY)
    mean[:, singly] = rng.poisson(mean[:, singly])
    return np.asarray(np.round(mean))


def _seasons(items: pd.DataFrame, timeline: Timeline, sky: Weather) -> Floats:
    """(zone, item, week) around 1: rain fills ponds, so less water is trucked and more is treated; lean and sick seasons."""
    rain, rain_long_ago = weather.rain_before(sky, 4), weather.rain_before(sky, 8)
    lean = np.broadcast_to(_yearly(timeline, 75) + _yearly(timeline, 285), rain.shape)  # the months before the two harvests
    by_item = {
        "water_trucked": 1.30 * np.exp(-rain / 40),
        "water_tabs": 0.85 + 0.35 * rain / (rain + 15),
        "ration": 0.92 + 0.18 * lean,
        "rusf": 0.80 + 0.45 * lean,
        "health_kit": 0.90 + 0.25 * rain_long_ago / (rain_long_ago + 12),
        "vaccine": np.ones_like(rain),
    }
    return np.stack([by_item[item] for item in items.index], axis=1)


def _yearly(timeline: Timeline, middle: float) -> Floats:
    """(week) a season of some ten weeks around a day of the year."""
    apart = (timeline.day_of_year - middle + 182.5) % 365 - 182.5
    return np.asarray(np.exp(-0.5 * (apart / 30) ** 2))


def tables(
    country: Country, items: pd.DataFrame, timeline: Timeline, sky: Weather, people: Floats, wanted: Floats
) -> dict[str, pd.DataFrame]:
    """True demand, people and rain up to twelve weeks after the issue date, and the displacements."""
    told, weeks = timeline.told, timeline.weeks[timeline.told]
    zone_week = pd.MultiIndex.from_product([country.zones.index, weeks], names=["zone", "period"])
    zone_item_week = pd.MultiIndex.from_product([country.zones.index, items.index, weeks], names=["zone", "item", "period"])
    moves = [(m.name, m.start, " ".join(m.leave), " ".join(m.arrive), m.share, m.back) for m in DISPLACEMENTS]
    return {
        "demand.csv": pd.DataFrame({"demand": wanted[:, :, told].ravel().astype(int)}, zone_item_week).reset_index(),
        "people.csv": pd.DataFrame({"people": people[:, told].ravel().astype(int)}, zone_week).reset_index(),
        "rainfall.csv": pd.DataFrame({"rainfall_mm": sky.zone_rain[:, told].ravel().round(2)}, zone_week).reset_index(),
        "displacements.csv": pd.DataFrame(moves, columns=["what", "start", "leave", "arrive", "share", "back_from"]),
    }
