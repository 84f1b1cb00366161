"""All settings. The text under each field is its manual."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from forecast.config.section import Code, Plugin, Section, as_blocks, without_none

LONGEST = 366  # periods ahead


class Paths(Section):
    """Folders; relative ones are relative to the config file."""

    data: str = "."
    """Where input paths start; also `--set paths.data=DIR` or the environment variable FORECAST_DATA."""
    runs: str = "runs"
    """Where run folders are written."""


class Choosing(Section):
    """How models are chosen by backtest, for items that `use: best`."""

    candidates: tuple[Plugin, ...] = (
        Plugin(use="naive"),
        Plugin(use="seasonal_naive"),
        Plugin.model_validate({"use": "moving_average", "periods": 12}),
        Plugin(use="smoothing"),
        Plugin(use="empirical"),
        Plugin(use="intermittent"),
        Plugin(use="pooled"),
        Plugin(use="ets"),
        Plugin(use="state_space"),
        Plugin(use="prophet"),
    )
    """The models tried, beside the moving average of three periods."""
    origins: int = Field(default=4, ge=1, le=52)
    """From how many past dates."""
    seconds: float = Field(default=60, gt=0)
    """About how long each model that fits series by series may be tried; of many series some are."""
    nightly_seconds: float = Field(default=60, gt=0)
    """About how long such a model may take every night; a slower one is tried, told, and not taken."""


class Forecast(Section):
    """What is forecast."""

    period: Literal["D", "W", "M"] = "W"
    """Length of a forecast period: day, week or calendar month."""
    week_starts: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] = "MON"
    """The day a week starts on."""
    horizon: int = Field(default=6, ge=1, le=LONGEST)
    """How many periods ahead."""
    samples: int = Field(default=200, ge=20, le=2000)
    """Equally likely futures."""
    seed: int = 1
    """Same seed and same input, same futures."""
    exposure: Code | None = None
    """The signal that counts people present: demand per person is forecast, times the people present and expected."""
    default: Plugin = Plugin(use="best")
    """The model of items that name none; `best`: chosen by backtest."""
    choice: Choosing = Choosing()
    """How the best is chosen."""
    silent_after: int | None = Field(default=None, ge=1)
    """A zone whose newest record of an item is older than so many periods is taken as closed: not planned; absent: never."""
    without_history: Literal["norm", "none"] = "norm"
    """Zones without any record of an item: people x planning figure, or no demand at all."""
    norm_after: int = Field(default=8, ge=1)
    """A series with fewer known periods than this has no usable history."""


class Panel(Section):
    """From records to the panel."""

    max_bad_share: float = Field(default=0.02, ge=0, le=1)
    """More records than this set aside stop the run."""
    unit_error_factor: float = Field(default=8, gt=1)
    """A value this many times the ordinary largest of its own series is set aside as a unit error."""
    absent_rows: Literal["missing", "zero"] = "missing"
    """A zone and item without a row in a period: not reported; or zero, for files that list only what is not zero. Zero holds for
    zones and items that have some row, from the first period of the records to the last; no bad row may then be set aside."""
    repeated_rows: Literal["set_aside", "add"] = "set_aside"
    """Several rows of one zone, item and period: an error; or parts to be added up (teams; a week cut at the New Year)."""
    history_from: dt.date | None = None
    """Records of periods that start earlier are not used, such as a first week that was collected in part."""
    reporting_delay_days: int = Field(default=0, ge=0)
    """Rows without `known_on` are known this many days after their period ends."""


class Need(Section):
    """Planning figures of a need, with their source; they are listed in assumptions.csv."""

    unit: Code
    """The need unit, such as L or ration."""
    per_person_per_day: float = Field(gt=0)
    """Planning figure in need units."""
    survival_per_person_per_day: float | None = Field(default=None, gt=0)
    """The survival floor in need units, shared out before anything else; absent: no floor."""
    source: str
    """Where the figures are from."""


class Order(Section):
    """When a depot orders an item, and how much; what is not given here is as in `plan.order`."""

    lead_days: float | None = Field(default=None, ge=0)
    """Days from the order to its arrival at the depot; absent: not known, and no day to order by is given."""
    min_months: float | None = Field(default=None, ge=0)
    """Months of stock that are left when the order arrives."""
    max_months: float | None = Field(default=None, gt=0)
    """Months of stock that the order brings the depot to."""

    @model_validator(mode="after")
    def _in_order(self) -> Order:
        if self.min_months is not None and self.max_months is not None and self.min_months >= self.max_months:
            raise ValueError("min_months must be less than max_months")
        return self


class Item(Section):
    """A commodity; fields as in the `items` input table, which this block completes or overrides."""

    name: str | None = None
    need: Literal["water", "food", "care"] | None = None
    unit: Code | None = None
    pack: float | None = Field(default=None, gt=0)
    kg_per_unit: float | None = Field(default=None, ge=0)
    m3_per_unit: float | None = Field(default=None, ge=0)
    per_person_per_day: float | None = Field(default=None, ge=0)
    covers: float | None = Field(default=None, gt=0)
    substitutes: Code | None = None
    need_lapses: bool | None = None
    keeps_days: float | None = Field(default=None, ge=0)
    priority: float | None = Field(default=None, ge=0)
    carriage: Literal["dry", "cold", "bulk_water"] | None = None
    records_count: Literal["goods", "supply", "arrivals"] | None = None
    """What `distributed` counts: goods handed out; supply, delivered whether enough or not: demand is then at least people times
    `per_person_per_day`; or people newly arrived with this need: their caseload is then planned for."""
    stay_days: float | None = Field(default=None, gt=0)
    """With `records_count: arrivals`: how long those who arrive are taken to stay. Say in `source` where it is from."""
    model: Plugin | None = None
    """The model of this item; absent: `forecast.default`."""
    without_history: Literal["norm", "none"] | None = None
    """As in `forecast`, for this item."""
    order: Order = Order()
    """When depots order it, and how much (pipeline.csv)."""
    source: str | None = None
    """Where the figures of this block are from: listed in assumptions.csv."""


class Access(Section):
    """What a signal says of the roads to a zone, such as the share of it that is under water."""

    slow_above: float | None = None
    """Above this in the zone, driving takes `slow_factor` times as long."""
    slow_factor: float = Field(default=2, ge=1)
    """Times the hours of a slow lane."""
    close_above: float | None = None
    """Above this in the zone, no lane to it is open."""
    half_over_days: float = Field(default=14, gt=0)
    """Of such states half are over after so many days: counts as ten past cases, beside those in the signal's own past."""

    @model_validator(mode="after")
    def _in_order(self) -> Access:
        if self.slow_above is None and self.close_above is None:
            raise ValueError("say from where on: write slow_above, close_above or both")
        if self.slow_above is not None and self.close_above is not None and self.slow_above >= self.close_above:
            raise ValueError("slow_above must be less than close_above")
        return self


