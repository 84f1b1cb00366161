"""The tiny operation with two items that serve one demand, stock-outs, a bad row, and two what-ifs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from forecast import pipeline
from forecast.published import Published, open_run
from tests.operation import WEEKS, ZONES, Operation, tiny_operation

CUT_OFF = {"describe": "No road to Z-03", "what_if": {"close_lanes": [{"to": ["Z-03"]}]}}
DISPLACED = {"describe": "Half of Z-02 and Z-03 come to Z-01", "what_if": {"displace": [{"share": 0.5, "arrive": ["Z-01"]}]}}
BAD_ROW = "Z-01,kit,2026-02-23,many,3,,"


def operation_with_what_ifs(folder: Path) -> Operation:
    """Kits (2 consultations) and boxes (10) serve one demand. Z-01 had no kit for two days of the first week.

    Z-02 received boxes on the day of its count; kits for Z-03 are on the road.
    """
    operation = tiny_operation(folder)
    operation.settings |= {
        "items": {
            "kit": {
                "need": "care",
                "unit": "kit",
                "kg_per_unit": 10,
                "covers": 2,
                "substitutes": "clinic",
                "source": "packing list",
            },
            "box": {
                "need": "care",
                "unit": "box",
                "kg_per_unit": 40,
                "covers": 10,
                "substitutes": "clinic",
                "source": "packing list",
            },
        },
        "panel": {"max_bad_share": 0.1},
        "forecast": {"horizon": 3, "samples": 20, "default": {"use": "moving_average"}, "norm_after": 1},
        "plan": {"horizon": 3},
    }
    kits = [
        f"{zone},kit,{week},{10 * (n + 1)},{5 + n},,{2 if zone == 'Z-01' and n == 0 else 0}"
        for zone in ZONES
        for n, week in enumerate(WEEKS)
    ]
    boxes = [f"{zone},box,{week},{n + 1},5,," for zone in ZONES for n, week in enumerate(WEEKS)]
    rows = [row for row in (*kits, *boxes) if not row.startswith("Z-01,kit,2026-02-23")]
    operation.write("records.csv", "zone,item,period,distributed,stock_end,people_served,stockout_days", *rows, BAD_ROW)
    operation.write("stock.csv", "depot,item,quantity,batch", "D1,kit,100,K-7", "D2,kit,0,K-8", "D1,box,30,B-1", "D2,box,10,B-2")
    operation.write("zone_stock.csv", "zone,item,quantity,counted_on", "Z-01,kit,40,2026-03-01", "Z-02,box,3,2026-03-01")
    sent = ("W-1,D1,Z-02,box,4,2026-02-27,2026-03-01", "W-2,D1,Z-03,kit,5,2026-03-02,")
    operation.write("dispatches.csv", "waybill,depot,zone,item,quantity,left,received", *sent)
    for name in ("zone_stock", "dispatches"):
        operation.input(name, path=f"{name}.csv")
    write_scenario(operation, "cut_off", CUT_OFF)
    write_scenario(operation, "displaced", DISPLACED)
    return operation


def write_scenario(operation: Operation, name: str, body: dict[str, object]) -> None:
    (operation.folder / "scenarios").mkdir(exist_ok=True)
    (operation.folder / "scenarios" / f"{name}.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")


def run_of(operation: Operation, scenario: str | None = None) -> Published:
    """Make a run and open it."""
    return open_run(pipeline.run(operation.job(scenario)).folder)


def mean_of(run: Published, zone: str, item: str, period: str = "2026-03-02", quantity: str = "demand") -> float:
    """The published mean of one forecast."""
    row = published_demand(run).set_index(["zone", "item", "period", "quantity"])
    return float(row["mean"].loc[zone, item, period, quantity])


def published_demand(run: Published) -> pd.DataFrame:
    """demand.csv as anyone would read it."""
    return pd.read_csv(run.folder / "demand.csv")
