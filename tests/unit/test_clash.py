"""Commitments that clash: the message names irreducible sets of them, each with what binds it; nothing is planned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import NoPlanError
from tests.plan_world import World, day, week

ZONES = ("Z1", "Z2", "Z3")
DEMAND = {(zone, "kit"): [10] for zone in ZONES}
NEAR = [{"to": zone} for zone in ZONES]
OWN_DEPOT = [{"to": "Z1"}, {"to": "Z2"}, {"from": "D2", "to": "Z3"}]
HEAVY = [{"item": "kit", "kg_per_unit": 10.0}]
ONE_TRIP = [{"hours_per_day": 2.0, "working_days": 1.0}]  # of 100 kits
FLOOD = [{"from": "D1", "to": "Z1", "start": day(0), "until": pd.NaT, "why": "flood"}]


def told(promised: Sequence[float], **world: Any) -> str:
    """What the plan is refused with; empty where it is made. `promised`: to Z1, Z2, Z3, in the first week."""
    rows = [
        {"zone": zone, "period": week(0), "minimum": float(kits)} for zone, kits in zip(ZONES, promised, strict=False) if kits
    ]
    try:
        World(DEMAND, **{"routes": NEAR, "commitments": rows, **world}).planned()
    except NoPlanError as error:
        return str(error)
    return ""


def clashes(message: str) -> list[set[str]]:
    """The zones of each set that the message names."""
    parts = re.split(r"Cannot be kept", message)[1:]
    return [set(re.findall(r"of kit for (Z\d)", part)) for part in parts]


@pytest.mark.parametrize(
    ("promised", "world", "sets", "binds"),
    [
        ((60, 60), {"stock": [{"quantity": 100}]}, [{"Z1", "Z2"}], "stock of D1, kit"),
        ((60, 60, 5), {"stock": [{"quantity": 100}]}, [{"Z1", "Z2"}], "stock of D1, kit"),
        ((60, 35, 30), {"stock": [{"quantity": 100}]}, [{"Z1", "Z2", "Z3"}], "stock of D1, kit"),
        ((120, 60, 30), {"stock": [{"quantity": 100}]}, [{"Z1"}], "stock of D1, kit"),
        (
            (60, 60, 5),
            {"stock": [{"quantity": 900}], "items": HEAVY, "fleet": ONE_TRIP},
            [{"Z1", "Z2"}],
            "vehicle hours of D1, truck",
        ),
        (
            (60, 60, 90),
            {"stock": [{"quantity": 100}, {"depot": "D2", "quantity": 50}], "routes": OWN_DEPOT},
            [{"Z3"}, {"Z1", "Z2"}],
            "stock of D2, kit",
        ),
        ((60, 60), {"stock": [{"quantity": 900}], "closures": FLOOD}, [{"Z1"}], "the lane is shut"),
    ],
    ids=["two", "a third that fits", "all three", "one alone", "trucks", "two clashes", "a shut lane"],
)
def test_a_clash_is_named_by_those_it_needs_and_what_binds_them(
    promised: Sequence[float], world: dict[str, Any], sets: list[set[str]], binds: str
) -> None:
    message = told(promised, **world)
    assert clashes(message) == sets
    assert binds in message


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.tuples(*[st.integers(0, 90)] * 3), st.integers(0, 120))
def test_of_a_clash_none_can_be_left_out(promised: tuple[int, int, int], stock: int) -> None:
    world = {"stock": [{"quantity": float(stock)}]}
    message = told(promised, **world)
    assert bool(message) == (sum(promised) > stock)
    for clash in clashes(message):
        only = [kits if zone in clash else 0 for zone, kits in zip(ZONES, promised, strict=True)]
        assert told(only, **world)
        for zone in clash:
            without = [0 if other == zone else kits for other, kits in zip(ZONES, only, strict=True)]
            assert not told(without, **world)
