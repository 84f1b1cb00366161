"""The settings of `use: raster`; what they mean stands at the top of forecast/ingest/raster.py."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from forecast import geo
from forecast.config import Code, Section

CONVERSIONS = {  # value x times + plus
    "K to C": (1.0, -273.15),
    "F to C": (5 / 9, -160 / 9),
    "m to mm": (1000.0, 0.0),
    "cm to mm": (10.0, 0.0),
    "percent to share": (0.01, 0.0),
}
STEP = r"^(([1-9][0-9]?)?[hDWM]|dekad)$"
GROUPS = ("date", "year")
ONE_PLACE = "dates stand in the names of files (`date`), of bands (`band_date`), or in a NetCDF `variable`: give one of the three"
NO_SHARE = "a share of a zone is no rate and is not added up over time: leave out `per`, and take `over_time: mean` or max"
BY_DATE = "with `date` go `step` (D, W or M; h, 8D, dekad) and `over_time` (sum, mean or max)"


class Linear(Section):
    """A conversion: value x times + plus."""

    times: float = 1.0
    plus: float = 0.0


class PeopleMap(Section):
    """A map of people per cell that weighs the cells of a zone; nodata means none there."""

    path: Code
    as_of: Annotated[Code, Field(pattern=r"^[0-9]{4}(-[0-9]{2})?(-[0-9]{2})?$")]
    nodata: float | None = None
    allow_later: Code | None = None


class Settings(Section):
    """The settings of `use: raster`; what they mean stands at the top of forecast/ingest/raster.py."""

    path: Code | tuple[Code, ...]
    unit: Code
    valid: tuple[float, float] | None = None
    nodata: float | None = None
    crs: Code | None = None
    no_value: Literal["unknown", "zero"] = "unknown"
    date: str | None = None
    band_date: str | None = None
    band_tag: Code | None = None
    variable: Code | None = None
    step: Annotated[str, Field(pattern=STEP)] | None = None
    convert: str | Linear = Linear()
    per: Literal["day"] | None = None
    accumulated: Literal["per_step", "from_midnight"] = "per_step"
    over_time: Literal["sum", "mean", "max"] | None = None
    over_zone: geo.OverZone = "mean"
    above: float | None = None
    people: PeopleMap | None = None
    delay_days: int = Field(default=0, ge=0)
    catchment_km: float = Field(default=5, gt=0, le=500)
    as_of: Code | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def is_dated(self) -> bool:
        return not (self.date is None and self.band_date is None and self.variable is None)

    @property
    def linear(self) -> tuple[float, float]:
        """Value x times + plus."""
        return CONVERSIONS[self.convert] if isinstance(self.convert, str) else (self.convert.times, self.convert.plus)

    @property
    def unit_in_file(self) -> str | None:
        """The unit a file must have where it names one; None where a conversion by figures does not say."""
        if isinstance(self.convert, str):
            return self.convert.split(" to ")[0]
        return self.unit if self.linear == (1, 0) else None

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        self._check_convert()
        if not self.is_dated:
            if self.unit != "people" or self.over_zone != "sum":
                raise ValueError("a raster without `date` gives people per zone: say `unit: people` and `over_zone: sum`")
            return self
        if self.step is None or self.over_time is None:
            raise ValueError(BY_DATE)
        if self.valid is None or not self.valid[0] < self.valid[1]:
            raise ValueError("give `valid: [lowest, highest]`, the range a cell can have")
        if sum(given is not None for given in (self.date, self.band_date, self.variable)) > 1:
            raise ValueError(ONE_PLACE)
        self._check_pattern("date", self.date)
        self._check_pattern("band_date", self.band_date)
        self._check_over_zone()
        if self.accumulated == "from_midnight" and (self.variable is None or self.step != "D"):
            raise ValueError("`accumulated: from_midnight` is for a NetCDF `variable`, and gives days: write `step: D`")
        return self

    def _check_convert(self) -> None:
        if isinstance(self.convert, str):
            if self.convert not in CONVERSIONS:
                known = ", ".join(CONVERSIONS)
                raise ValueError(f"`convert` is none of: {known}; or write figures, such as {{times: 1000, plus: 0}}")
            if self.convert.split(" to ")[1] != self.unit:
                raise ValueError(f"`convert: {self.convert}` does not give {self.unit}, which `unit` says")
        elif self.convert.times == 0:
            raise ValueError("`convert` with `times: 0` leaves nothing")

    def _check_pattern(self, name: str, pattern: str | None) -> None:
        if pattern is None:
            return
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"`{name}` is no regular expression: {error}") from error
        if not set(GROUPS) & set(groups):
            raise ValueError(f"`{name}` has no group named date: write (?P<date>...) around the date")

    def _check_over_zone(self) -> None:
        if (self.over_zone == "share_above") != (self.above is not None):
            raise ValueError("`over_zone: share_above` and `above`, the value it is above, go together")
        if self.over_zone == "share_above" and (self.per or self.over_time == "sum"):
            raise ValueError(NO_SHARE)
        if (self.over_zone == "people_mean") != (self.people is not None):
            raise ValueError("`over_zone: people_mean` and `people`, the map of people that weighs, go together")
