"""map.html: one file for the wall and for a slow line, a map of coverage per need above the tables behind it.

No script, no picture, no font and no address outside the file: it opens offline and tells nobody that it was opened.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from forecast import met_need
from forecast.publish import _about, _between, _shapes, _week
from forecast.publish._ground import Ground, ground
from forecast.publish._layout import FOOT, MARGIN, Layout, layout
from forecast.publish._panel import panel
from forecast.publish._periods import first_cells, periods_of, plan_of
from forecast.publish._projection import Bounds, fit, span
from forecast.publish._style import CSS, Load
from forecast.publish._svg import Markup, tag
from forecast.publish._text import counted, percent
from forecast.publish._tooltips import titles
from forecast.publish._webtables import MOST_WORST, loads_table, moves_table, worst_table
from forecast.schema import Plan, Result

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write(folder: Path, result: Result) -> None:
    """Write map.html; without a plan there is no coverage to draw and no file."""
    plan = plan_of(result)
    if plan is not None:
        (folder / "map.html").write_text(page(result, plan), encoding="utf-8", newline="\n")


def page(result: Result, plan: Plan) -> str:
    """The whole page as HTML."""
    stamp = result.stamp
    now = met_need.by_zone(first_cells(plan))
    head = tag(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"{result.title}: coverage, {stamp.issue_date.date()}, {stamp.status}"),
        tag("style", Markup(CSS)),
    )
    drawn = result.inputs.zones.geometry.notna().any()
    front = [_about.header(result, plan), *(_drawn if drawn else _undrawn)(result, plan, now)]
    back = [worst_table(plan, now, MOST_WORST) if drawn else "", loads_table(result, plan), moves_table(result, plan)]
    sheets = [tag("section", front, class_="sheet front"), tag("section", back, class_="sheet tables")]
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', sheets), lang='en')}\n"


def _drawn(result: Result, plan: Plan, now: pd.DataFrame) -> list[Markup]:
    """The maps, what their signs mean, and how many zones could not be drawn."""
    base = _base(result, plan)
    nowhere = int(result.inputs.zones.geometry.isna().sum())
    missing = [tag("p", f"No place is known of {counted(nowhere, 'zone')}: in the tables, not on the map.")] if nowhere else []
    maps, legend = _maps(result, plan, now, base), _about.legend(_load(plan), base.cut_off, moves=len(_between.moves(plan)) > 0)
    return [maps, legend, *missing, _about.footer(result, base.projection.lat)]


def _undrawn(result: Result, plan: Plan, now: pd.DataFrame) -> list[Markup]:
    """Where no zone has a place: the coverage of each need in words, and the least covered zones."""
    over_all = met_need.by_zone(plan.cells)
    needs = [
        tag("figure", _caption(need, now[now["need"] == need], over_all[over_all["need"] == need], plan), style="width: auto")
        for need in met_need.needs_of(plan.cells)
    ]
    words = tag("p", tag("b", "No map: the places of the zones are not known."), " The tables hold all that is known.")
    table = tag("div", worst_table(plan, now, MOST_WORST), class_="worst")
    return [words, tag("div", needs, table, class_="maps"), _about.footer(result, None)]


def _maps(result: Result, plan: Plan, now: pd.DataFrame, base: Ground) -> Markup:
    """One map per need, and the least covered zones where there is room for them."""
    needs, over_all, lines, load = met_need.needs_of(plan.cells), met_need.by_zone(plan.cells), _week.loads(plan), _load(plan)
    figures = []
    for n, need in enumerate(needs):
        shares = now[now["need"] == need].set_index("zone")
        lanes = _week.by_lane(lines[lines["need"] == need])
        between = _between.of_need(plan, need, result.inputs.items)
        known = met_need.of_somebody(shares)  # as in the table beside it: nobody's need is no alarm
        covered = dict(zip(known.index, known["coverage"], strict=True))
        drawing = panel(base, covered, titles(result, plan, need), lanes, between, load, first=n == 0)
        figures.append(tag("figure", _caption(need, shares, over_all[over_all["need"] == need], plan), drawing))
    room = _layout_of(result, plan)
    if room.rows >= 3:
        table = worst_table(plan, now, room.rows, brief=room.beside)
        figures.append(tag("div", table, class_="worst beside" if room.beside else "worst"))
    return tag("div", figures, class_="maps")


def _base(result: Result, plan: Plan) -> Ground:
    zones, depots = _shapes.unwrapped(_placed(result), result.inputs.routes.depots)
    room = _layout_of(result, plan)
    cut_off = _week.cut_off(plan, result.inputs.routes)
    now = dict(zip(cut_off["zone"], cut_off["from_day"] <= periods_of(plan).start, strict=True))
    return ground(zones, depots, now, fit(_bounds(zones, depots), room.width, room.height, MARGIN, FOOT), room.width, room.height)


def _layout_of(result: Result, plan: Plan) -> Layout:
    bounds = _bounds(*_shapes.unwrapped(_placed(result), result.inputs.routes.depots))
    return layout(len(met_need.needs_of(plan.cells)), span(bounds), result.notes)


def _placed(result: Result) -> gpd.GeoDataFrame:
    zones = result.inputs.zones
    return zones[zones.geometry.notna()]


def _bounds(zones: gpd.GeoDataFrame, depots: pd.DataFrame) -> Bounds:
    places = shapely.points(depots[["lon", "lat"]].to_numpy(dtype=float))
    west, south, east, north = shapely.total_bounds(np.concatenate([zones.geometry.to_numpy(), places]))
    return float(west), float(south), float(east), float(north)


def _caption(need: str, now: pd.DataFrame, later: pd.DataFrame, plan: Plan) -> Markup:
    calendar = periods_of(plan)
    share, horizon = met_need.over_zones(now), met_need.over_zones(later)
    words = f"{percent(share.covered)} covered this {calendar.name}"
    words += f", {percent(horizon.covered)} over {counted(calendar.count, calendar.name)}" if calendar.count > 1 else ""
    weighted = "people-weighted" if share.weighted_by_people else "zones alike: people not known"
    return tag("figcaption", tag("b", need.capitalize()), f"{words} ({weighted})")


def _load(plan: Plan) -> Load:
    """How wide lanes are drawn: by the largest load on one lane for one need in the first period, thinner where many."""
    lines = _week.loads(plan)
    lanes = [_week.by_lane(lines[lines["need"] == need]) for need in met_need.needs_of(plan.cells)]
    heaviest = max((float(kg) for of_need in lanes for kg in of_need["kg"].dropna()), default=0.0)
    unknown = any(bool(of_need["kg"].isna().any()) for of_need in lanes)
    return Load(heaviest, max(len(of_need) for of_need in lanes), unknown)
