"""The wording of problems: what, where, the value, what to do."""

import pytest

from forecast.errors import InputError, Problem, Problems, bare_name, did_you_mean, near_names


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
    problems = [Problem("a.csv", "is wrong", "Mend it", line=n, value=f"v{n}") for n in range(1, 31)]
    problems.append(Problem("b.csv", "is empty", "Send it again"))
    told = str(InputError(problems)).splitlines()
    assert told[0] == "a.csv: 30 problems"
    assert told[21:] == ["  ... and 10 more of this file", "b.csv: 1 problem", "  is empty. Send it again"]


def test_what_is_wrong_in_the_same_way_on_many_lines_is_told_once() -> None:
    unknown = [Problem("a.csv", "is not known", "Mend it", line=n, column="zone", value="Z-9") for n in (2, 3, 7)]
    other = Problem("a.csv", "is not known", "Mend it", line=4, column="zone", value="Z-8")
    assert str(InputError([*unknown, other])).splitlines() == [
        "a.csv: 4 problems",
        "  line 2 and 2 more, column zone: 'Z-9' is not known. Mend it",
        "  line 4, column zone: 'Z-8' is not known. Mend it",
    ]


def test_refused_problems_are_raised_together_and_noted_ones_are_not() -> None:
    problems = Problems()
    problems.note(Problem("a.csv", "is odd", "Used as it is"))
    problems.raise_if_refused()
    problems.refuse(Problem("a.csv", "is wrong", "Mend it"))
    problems.refuse(Problem("a.csv", "is wrong too", "Mend it"))
    with pytest.raises(InputError, match="2 problems"):
        problems.raise_if_refused()


def test_only_a_near_name_is_suggested() -> None:
    assert did_you_mean("ZN-7", ["ZN-07", "ZN-71"]) == "Did you mean 'ZN-07'?"
    assert did_you_mean("kitchen", ["ZN-07", "ZN-71"]) == ""


@pytest.mark.parametrize("written", ["NG34", "ng034", "NG 034", "NG-0034", "ng.34"])
def test_a_code_that_differs_by_padding_case_or_signs_only_is_the_one_suggested(written: str) -> None:
    assert did_you_mean(written, ["NG0034X", "NG034", "NG341", "NG134"]) == "Did you mean 'NG034'?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Ceel dheer", "Ceel Dheér"), ("Lasanod", "Las'anod"), ("BOUAKE", "Bouaké"), ("Cote d’Ivoire", "Côte d'Ivoire")],
)
def test_a_name_that_differs_by_accents_or_apostrophes_only_is_the_one_suggested(written: str, meant: str) -> None:
    assert did_you_mean(written, [meant, meant + "s", "Lasano", "Boake"]) == f"Did you mean '{meant}'?"


def test_zeros_inside_a_number_tell_codes_apart() -> None:
    assert near_names("NG304", ["NG34", "NG304"]) == ["NG304"]
    assert bare_name("A10") not in {bare_name("A1"), bare_name("A100")}


def test_of_names_equally_near_three_are_named_whatever_their_order() -> None:
    assert did_you_mean("Z-4", ["Z-3", "Z-1"]) == did_you_mean("Z-4", ["Z-1", "Z-3"]) == "Did you mean 'Z-1' or 'Z-3'?"
    assert did_you_mean("Z-4", ["Z-1", "Z-2", "Z-3"]) == "Did you mean 'Z-1', 'Z-2' or 'Z-3'?"
    assert did_you_mean("Z-4", ["Z-1", "Z-2", "Z-3", "Z-5"]) == "Did you mean 'Z-1', 'Z-2', 'Z-3' or another?"
