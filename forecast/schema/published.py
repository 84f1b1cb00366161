"""Tables that a run publishes."""

from __future__ import annotations

from forecast.schema.inputs import CURRENT, DEPOT, ITEM, LATE, MISSING, PERIOD, ZONE, _quantity
from forecast.schema.seam import Column, Table

ALLOCATION = Table(
    "allocation",
    (
        Column("line_id", required=True),
        Column("run", required=True),
        Column("status", required=True),
        Column("load_on", "date"),
        Column("arrive_by", "date"),
        Column("depot"),
        Column("zone", required=True),
        Column("zone_name"),
        Column("need", required=True),
        Column("item", required=True),
        Column("unit", required=True),
        Column("packs", "number", minimum=0),
        Column("quantity", "number", required=True, minimum=0),
        Column("kg", "number", minimum=0),
        Column("m3", "number", minimum=0),
        Column("vehicle"),
        Column("trips", "number", minimum=0),
        Column("batch"),
        Column("expiry", "date"),
        Column("reason", required=True),
        Column("round"),
    ),
    key=("line_id",),
)
TRANSFERS = Table(
    "transfers",
    (
        Column("line_id", required=True),
        Column("run", required=True),
        Column("status", required=True),
        Column("load_on", "date", required=True),
        Column("arrive_by", "date", required=True),
        Column("depot", required=True),
        Column("to_depot", required=True),
        *(Column(name, required=True) for name in ("item", "unit")),
        *(Column(name, "number", minimum=0) for name in ("packs", "quantity", "kg", "m3")),
        Column("vehicle"),
        Column("trips", "number", minimum=0),
        Column("batch"),
        Column("expiry", "date"),
        Column("reason", required=True),
    ),
    key=("line_id",),
)
COVERAGE = Table(
    "coverage",
    (
        PERIOD,
        ZONE,
        Column("zone_name"),
        Column("need", required=True),
        ITEM,
        Column("unit", required=True),
        Column("people", "number", minimum=0),
        Column("demand_mean", "number", required=True, minimum=0),
        Column("demand_q50", "number", required=True, minimum=0),
        Column("demand_q90", "number", required=True, minimum=0),
        Column("zone_stock", "number", minimum=0),
        Column("in_transit", "number", required=True, minimum=0),
        Column("planned", "number", required=True, minimum=0),
        Column("by_others", "number", required=True, minimum=0),
        Column("carried_need", "number", required=True, minimum=0),
        Column("expected_unmet", "number", required=True, minimum=0),
        Column("expected_surplus", "number", required=True, minimum=0),
        Column("coverage", "number", required=True, minimum=0, maximum=1),
        Column("shortage_risk", "number", required=True, minimum=0, maximum=1),
        Column("reason", required=True),
        Column("basis"),
    ),
    key=("period", "zone", "item"),
)
QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
DEMAND_TABLE = Table(
    "demand",
    (
        ZONE,
        ITEM,
        PERIOD,
        Column("quantity", required=True, choices=("distributed", "demand")),
        Column("unit", required=True),
        Column("model", required=True),
        Column("mean", "number", required=True, minimum=0),
        *(Column(f"q{round(100 * q):02d}", "number", required=True, minimum=0) for q in QUANTILES),
    ),
    key=("zone", "item", "period", "quantity"),
)
SAMPLES_TABLE = Table(
    "samples",
    (ZONE, ITEM, PERIOD, Column("sample", "integer", required=True), Column("demand", "number", required=True, minimum=0)),
)
DEPOT_STOCK = Table(
    "depot_stock",
    (
        DEPOT,
        ITEM,
        PERIOD,
        _quantity("arrivals", True),
        _quantity("shipped", True),
        _quantity("expired", True),
        _quantity("closing", True),
    ),
    key=("depot", "item", "period"),
)
PIPELINE = Table(
    "pipeline",
    (
        DEPOT,
        ITEM,
        Column("unit", required=True),
        PERIOD,
        _quantity("stock", True),
        _quantity("arrivals", True),
        _quantity("planned_out", True),
        _quantity("expired", True),
        _quantity("demand_month", True),
        Column("mos", "number", unit="months", minimum=0),
        Column("break_risk", "number", required=True, minimum=0, maximum=1),
        Column("break_on", "date"),
        _quantity("order_quantity", True),
        Column("order_by", "date"),
    ),
    key=("depot", "item", "period"),
)
FEEDS = Table(
    "signals",
    (
        Column("signal", required=True),
        Column("newest", "date"),
        Column("age_days", "number"),
        Column("max_age", "number", required=True),
        Column("coverage", "number", required=True, minimum=0, maximum=1),
        Column("source"),
        Column("state", required=True, choices=(CURRENT, LATE, MISSING)),
    ),
    key=("signal",),
)
CHOICES = Table(
    "choices",
    (
        ITEM,
        Column("model", required=True),
        Column("cells", "integer", required=True, minimum=0),
        Column("crps", "number", minimum=0),
        Column("relative_crps", "number", minimum=0),
        Column("inside_80", "number", minimum=0, maximum=1),
        Column("share", "number", required=True, minimum=0, maximum=1),
        Column("note"),
    ),
    key=("item", "model"),
)
ASSUMPTIONS = Table(
    "assumptions",
    (
        Column("figure", required=True),
        Column("applies_to"),
        Column("value", required=True),
        Column("unit"),
        Column("source", required=True),
    ),
)
