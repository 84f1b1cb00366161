"""A tiny operation in a folder: three square zones, two depots, one kit, eight weeks; tests change one file or setting of it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from forecast import config
from forecast.errors import InputError
from forecast.inputs import read_inputs
from forecast.schema import Inputs, Ledger

TODAY = dt.datetime(2026, 3, 4, 5, tzinfo=dt.UTC)
WEEKS = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23")
ZONES = ("Z-01", "Z-02", "Z-03")
SETTINGS: dict[str, Any] = {
    "issue_date": dt.date(2026, 3, 2),
    "forecast": {"default": {"use": "ets"}},  # named, so that no time goes into choosing
    "items": {"kit": {"need": "care", "unit": "kit", "kg_per_unit": 10, "source": "packing list"}},
    "inputs": {
        "zones": {"use": "vector", "path": "zones.geojson"},
        "records": {"use": "table", "path": "records.csv"},
        "depots": {"use": "table", "path": "depots.csv"},
        "stock": {"use": "table", "path": "stock.csv"},
    },
}


@dataclass
class Operation:
    """Files and settings; `inputs` reads them as `forecast check` does, `refusal` expects them to be refused."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def write(self, name: str, *lines: str) -> None:
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def append(self, name: str, *lines: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def write_zones(self, codes: tuple[str, ...] = ZONES, without: str = "") -> None:
        """Squares of half a degree in a row from west to east, at 5 N, 30 E."""
        features = [
            {
                "type": "Feature",
                "properties": {"zone": code, "population": 1000 * (n + 1)},
                "geometry": None if code == without else _square(n),
            }
            for n, code in enumerate(codes)
        ]
        body = {"type": "FeatureCollection", "features": features}
        (self.folder / "zones.geojson").write_text(json.dumps(body), encoding="utf-8")

    def write_records(self, codes: tuple[str, ...] = ZONES, item: str = "kit") -> None:
        rows = [f"{code},{item},{week},{10 * (n + 1)},{5 + n}" for code in codes for n, week in enumerate(WEEKS)]
        self.write("records.csv", "zone,item,period,distributed,stock_end", *rows)

    def input(self, name: str, **settings: Any) -> None:
        """Set an input of the config."""
        self.settings["inputs"][name] = {"use": "table", **settings}

    def job(self, scenario: str | None = None) -> config.Job:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(self.settings), encoding="utf-8")
        return config.job(config.load(path, scenario), path, scenario=scenario, issue_date=None, now_utc=TODAY)

    def inputs(self, scenario: str | None = None) -> Inputs:
        return read_inputs(self.job(scenario), self.ledger)

    def refusal(self, scenario: str | None = None) -> str:
        """The whole message with which the input is refused; the command would end with exit code 2."""
        with pytest.raises(InputError, match="problem") as caught:
            self.inputs(scenario)
        assert caught.value.exit_code == 2
        return str(caught.value)


def tiny_operation(folder: Path) -> Operation:
    operation = Operation(folder, json.loads(json.dumps(SETTINGS, default=str)))
    operation.settings["issue_date"] = SETTINGS["issue_date"]
    operation.write_zones()
    operation.write_records()
    operation.write("depots.csv", "depot,lat,lon", "D1,5.2,30.3", "D2,5.1,31.2")
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,100", "D2,kit,0")
    return operation


def _square(n: int) -> dict[str, Any]:
    west, south = 30 + 0.5 * n, 5.0
    ring = [[west, south], [west + 0.5, south], [west + 0.5, south + 0.5], [west, south + 0.5], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
