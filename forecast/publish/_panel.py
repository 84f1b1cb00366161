"""One map: zones by class of coverage, borders, the lanes used, the depots, and what makes a drawing a map."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.publish._ground import CODE_SIZE, DEPOT_SIZE, LETTER, Ground
from forecast.publish._labels import Boxes
from forecast.publish._projection import scale_bar
from forecast.publish._style import DARK_CLASSES, MANY_ZONES, MOST_LANES, Load, class_of
from forecast.publish._svg import Markup, tag
from forecast.publish._text import number, tonnes

ARROW = 2.6  # mm
_SIDES = ((1, 0.0, "start"), (-1, 0.0, "end"), (0, 3.0, "middle"), (0, -3.0, "middle"))  # right of a depot, left, below, above


def panel(
    ground: Ground,
    shares: Mapping[str, float],
    titles: Mapping[str, str],
    lanes: pd.DataFrame,
    between: pd.DataFrame,
    load: Load,
    *,
    first: bool,
) -> Markup:
    """Draw one map: `shares` and `titles` by zone; `lanes`: `depot, zone, kg`, `between`: `depot, to_depot, kg`; the first of a
    page holds the shapes of all.
    """
    classes = [class_of(shares.get(zone, math.nan)) for zone in ground.zones]
    taken = Boxes(ground.width, ground.height)
    furniture = [_depots(ground, taken), _scale(ground), _north(ground)]
    for x, y in ground.spots[~ground.is_polygon]:
        taken.reserve(x - ground.radius, y - ground.radius, x + ground.radius, y + ground.radius)
    layers = [
        ground.shapes if first else "",
        _grid(ground),
        _zones(ground, classes, titles, ground.is_polygon),
        ground.borders,
        _lanes(ground, lanes, load),
        _between(ground, between),
        _zones(ground, classes, titles, ~ground.is_polygon),  # a camp inside a district is not hidden by it
        _crosses(ground, taken),
        _codes(ground, classes, taken),
        furniture,
    ]
    box = f"0 0 {ground.width:g} {ground.height:g}"
    return tag("svg", layers, class_="map", viewBox=box, width=f"{ground.width:g}mm", height=f"{ground.height:g}mm", role="img")


# ------------------------------------------------------------------ layers


def _zones(ground: Ground, classes: list[str], titles: Mapping[str, str], which: np.ndarray) -> Markup:
    """The areas, or the points, grouped by class; points of the worst class come last, so that nothing hides them."""
    if not which.any():
        return Markup()
    groups = []
    for name in sorted({classes[n] for n in np.flatnonzero(which)}, reverse=True):
        members = [n for n in np.flatnonzero(which) if classes[n] == name]
        uses = [tag("use", tag("title", titles[ground.zones[n]]), href=f"#z{n}") for n in members]
        groups.append(tag("g", uses, class_=name))
    kind = "zones" if ground.is_polygon[which].any() else "zones points over" if ground.is_polygon.any() else "zones points"
    kind += " fine" if len(ground.zones) > MANY_ZONES else ""
    return tag("g", groups, class_=kind, transform="scale(.1)")


def _lanes(ground: Ground, lanes: pd.DataFrame, load: Load) -> Markup:
    """Straight lines from depot to zone; those of one width are one path, the widest lie lowest."""
    place = {zone: n for n, zone in enumerate(ground.zones)}
    known = lanes[lanes["depot"].isin(ground.depots) & lanes["zone"].isin(place)]
    known = known.sort_values(["kg", "depot", "zone"], ascending=[False, True, True]).head(MOST_LANES)
    drawn: dict[tuple[float, str], list[str]] = {}
    for depot, zone, kg in zip(known["depot"], known["zone"], known["kg"].astype(float), strict=True):
        (x1, y1), (x2, y2) = ground.depots[depot], ground.spots[place[zone]]
        style = (round(load.width(kg), 1), "lane weightless" if math.isnan(kg) else "lane")
        drawn.setdefault(style, []).append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    lines = []
    for (width, kind), paths in sorted(drawn.items(), reverse=True):
        lines.append(tag("path", d="".join(paths), class_="casing", stroke_width=width + 0.4))
        lines.append(tag("path", d="".join(paths), class_=kind, stroke_width=width))
    return tag("g", lines)


def _between(ground: Ground, moves: pd.DataFrame) -> Markup:
    """An arrow, broken, from depot to depot."""
    marks = []
    for depot, into, kg in zip(moves["depot"], moves["to_depot"], moves["kg"].astype(float), strict=True):
        if depot in ground.depots and into in ground.depots:
            (x1, y1), (x2, y2) = ground.depots[depot], ground.depots[into]
            long = math.hypot(x2 - x1, y2 - y1)
            if long > 2 * ARROW:
                across, down = (x2 - x1) / long, (y2 - y1) / long
                x, y = x2 - 1.6 * across, y2 - 1.6 * down  # the tip, clear of the square
                back, wide = (x - ARROW * across, y - ARROW * down), ARROW / 2.6
                head = f"M{x:.1f} {y:.1f}L{back[0] - wide * down:.1f} {back[1] + wide * across:.1f}"
                head += f"L{back[0] + wide * down:.1f} {back[1] - wide * across:.1f}z"
                line = f"M{x1:.1f} {y1:.1f}L{back[0]:.1f} {back[1]:.1f}"
                words = f"{ground.depot_names[depot]} to {ground.depot_names[into]}: {tonnes(kg)}"
                marks += [tag("path", d=line, class_="betweencase"), tag("path", tag("title", words), d=line, class_="between")]
                marks.append(tag("path", d=head, class_="arrow"))
    return tag("g", marks)


def _crosses(ground: Ground, taken: Boxes) -> Markup:
    """A cross where no road is open now, half of it where the last one shuts within the plan."""
    marks = []
    for n, zone in enumerate(ground.zones):
        if zone in ground.cut_off:
            (x, y), arm = ground.spots[n], 0.9 if ground.is_polygon[n] else 0.8 * ground.radius
            taken.reserve(x - arm, y - arm, x + arm, y + arm)
            d = f"M{x - arm:.1f} {y + arm:.1f}l{2 * arm:.1f} -{2 * arm:.1f}"
            d += f"m0 {2 * arm:.1f}l-{2 * arm:.1f} -{2 * arm:.1f}" if ground.cut_off[zone] else ""
            marks += [tag("path", d=d, class_="crosscase"), tag("path", d=d, class_="cross")]
    return tag("g", marks)


def _codes(ground: Ground, classes: list[str], taken: Boxes) -> Markup:
    """Zone codes where they fit: inside a polygon, beside a point, and on nothing else."""
    texts = []
    for n, zone in enumerate(ground.zones):
        wide, high = len(zone) * CODE_SIZE * LETTER, CODE_SIZE
        if not ground.is_polygon[n]:
            x, y = float(ground.spots[n, 0] + ground.radius + 0.4), float(ground.spots[n, 1])
            if taken.claim(x, y - high / 2, x + wide, y + high / 2):
                texts.append(tag("text", zone, class_="code halo beside", x=x, y=y + 0.36 * high))
        elif not math.isnan(ground.labels[n, 0]):
            x, y = float(ground.labels[n, 0]), float(ground.labels[n, 1])
            if taken.claim(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2):
                texts.append(
                    tag("text", zone, class_="code ondark" if classes[n] in DARK_CLASSES else "code halo", x=x, y=y + 0.36 * high)
                )
    return tag("g", texts)


def _depots(ground: Ground, taken: Boxes) -> Markup:
    """A square and a name where it is free of other depots and of the frame; the code where the name does not fit."""
    for x, y in ground.depots.values():
        taken.reserve(x - 1.3, y - 1.3, x + 1.3, y + 1.3)
    marks = []
    for depot, (x, y) in ground.depots.items():
        words = f"Depot {ground.depot_names[depot]} ({depot})"
        marks.append(tag("rect", tag("title", words), class_="depot", x=x - 1.2, y=y - 1.2, width=2.4, height=2.4))
        for name, (side, down, anchor) in itertools.product((ground.depot_names[depot], depot), _SIDES):
            wide = len(name) * DEPOT_SIZE * LETTER
            left = x + side * (2 + wide / 2) - wide / 2
            if taken.claim(left, y + down - 1.4, left + wide, y + down + 1.4):
                marks.append(tag("text", name, class_="depotname", x=x + 2.0 * side, y=y + down + 0.95, text_anchor=anchor))
                break
    return tag("g", marks)


def _grid(ground: Ground) -> Markup:
    """Meridians and parallels at round degrees, named along the frame."""
    p = ground.projection
    step = next(step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 20) if ground.width / p.per_degree / step < 7 or step == 20)
    half = (ground.width / 2 / p.per_degree / math.cos(math.radians(p.lat)), ground.height / 2 / p.per_degree)
    marks: list[Markup] = []
    for lon in _ticks(p.lon - half[0], p.lon + half[0], step):
        x = float(p.to_page(np.array([[lon, p.lat]]))[0, 0])
        marks.append(tag("path", class_="grid", d=f"M{x:.1f} 0V{ground.height:g}"))
        if 7 < x < ground.width - 7:  # clear of the corners
            marks.append(tag("text", _degrees((lon + 180) % 360 - 180, "EW"), class_="gridtext", x=x + 0.4, y=1.9))
    for lat in _ticks(p.lat - half[1], p.lat + half[1], step):
        y = float(p.to_page(np.array([[p.lon, lat]]))[0, 1])
        marks.append(tag("path", class_="grid", d=f"M0 {y:.1f}H{ground.width:g}"))
        if 4 < y < ground.height - 6:
            marks.append(tag("text", _degrees(lat, "NS"), class_="gridtext", x=0.5, y=y - 0.4))
    return tag("g", marks)


def _scale(ground: Ground) -> Markup:
    """A bar of a round distance, in two parts, at the bottom left."""
    km, length = scale_bar(ground.projection.km_per_mm, min(30.0, ground.width / 3))
    x, y = 3.5, ground.height - 1.8
    return tag(
        "g",
        tag("path", class_="scale", d=f"M{x:g} {y - 1:g}v1h{length:.2f}v-1M{x + length / 2:.2f} {y - 0.7:.2f}v.7"),
        tag("text", "0", class_="scaletext", x=x - 0.5, y=y - 1.5),
        tag("text", f"{number(km)} km", class_="scaletext", x=x + length - 1, y=y - 1.5),
    )


def _north(ground: Ground) -> Markup:
    """An arrow at the bottom right, beside its letter."""
    x, y = ground.width - 3.6, ground.height - 5.6
    arrow = tag("path", d=f"M{x:g} {y:g}l1.5 4.8l-1.5 -1.1l-1.5 1.1z", fill="#10202c", stroke="#fff", stroke_width=0.3)
    return tag("g", arrow, tag("text", "N", class_="scaletext", x=x - 2.2, y=y + 3.9, text_anchor="end", font_weight="bold"))


def _ticks(low: float, high: float, step: float) -> list[float]:
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, letters: str) -> str:
    return f"{abs(value):g}° {letters[0] if value >= 0 else letters[1]}"
