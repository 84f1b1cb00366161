"""Colours, line weights and page layout of the map.

Five classes of one ramp, dark where little is covered: they stay apart in black and white and for the colour-blind.
Unknown is hatched, so that it can be taken for no class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CLASSES = (  # (from, up to but excluding), colour, words
    ((0.0, 0.25), "#7b1e1e", "under 25 %"),
    ((0.25, 0.5), "#c0593b", "25 to 49 %"),
    ((0.5, 0.75), "#e09a6b", "50 to 74 %"),
    ((0.75, 0.95), "#f1cfac", "75 to 94 %"),
    ((0.95, math.inf), "#e9f3f0", "95 % and more"),
)
UNKNOWN_CLASS = "unknown"
MOST_LANES = 150  # on one map: more would hide what they lead to
MANY_ZONES = 800  # on one map: more are drawn with finer borders
DARK_CLASSES = ("c0", "c1")  # labels on these are white


def class_of(share: float) -> str:
    """0.3 -> 'c1', by whole percents as they are printed; an unknown share has a class of its own, never the lowest."""
    if math.isnan(share):
        return UNKNOWN_CLASS
    return next(f"c{n}" for n, ((low, high), _, _) in enumerate(CLASSES) if low <= round(share, 2) < high)


@dataclass(frozen=True)
class Load:
    """How lanes are drawn: the heaviest load in kg, how many lanes a map has at most, whether some loads have no known weight."""

    heaviest: float
    lanes: int
    some_unknown: bool

    def width(self, kg: float) -> float:
        """Width in mm of a lane that carries `kg`: with the root of the load; the thinnest where the load is unknown."""
        if self.heaviest <= 0 or math.isnan(kg):
            return 0.2
        return 0.2 + 1.2 * min(1.0, math.sqrt(50 / max(1, min(self.lanes, MOST_LANES)))) * math.sqrt(kg / self.heaviest)


CSS = (
    """
