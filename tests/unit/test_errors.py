"""The wording of problems: what, where, the value, what to do."""

import pytest

from forecast.errors import InputError, Problem, Problems, did_you_mean


def test_a_problem_names_line_column_value_and_what_to_do() -> None:
    problem = Problem("records.csv", "is not a number", "Write digits only", line=412, column="distributed", value="many")
    assert str(InputError([problem])) == (
        "records.csv: 1 problem\n  line 412, column distributed: 'many' is not a number. Write digits only"
    )


def test_a_setting_is_called_a_setting() -> None:
    assert str(Problem("config.yaml", "is not a setting", "Did you mean 'horizon'?", column="plan.horizen", value="horizen")) == (
        "setting plan.horizen: 'horizen' is not a setting. Did you mean 'horizon'?"
    )


def test_all_problems_are_told_by_file_and_a_flood_is_counted() -> None:
    problems = [Problem("a.csv", "is wrong", "Mend it", line=n) for n in range(1, 31)] + [
        Problem("b.csv", "is empty", "Send it again")
    ]
    told = str(InputError(problems)).splitlines()
    assert told[0] == "a.csv: 30 problems"
    assert told[21:] == ["  ... and 10 more of this file", "b.csv: 1 problem", "  is empty. Send it again"]


def test_refused_problems_are_raised_together_and_noted_ones_are_not() -> None:
    problems = Problems()
    problems.note(Problem("a.csv", "is odd", "Used as it is"))
    problems.raise_if_refused()
    problems.refuse(Problem("a.csv", "is wrong", "Mend it"))
    problems.refuse(Problem("a.csv", "is wrong too", "Mend it"))
    with pytest.raises(InputError, match="2 problems"):
        problems.raise_if_refused()


def test_only_a_near_name_is_suggested() -> None:
    assert did_you_mean("ZN-70", ["ZN-07", "ZN-71"]) in ("Did you mean 'ZN-71'?", "Did you mean 'ZN-07'?")
    assert did_you_mean("kitchen", ["ZN-07", "ZN-71"]) == ""
