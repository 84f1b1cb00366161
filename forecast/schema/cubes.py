"""Cubes that pass between the stages."""

from __future__ import annotations

from forecast.schema.seam import Cube

SIGNALS = Cube("SIGNALS", {}, extra=("zone", "period"))
PANEL = Cube(
    "PANEL",
    {
        "distributed": ("zone", "item", "period"),
        "demand": ("zone", "item", "period"),
        "is_censored": ("zone", "item", "period"),
        "is_reported": ("zone", "item", "period"),
        "stock_end": ("zone", "item", "period"),
        "received": ("zone", "item", "period"),
        "requested": ("zone", "item", "period"),
        "available": ("zone", "item", "period"),
    },
    extra=("zone", "period"),
)
DEMAND = Cube(
    "DEMAND",
    {
        "distributed": ("zone", "item", "period", "sample"),
        "demand": ("zone", "item", "period", "sample"),
        "model": ("zone", "item"),
    },
    extra=("zone", "item", "period"),
    minimum=0,
)