@page { size: A4 landscape; margin: 8mm }
* { box-sizing: border-box }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { margin: 0; background: #e4e7ea; color: #1b2730; font: 9pt/1.35 "Helvetica Neue", Arial, "Liberation Sans", sans-serif }
.sheet { width: 281mm; margin: 6mm auto; padding: 0; background: #fff; outline: 5mm solid #fff }
.front { min-height: 193mm; display: flex; flex-direction: column }
header { display: flex; justify-content: space-between; align-items: flex-start;
  border-bottom: .6mm solid #1d4f7c; padding-bottom: 1.6mm }
h1 { font-size: 16pt; line-height: 1.1; margin: 0; color: #14364f }
header p { margin: .6mm 0 0; max-width: 228mm }
.lead { font-size: 9.5pt; color: #35454f }
.note { font-size: 7.8pt; line-height: 1.25 }
.stamp { text-align: right; white-space: nowrap; font-size: 8.5pt; padding-left: 6mm }
.status { display: inline-block; border: .5mm solid #7b1e1e; color: #7b1e1e; font-weight: bold; font-size: 13pt;
  letter-spacing: .12em; padding: 0 2.5mm; margin-bottom: .8mm }
.maps { display: flex; flex-wrap: wrap; gap: 3mm; margin-top: 2.2mm }
figure { margin: 0; width: min-content }
figcaption { height: 9.4mm; overflow: hidden; white-space: nowrap; line-height: 1.25; font-size: 8.5pt; color: #35454f }
figcaption b { display: block; font-size: 11pt; color: #14364f }
.map { display: block; border: .25mm solid #8b98a1; background: #f6f8f9 }
.worst { flex: 0 0 100% }
.worst.beside { flex: 1 1 0; min-width: 0 }
.worst .clip { width: 42%; max-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.worst h2 { margin-top: 0; font-size: 10pt }
.legend { display: flex; flex-wrap: wrap; gap: 1mm 3.4mm; align-items: center; list-style: none;
  margin: 2.2mm 0 0; padding: 0; font-size: 7.6pt }
.legend li { display: flex; align-items: center; gap: 1.2mm }
.legend .head { font-weight: bold }
.about { margin-top: auto; padding-top: 2mm; display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 5mm;
  font-size: 7pt; line-height: 1.3; color: #46555f }
.about p { margin: 0 0 .6mm }
.about b { color: #1b2730; font-weight: bold }
.tables { break-before: page; padding-top: 1mm }
h2 { font-size: 12pt; color: #14364f; margin: 3mm 0 1mm; border-bottom: .3mm solid #1d4f7c }
h3 { font-size: 9.5pt; margin: 2.6mm 0 .6mm; break-after: avoid }
table { border-collapse: collapse; width: 100%; font-size: 8pt }
thead { display: table-header-group }
tr { break-inside: avoid }
th { text-align: left; border-bottom: .25mm solid #8b98a1; font-weight: bold; color: #35454f;
  padding: .4mm 1.6mm .4mm 0; vertical-align: bottom }
td:first-child, td.day { white-space: nowrap }
td { border-bottom: .1mm solid #d5dbdf; padding: .45mm 1.6mm .45mm 0; vertical-align: top }
th.n { text-align: right }
td.n { text-align: right; white-space: nowrap }
th.n + th:not(.n), td.n + td:not(.n) { padding-left: 4mm }
.swatch { display: inline-block; width: 3mm; height: 3mm; border: .15mm solid #7d8890; vertical-align: -.4mm; margin-right: 1mm }
.zones { stroke: #7d8890; stroke-width: 1; stroke-linejoin: round }
.fine { stroke-width: .4 }
.points { stroke: #3b464d; stroke-width: 1.5 }
.over { stroke: #10202c; stroke-width: 4 }
.over .c0, .over .c1 { stroke: #fff }
.border { fill: none; stroke: #46555f; stroke-width: 2.4; stroke-linejoin: round }
.coast { fill: none; stroke: #2b3840; stroke-width: 3.6; stroke-linejoin: round }
.grid { fill: none; stroke: #d3dade; stroke-width: .12 }
.gridtext { fill: #87939b; font-size: 1.7px }
.casing { fill: none; stroke: #fff; stroke-linecap: round; opacity: .75 }
.lane { fill: none; stroke: #1d4f7c; stroke-linecap: round; opacity: .85 }
.between { fill: none; stroke: #10202c; stroke-width: .45; stroke-dasharray: 1.4 .7 }
.betweencase { fill: none; stroke: #fff; stroke-width: .9; opacity: .75 }
.arrow { fill: #10202c; stroke: #fff; stroke-width: .2 }
.weightless { stroke-dasharray: 1 .7 }
.depot { fill: #10202c; stroke: #fff; stroke-width: .35 }
.cross { stroke: #10202c; stroke-width: .45; fill: none; stroke-linecap: round }
.crosscase { stroke: #fff; stroke-width: .95; fill: none; stroke-linecap: round }
.map text { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif }
.depotname { font-size: 2.7px; font-weight: bold; fill: #10202c;
  stroke: #fff; stroke-width: .7px; paint-order: stroke; stroke-linejoin: round }
.code { font-size: 1.75px; fill: #2b3840; text-anchor: middle }
.halo { stroke: #fff; stroke-width: .5px; stroke-opacity: .85; paint-order: stroke; stroke-linejoin: round }
.ondark { fill: #fff; stroke: none }
.beside { text-anchor: start }
.scale { fill: none; stroke: #10202c; stroke-width: .35 }
.scaletext { font-size: 2px; fill: #10202c; stroke: #f6f8f9; stroke-width: .5px; paint-order: stroke }
@media print { body { background: #fff } .sheet { margin: 0; outline: none } }
"""
    + "\n".join(f".c{n} {{ fill: {colour}; background: {colour} }}" for n, (_, colour, _) in enumerate(CLASSES))
    + """
.unknown { fill: url(#hatch); background: repeating-linear-gradient(45deg, #fff 0 .7mm, #9aa5ac .7mm .95mm) }
"""
)
