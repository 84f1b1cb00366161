"""The words round the map: title, status, dates, legend, sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from forecast import met_need
from forecast.publish import _week
from forecast.publish._periods import first_cells, periods_of
from forecast.publish._style import CLASSES, MOST_LANES, Load
from forecast.publish._svg import Markup, tag
from forecast.publish._text import counted, day, listed, named, percent, tonnes
from forecast.schema import Plan, Result

_READING = (
    "Covered: share of the mean expected need met by stock in the zone, goods on their way, this plan and others; of a need, "
    "the plain mean over its items. Darker is worse. Lanes are straight lines, not roads. Point at a zone for its items."
)


def header(result: Result, plan: Plan) -> Markup:
    """Title, what the map shows, the main finding; at the right the status and the dates."""
    stamp = result.stamp
    calendar = periods_of(plan)
    shown = f"Share of the expected need that is covered, {calendar.name} from {day(calendar.start)}"
    right = tag(
        "div",
        tag("div", stamp.status, class_="status"),
        tag("div", "Issued ", tag("b", day(stamp.issue_date))),
        tag("div", f"Data until {day(stamp.data_until)}"),
        class_="stamp",
    )
    left = tag(
        "div", tag("h1", result.title), tag("p", tag("b", shown)), tag("p", lead(result, plan), class_="lead"), *_notes(result)
    )
    return tag("header", left, right)


def _notes(result: Result) -> list[Markup]:
    return [tag("p", tag("b", "Read this first: "), note, class_="note") for note in result.notes]


def lead(result: Result, plan: Plan) -> str:
    """The main finding in a sentence or two."""
    lines, lanes = _week.loads(plan), _week.by_lane(_week.loads(plan))
    calendar = periods_of(plan)
    load = (
        counted(int(lines["zone"].nunique()), "zone")
        + f" served from {counted(int(lines['depot'].nunique()), 'depot')} this {calendar.name}"
    )
    kg = float(lanes["kg"].sum(skipna=False)) if len(lanes) else 0.0
    load += "" if math.isnan(kg) else f" with {tonnes(kg)}"
    shares = met_need.of_somebody(met_need.by_zone(first_cells(plan))).sort_values(["coverage", "need", "zone"])
    worst = shares.iloc[0] if len(shares) else None
    least = (
        ""
        if worst is None
        else f" Least covered: {named(worst['zone'], worst['zone_name'])}, {percent(worst['coverage'])} of {worst['need']}."
    )
    shut = _week.cut_off(plan, result.inputs.routes)["from_day"]
    now, later = int((shut <= calendar.start).sum()), int((shut > calendar.start).sum())
    out = f" No open road to {counted(now, 'zone')}." if now else ""
    out += f" Roads to {counted(later, 'more zone' if now else 'zone')} shut within the plan." if later else ""
    return f"{load}.{least}{out}"


def legend(load: Load, cut_off: Mapping[str, bool], *, moves: bool) -> Markup:
    """Classes, signs and line widths; of the signs for roads and for `moves` between depots those that are on the maps."""
    classes = [_entry(tag("rect", class_=f"c{n}", **_box()), words) for n, (_, _, words) in enumerate(CLASSES)]
    unknown = _entry(
        tag("rect", fill="url(#hatch)", transform="scale(.1)", **_box(10)), "no demand (under one person), or not planned"
    )
    roads = (
        [_entry(tag("path", class_="cross", d="M2.1 .6l1.8 1.8m0-1.8l-1.8 1.8"), "no open road")] if any(cut_off.values()) else []
    )
    later = _entry(tag("path", class_="cross", d="M2.1 2.4l1.8-1.8"), "road shuts within the plan")
    roads += [] if all(cut_off.values()) else [later]
    depot = _entry(tag("rect", class_="depot", x=1.8, y=0.3, width=2.4, height=2.4), "depot")
    lanes = [
        _entry(tag("path", class_="lane", d="M.8 1.5h4.4", stroke_width=load.width(kg)), tonnes(kg))
        for kg in _samples(load.heaviest)
    ]
    if load.some_unknown:
        dashed = tag("path", class_="lane weightless", d="M.4 1.5h5.2", stroke_width=load.width(math.nan))
        lanes.append(_entry(dashed, "weight not known"))
    loads = [tag("li", "Load", class_="head"), *lanes] if lanes else []
    loads += [tag("li", f"(the {MOST_LANES} heaviest of each map)")] if load.lanes > MOST_LANES else []
    arrow = [tag("path", class_="between", d="M.4 1.5h3.4"), tag("path", class_="arrow", d="M5.6 1.5l-2 .8v-1.6z")]
    loads += [_entry(tag("g", arrow), "moved between depots")] if moves else []
    signs = [tag("li", "Covered", class_="head"), *classes, unknown, *roads, depot, *loads]
    return tag("ul", signs, class_="legend")


def footer(result: Result, latitude: float | None) -> Markup:
    """Who made it from what: run, sources, spatial reference (`latitude` of the maps; None: there is none), disclaimer."""
    stamp = result.stamp
    made = [
        _fact("Map", f"{stamp.run}, made {stamp.started_utc.replace('T', ' ').replace('Z', ' UTC')}"),
        _fact("Scenario", stamp.scenario),
        _fact("Status", stamp.status),
        _fact("Producer", result.producer or "not named in the config"),
    ]
    sources = [
        _fact("Sources", listed(_sources(result.inputs.files), 9) or "none"),
        _fact("Spatial reference", _projected(latitude)),
        _fact(
            "Figures behind it", "coverage.csv, allocation.csv; assumed figures: assumptions.csv; data set aside: problems.csv"
        ),
    ]
    reading = [
        _fact("How to read it", _READING),
        _fact("Disclaimer", result.disclaimer),
    ]
    return tag("footer", *(tag("div", part) for part in (made, sources, reading)), class_="about")


def _projected(latitude: float | None) -> str:
    if latitude is None:
        return "none: the places of the zones are not known"
    side = "N" if latitude >= 0 else "S"
    return f"WGS 84 (EPSG:4326), equirectangular, true to scale along {abs(latitude):.1f}° {side}"


def _sources(files: Iterable[str]) -> list[str]:
    """Names of the files read; those that differ in figures alone are one: 'flood_*.tif (158)'."""
    kinds: dict[str, list[str]] = {}
    for name in sorted({PurePosixPath(file).name for file in files}):
        kinds.setdefault(re.sub(r"\d+([-_.]\d+)*", "*", name), []).append(name)
    return [names[0] if len(names) == 1 else f"{kind} ({len(names):,})" for kind, names in sorted(kinds.items())]


def _samples(heaviest: float) -> list[float]:
    """Two round loads that show how wide lines are."""
    if heaviest <= 0:
        return []
    power = 10.0 ** math.floor(math.log10(heaviest))
    large = max(step * power for step in (1, 2, 5) if step * power <= heaviest)
    return [large / 10, large]


def _entry(sign: Markup, words: str) -> Markup:
    return tag("li", tag("svg", sign, viewBox="0 0 6 3", width="6mm", height="3mm"), words)


def _box(units: int = 1) -> dict[str, object]:
    return {
        "x": 0.2 * units,
        "y": 0.2 * units,
        "width": 5.6 * units,
        "height": 2.6 * units,
        "stroke": "#7d8890",
        "stroke_width": 0.15 * units,
    }


def _fact(name: str, words: str) -> Markup:
    return tag("p", tag("b", f"{name}: "), words)
