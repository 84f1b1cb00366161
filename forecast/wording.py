"""What pydantic finds wrong with settings, as problems a person can mend: setting, value, what is wrong, what to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from forecast.errors import Problem, did_you_mean

Words = tuple[str, str]  # what is wrong, what to do
Limits = Mapping[str, Any]  # of the setting, as pydantic gives them

WHOLE: Words = ("is not a whole number", "Write digits, such as 6")
NUMBER: Words = ("is not a number", "Write digits with a decimal point and nothing else, such as 0.5")
DAY: Words = ("is no day of the calendar", "Write the day as YYYY-MM-DD")
FLAG: Words = ("is neither true nor false", "Write true or false")
GROUP: Words = ("is not a group of settings", "Write `key: value` lines below it")
LIST: Words = ("is not a list", "Write [one, two]")
TEXT: Words = ("is not text", "Put it in quotes")
KINDS: dict[str, Words] = {
    "int_parsing": WHOLE, "int_type": WHOLE, "int_from_float": WHOLE, "int_parsing_size": WHOLE,
    "float_parsing": NUMBER, "float_type": NUMBER, "finite_number": NUMBER,
    "date_type": DAY, "date_parsing": DAY, "date_from_datetime_parsing": DAY, "date_from_datetime_inexact": DAY,
    "bool_type": FLAG, "bool_parsing": FLAG,
    "model_type": GROUP, "dict_type": GROUP, "model_attributes_type": GROUP,
    "tuple_type": LIST, "list_type": LIST,
    "string_type": TEXT,
    "missing": ("is missing", "Write it"),
}  # fmt: skip
LIMITS: dict[str, Callable[[Limits], Words]] = {
    "greater_than_equal": lambda limits: (f"is less than {limits['ge']:g}", f"Write {limits['ge']:g} or more"),
    "greater_than": lambda limits: (f"is not more than {limits['gt']:g}", f"Write a number above {limits['gt']:g}"),
    "less_than_equal": lambda limits: (f"is more than {limits['le']:g}", f"Write {limits['le']:g} or less"),
    "less_than": lambda limits: (f"is not less than {limits['lt']:g}", f"Write a number below {limits['lt']:g}"),
    "literal_error": lambda limits: (f"is none of {limits['expected']}", "Use one of these words"),
    "too_short": lambda limits: ("is too short a list", f"Name at least {limits['min_length']}"),
    "string_too_short": lambda limits: ("is empty", "Write a value"),
    "code_read": lambda limits: (f"is read by YAML as {limits['kind']}, not as text", "Put it in quotes"),
}


def settings_problems(error: ValidationError, file: str, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """Word pydantic's findings about `model` as problems of `file`; settings are named from `prefix` on."""
    found = error.errors(include_url=False)
    deepest = [one for one in found if one["type"] != "too_short" or not _is_explained(one, found)]
    return [_problem(one, file, model, prefix) for one in deepest]


def _is_explained(short: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because of what is wrong within it."""
    depth = len(short["loc"])
    return any(len(other["loc"]) > depth and other["loc"][:depth] == short["loc"] for other in found)


def _problem(found: ErrorDetails, file: str, model: type[BaseModel], prefix: str) -> Problem:
    loc = found["loc"][:-2] if found["loc"][-1:] == ("[key]",) else found["loc"]  # a wrong key is shown as the value
    place = ".".join([*([prefix] if prefix else []), *(str(part) for part in loc)])
    if found["type"] == "extra_forbidden":
        name, known = str(loc[-1]), _fields_at(model, loc[:-1])
        action = did_you_mean(name, known) or f"Known here: {', '.join(known)}"
        return Problem(file, "is not a setting", action, column=place, value=name)
    problem, action = _worded(found)
    return Problem(file, problem, action, column=place, value=_shown(found["input"]))


def _worded(found: ErrorDetails) -> Words:
    kind, limits = found["type"], found.get("ctx", {})
    if kind in KINDS:
        return KINDS[kind] if found["input"] is not None else ("is empty", KINDS[kind][1])
    if kind in LIMITS:
        problem, action = LIMITS[kind](limits)
        return ("is empty", f"{problem.replace('is none of', 'Write')}") if found["input"] is None else (problem, action)
    message = found["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:], "Change the setting"


def _shown(value: Any) -> str:
    """The value as it stands; groups and lists are too long to show."""
    return "" if value is None or isinstance(value, dict | list | tuple) else str(value)[:80]


def _fields_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    fields = model.model_fields
    for part in loc:
        field = fields.get(str(part))
        nested = [t for t in _types_in(field.annotation if field else None) if isinstance(t, type) and issubclass(t, BaseModel)]
        if nested:
            fields = nested[0].model_fields
    return sorted(field.alias or name for name, field in fields.items())


def _types_in(annotation: Any) -> list[Any]:
    args = getattr(annotation, "__args__", ())
    return [annotation, *(inner for arg in args for inner in _types_in(arg))]
