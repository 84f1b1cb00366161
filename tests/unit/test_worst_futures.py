"""The layer of the worst futures: what it trades, what it says, and that it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from forecast.errors import InputError
from tests.plan_world import World, sent

MEAL = {"item": "meal", "need_lapses": True, "keeps_days": 1.0}
CVAR = {"use": "cvar", "level": 0.75}


def scarce(*layers: dict[str, Any]) -> World:
    """60 meals; Z2 nearly always wants 60; one time in four nobody does there, and Z1 wants 100 instead of 10."""
    return World(
        {("Z1", "meal"): [[10, 10, 10, 100]], ("Z2", "meal"): [[60, 60, 60, 0]]},
        [MEAL],
        stock=[{"item": "meal", "quantity": 60}],
        routes=[{"to": "Z1"}, {"to": "Z2"}],
        plan={"objectives": [{"use": "need"}, *layers, {"use": "cost"}]},
    )


def test_the_mean_serves_the_usual_future_and_the_worst_one_is_served_where_it_is_asked_for() -> None:
    assert sent(scarce().planned(), zone="Z2") == 50
    assert sent(scarce({**CVAR, "give_up": 1.0}).planned(), zone="Z2") < 50


def test_its_price_and_what_it_reaches_on_all_samples_are_told() -> None:
    world = scarce({**CVAR, "give_up": 1.0})
    figures = world.planned().figures
    assert figures["cvar_published"] == pytest.approx(figures["cvar"], rel=0.05)
    assert float(str(figures["cvar_price"])) > 0
    assert "fairness_price" not in figures
    assert any(remark.startswith("In the worst 25% of all futures") for remark in world.ledger.remarks)


def test_a_level_of_one_or_more_is_refused() -> None:
    with pytest.raises(InputError, match="not less than 1"):
        scarce({"use": "cvar", "level": 1}).planned()
