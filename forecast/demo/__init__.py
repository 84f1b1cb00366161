"""Demoland: a seeded, fictitious operation, small but whole, with the truth beside it. For the README, tests and benchmarks.

The map never changes; the seed decides what happens on it. Read in this order: `geography` (places, zones, lanes), `weather`
(rain, flood), `truth` (people present, demand), `supply` (what the stock allowed), `observation` (what got reported),
`operations` (stock, trucks, promises on the issue date).
"""

from __future__ import annotations

import datetime as dt
from importlib import resources
from pathlib import Path
from typing import cast

from forecast import config
from forecast.demo import files, geography, observation, operations, supply, truth, weather
from forecast.demo.timeline import Timeline

SCENARIOS = ("flood_road", "displaced", "half_trucks", "late_shipment")


def write_demo(folder: Path, seed: int = 1) -> Path:
    """Write the demo country into `folder` and return the path of its config.

    `config.yaml`, `scenarios/`: settings; `data/`: what the pipeline reads; `truth/`: what it never reads. The same seed gives
    the same tables and the same pixels. Files of these names are replaced, nothing else is touched.
    """
    path = _write_settings(folder)
    settings = config.load(path)
    items = truth.planning_figures(settings)
    timeline = Timeline.until(cast(dt.date, settings.issue_date))  # the demo's config always names it
    country = geography.demoland()
    sky = weather.make(country, timeline, seed)
    people = truth.people_present(country, timeline, seed)
    demand = truth.demand(country, items, timeline, sky, people, seed)
    roads_shut = weather.roads_shut(sky)
    handed = supply.simulate(country, items, timeline, demand, roads_shut, seed)
    reports = observation.report(country, items, timeline, people, demand, handed, weather.under_water(sky), seed)
    files.write_map(folder / "data", country, timeline, sky, people)
    files.write_tables(folder / "data", observation.tables(country, timeline, people, reports, seed))
    files.write_tables(folder / "data", operations.tables(country, items, timeline, demand, handed))
    files.write_tables(folder / "truth", truth.tables(country, items, timeline, sky, people, demand))
    files.write_tables(folder / "truth", observation.truth_tables(country, items, timeline, handed, reports))
    return path


def _write_settings(folder: Path) -> Path:
    """Copy config, scenarios and the note on the truth from the package."""
    package = resources.files("forecast.demo")
    (folder / "scenarios").mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir(exist_ok=True)
    for name in ("config.yaml", *(f"scenarios/{scenario}.yaml" for scenario in SCENARIOS)):
        (folder / name).write_bytes(package.joinpath(name).read_bytes())
    (folder / "truth" / "README.txt").write_bytes(package.joinpath("truth_readme.txt").read_bytes())
    return folder / "config.yaml"