class WhatIf(Section):
    """What a scenario changes in the inputs, by stated operations."""

    close_lanes: tuple[CloseLanes, ...] = ()
    displace: tuple[Displace, ...] = ()
    scale_fleet: tuple[ScaleFleet, ...] = ()
    delay_arrivals: tuple[DelayArrivals, ...] = ()


class CloseLanes(Section):
    """Lanes shut from a day on."""

    to: tuple[Code, ...] = Field(min_length=1)
    """Zones whose lanes are shut."""
    depots: tuple[Code, ...] | None = None
    """Only lanes from these depots; absent: all."""
    after_days: int = Field(default=0, ge=0)
    """Days after the issue date."""
    for_days: int | None = Field(default=None, ge=1)
    """For how long; absent: open end."""


class Displace(Section):
    """People who leave zones for others."""

    share: float = Field(gt=0, le=1)
    """Share of the people of the zones left."""
    leave: tuple[Code, ...] | None = None
    """Zones left; absent: all that are not arrived in."""
    arrive: tuple[Code, ...] = Field(min_length=1)
    """Zones arrived in, in equal parts."""
    after_days: int = Field(default=0, ge=0)
    """Days after the issue date."""


class ScaleFleet(Section):
    """More or fewer vehicles."""

    factor: float = Field(ge=0)
    """Times the count of each vehicle."""
    depots: tuple[Code, ...] | None = None
    """Only at these depots; absent: all."""


class DelayArrivals(Section):
    """Consignments to depots that come later."""

    days: int = Field(ge=0)
    depots: tuple[Code, ...] | None = None
    items: tuple[Code, ...] | None = None


class Shipment(Section):
    """The smallest load that a vehicle is sent with: what a visit brings from one depot to one zone on one day."""

    vehicle_share: float = Field(default=0.1, ge=0, le=1)
    """Share of the vehicle's load, by weight or volume, where neither of the others is given; 0: no load is too small."""
    kg: float | None = Field(default=None, gt=0)
    """In kg."""
    packs: float | None = Field(default=None, gt=0)
    """In packs of whatever items."""


class Planning(Section):
    """How the stock is shared out."""

    period: Literal["D", "W"] = "W"
    """Length of a plan period; the first starts on the issue date."""
    horizon: int = Field(default=4, ge=1, le=366)
    """How many plan periods."""
    objectives: tuple[Plugin, ...] = (Plugin(use="survival"), Plugin(use="need"), Plugin(use="fairness"), Plugin(use="cost"))
    """The layers, in order; each is fixed within `layer_tolerance` before the next."""
    layer_tolerance: float = Field(default=1e-4, ge=0)
    """Relative slack left to the later layers."""
    segments: int = Field(default=20, ge=2)
    """Pieces of a shortage curve, on average: more where more is at stake. Fewer samples than this are taken exactly."""
    stock_max_age_days: int = Field(default=35, ge=0)
    """An older count of a zone's stock is unknown: neither the old figure nor zero."""
    overdue_days: int = Field(default=14, ge=0)
    """What is on its way and this many days late is still expected in the first period; later than that it is not counted on."""
    hours_per_day: float = Field(default=8, gt=0, le=24)
    """Driving hours where the fleet names none."""
    working_days: float = Field(default=6, gt=0, le=7)
    """Days per week where the fleet names none."""
    speed_kmh: float = Field(default=35, gt=0)
    """For routes derived from distance."""
    detour: float = Field(default=1.4, ge=1)
    """Road length over straight distance, for routes derived from distance."""
    nearest_depots: int = Field(default=2, ge=1)
    """Lanes derived per zone where no routes are given."""
    time_limit_seconds: float = Field(default=600, gt=0)
    """The solver stops here and says so."""
    min_shipment: Shipment = Shipment()
    """A smaller load goes along with another to the same zone, or stays in the depot; unless the zone would feel it."""
    min_shipment_of: dict[Code, Shipment] = Field(default_factory=dict)
    """The same for single items: `{vaccine: {packs: 1}}` says that any of it is worth a visit. What rides along adds up."""
    visit_days: int = Field(default=28, ge=1)
    """Usual days between deliveries to a zone: lasting goods for longer, and for the safety, leave with the next one."""
    safety_days: int = Field(default=14, ge=0)
    """Days of need that a zone is to have when the next delivery comes."""
    min_days_between_visits: int = Field(default=0, ge=0)
    """A zone is not visited more often than this, whatever it lacks; but for goods that perish within a plan period, and for what
    is promised. 0: as often as it makes sense."""
    firm_periods: int = Field(default=1, ge=0)
    """So many first periods are planned in whole vehicles: part loads share one, on a round, or stay behind; survival floors
    first, and the periods after are planned again, knowing it. The summary tells the price. 0: vehicles count in parts, and
    people join part loads."""
    whole_gap: float = Field(default=1e-3, ge=0, lt=1)
    """No choice of rounds carries more by a larger share of what all is worth; where the search ended early, the summary says."""
    order: Order = Order()
    """When depots order, and how much, for items that do not say (pipeline.csv)."""
    review_days: int = Field(default=182, ge=1, le=1098)
    """So far ahead is looked for depots that run out (pipeline.csv)."""


class Publish(Section):
    """Words on the pages, and which outputs."""

    producer: str = ""
    disclaimer: str = "Boundaries and names shown do not imply endorsement. DRAFT: to be approved before use."
    outputs: tuple[Code, ...] = ("tables", "pipeline", "workbook", "geopackage", "map", "summary")


class Config(Section):
    """One operation."""

    describe: str = ""
    """One line: what this config or scenario is."""
    title: str = "Allocation plan"
    issue_date: dt.date | None = None
    """The day the forecast is made as of; absent: today. Also `--issue-date`."""
    paths: Paths = Paths()
    forecast: Forecast = Forecast()
    panel: Panel = Panel()
    needs: dict[Literal["water", "food", "care"], Need] = Field(default_factory=dict)
    items: dict[Code, Item] = Field(default_factory=dict)
    inputs: Annotated[dict[Code, Annotated[Plugin, BeforeValidator(as_blocks)]], BeforeValidator(without_none)] = Field(
        default_factory=dict
    )
    """Input name (records, items, zones, population, depots, stock, ...) -> source. `zones` may be a list of sources; `use: none`
    takes away one that the base gives."""
    signals: Annotated[dict[Code, Plugin], BeforeValidator(without_none)] = Field(default_factory=dict)
    """Signal name -> source; `use: none` takes away one that the base gives."""
    access: dict[Code, Access] = Field(default_factory=dict)
    """Signal name -> where its values slow and close the lanes to a zone."""
    plan: Planning = Planning()
    what_if: WhatIf = WhatIf()
    publish: Publish = Publish()

    @model_validator(mode="after")
    def _orders_in_order(self) -> Config:
        for code in self.items:
            try:
                self.order_of(code)
            except ValidationError as error:
                what = "with plan.order, min_months is not less than max_months"
                raise ValueError(f"items.{code}.order: {what}; write both for the item") from error
        return self

    def order_of(self, code: str) -> Order:
        """The order of an item, completed by that of all items."""
        item = self.items.get(code)
        own = item.order.model_dump(exclude_none=True) if item else {}
        return Order.model_validate({**self.plan.order.model_dump(exclude_none=True), **own})

    def fingerprint(self) -> str:
        """sha256 of all settings but where files lie."""
        body = self.model_dump(mode="json", exclude={"paths"})
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """One question: this config, this scenario, as of this date. The clock is read by the caller."""

    config: Config
    config_path: Path | None
    scenario: str
    issue_date: pd.Timestamp
    today: pd.Timestamp
    started_utc: str
    data: Path
    runs: Path
    force: bool = False
    kept: Path | None = None
    """Where what saves time is kept from run to run; None: nowhere."""
