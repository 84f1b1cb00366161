"""What the pooled model looks at: a series as seen from an origin, in units of the series' own level.

Every feature is made of a window that ends at the origin, of sums up to it, or of regressors known for the period ahead: nothing
after the origin has an influence. Amounts are divided by the series' level there (half the mean of the last 12 periods, half an
exponential average, and a little of what is usual for the item), so that items of any unit and zones of any size learn from one
another; then taken as log(1 + x). What is unknown is taken as the level, and said to be unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from forecast.models._regression import DAYS_PER_YEAR
from forecast.schema import Floats, History

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[Any]]

WINDOW = 36  # periods looked at one by one
LAGS, SPANS = 13, (3, 6, 12)
LEAST_SHARE = 0.05  # of what is usual for the item, in every level: a series at zero has a level too
SMOOTHINGS = (0.1, 0.3, 0.6)
RANKS = (1, 3, 5, 6, 8, 10)  # of the last 12 values in order
MOST_ITEMS = 24  # told apart by name; the others by what they do
YEARS_FOR_SEASON, YEARS_FOR_CALENDAR = (
    2,
    4,
)  # of fewer, a network remembers what befell all series in a month, and awaits it again
YEARS = 3  # earlier years whose same season is looked at
LIMIT = 6.0  # of a feature, either way


@dataclass(frozen=True)
class Group:
    """Series that share a zone, an item or a parent: (series) which group, and (group, period) tables of how it goes."""

    code: Ints
    tables: tuple[Singles, ...]


@dataclass(frozen=True)
class Regressor:
    """(series, past + horizon) values, and their mean and spread up to each period; an infinite spread where they never vary."""

    values: Singles
    mean: Singles
    spread: Singles


@dataclass(frozen=True)
class Past:
    """All that features are made of, ready to be looked at from any origin: (series, WINDOW + past), empty before the start.

    Amounts are in `unit`s (series) of what is usual for the item now, so that single precision does for items of any unit.
    `usual`: (item, past) geometric mean so far of what is not zero; `started`: (series) the first period with a report or value.
    """

    values: Singles
    is_reported: Bools
    floors: Singles
    stock: Mapping[str, Singles]
    sums: Floats
    counts: Singles
    unit: Floats
    usual: Floats
    started: Ints
    item: Ints
    groups: tuple[Group, ...]
    kind: Ints
    regressors: tuple[Regressor, ...]
    days: Floats
    season: int
    week: int

    @property
    def length(self) -> int:
        """Periods of the past."""
        return int(self.values.shape[1]) - WINDOW

    @property
    def first_origin(self) -> int:
        """The first origin to learn from: by then a year of months is known, or a third of a short past."""
        return min(11, self.length // 3)

    @property
    def furthest(self) -> int:
        """The most periods ahead of which there is anything to learn: beyond, all is as it is there."""
        return max(self.length - 1 - self.first_origin, 1)


def past_of(history: History, values: Floats) -> Past:
    """History, and its (series, past) values with gaps filled or not -> what features are made of."""
    known = np.isfinite(values)
    started = _first(known | history.is_reported)
    item, parent, zone = (_codes(names) for names in (history.items, history.parents, history.zones))
    filled = np.where(known, values, 0.0)
    per_item = _members(item)
    unit = _usual(per_item, filled)[item, -1:]
    unit[unit == 0] = 1.0
    filled /= unit
    usual = _usual(per_item, filled)
    both = np.unique(parent * (item.max(initial=0) + 1) + item, return_inverse=True)[1]
    companies = [code for code in (zone, item, parent, both) if code.max(initial=0) > 0]
    starts = history.periods.append(history.ahead)
    step = pd.Series(starts).diff().median() / pd.Timedelta(days=1) if len(starts) > 1 else 1.0
    return Past(
        values=_padded(values, unit),
        is_reported=np.concatenate([np.zeros((len(values), WINDOW), dtype=bool), history.is_reported], axis=1),
        floors=_padded(np.where(known, np.nan, history.floors), unit),
        stock={name: _padded(history.stock[name], unit) for name in sorted(history.stock)},
        sums=_sums(filled, np.float64),
        counts=_sums(known, np.float32),
        unit=unit[:, 0],
        usual=usual,
        started=started,
        item=item,
        groups=_groups(companies, _goings(filled, known, history.is_reported, started, usual[item])),
        kind=_commonest(item),
        regressors=tuple(_so_far(history.regressors[name]) for name in sorted(history.regressors)),
        days=(starts.to_numpy() - np.datetime64("2000-01-01")) / np.timedelta64(1, "D"),
        season=history.season,
        week=7 if round(step) == 1 else 0,
    )


def features(past: Past, series: Ints, origin: Ints, ahead: Ints) -> tuple[Singles, Floats]:
    """(pair) series and origins, (pair, horizon) periods ahead -> (pair, horizon, feature), and the (pair) level in item units.

    The level is 0 where nothing but zeros was ever seen of the item.
    """
    seen = _Seen(past, series, origin)
    own = {**_recent(seen), **_spans(seen), **_recency(seen), **_stock(seen), **_company(seen)}
    fixed = np.stack([np.asarray(column, dtype=np.float32) for column in own.values()], axis=1)
    coming = np.stack([np.asarray(column, dtype=np.float32) for column in _coming(seen, ahead).values()], axis=2)
    fixed = np.repeat(fixed[:, None], ahead.shape[1], axis=1)
    return np.clip(np.concatenate([fixed, coming], axis=2), -LIMIT, LIMIT), seen.level * past.unit[series]


class _Seen:
    """Pairs of series and origin, with the newest values first: (pair, WINDOW)."""

    def __init__(self, past: Past, series: Ints, origin: Ints) -> None:
        self.past, self.series, self.origin = past, series, origin
        values, floors = self.window(past.values, WINDOW), self.window(past.floors, WINDOW)
        known = np.isfinite(values)
        mean = np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        self.is_censored = np.isfinite(floors)
        is_high = self.is_censored & (floors > mean[:, None])  # at least so much: worth more than not knowing
        self.known = known | is_high
        self.amounts = np.where(is_high, floors, np.where(known, values, np.float32(0)))
        self.count, self.sum = self.known.cumsum(axis=1), self.amounts.cumsum(axis=1, dtype=float)
        self.usual = past.usual[past.item[series], origin].astype(np.float32)
        self.smooth = {share: self._smooth(share) for share in SMOOTHINGS}
        newest = np.where(self.count[:, 11] > 0, self.mean(12), self.smooth[0.1])
        self.level = (0.5 * newest + 0.5 * self.smooth[0.3] + LEAST_SHARE * self.usual).astype(np.float32)
        self.unit = np.where(self.level > 0, self.level, np.float32(1))

    def window(self, padded: npt.NDArray[Any], periods: int) -> npt.NDArray[Any]:
        """(pair, periods) of a padded (series, WINDOW + past), newest first."""
        return np.asarray(padded[self.series[:, None], self.origin[:, None] + WINDOW - np.arange(periods)])

    def mean(self, periods: int) -> Floats:
        """(pair) mean of what is known of the newest periods; 0 where nothing is."""
        return np.asarray(self.sum[:, periods - 1] / np.maximum(self.count[:, periods - 1], 1))

    def so_far(self) -> Floats:
        """(pair) mean of all that was known by the origin; the usual amount of the item where nothing was."""
        count = self.past.counts[self.series, self.origin + 1]
        return np.where(count > 0, self.past.sums[self.series, self.origin + 1] / np.maximum(count, 1), self.usual)

    def scaled(self, amounts: npt.NDArray[Any]) -> Floats:
        """(pair, ...) amounts -> log(1 + amount over level), with the sign of the amount."""
        ratio = np.nan_to_num(amounts) / self.unit.reshape(-1, *[1] * (amounts.ndim - 1))
        return np.asarray(np.sign(ratio) * np.log1p(np.abs(ratio)))

    def _smooth(self, share: float) -> Floats:
        weight = np.float32(1 - share) ** np.arange(WINDOW, dtype=np.float32) * self.known
        found = (self.amounts * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-30)
        return np.where(self.count[:, -1] > 0, found, self.so_far())


# ------------------------------------------------------------------ of the series itself


def _recent(seen: _Seen) -> Columns:
    """The last values one by one and in order of size; unknown ones are taken as the level."""
    taken = np.where(seen.known[:, :LAGS], seen.amounts[:, :LAGS], seen.level[:, None])
    lags, in_order = seen.scaled(taken), seen.scaled(np.sort(taken[:, :12], axis=1))
    return {
        **{f"lag {lag}": lags[:, lag] for lag in range(LAGS)},
        **{f"known {lag}": seen.known[:, lag] for lag in range(3)},
        **{f"rank {rank}": in_order[:, rank] for rank in RANKS},
        **{f"smooth {share}": seen.scaled(found) for share, found in seen.smooth.items()},
    }


def _spans(seen: _Seen) -> Columns:
    """Mean, spread, highest, share of zeros, of reports and of stock-outs over the last 3, 6 and 12 periods."""
    squares = np.square(np.asarray(seen.amounts, dtype=float)).cumsum(axis=1)
    is_zero, reported = (seen.amounts == 0) & seen.known, seen.window(seen.past.is_reported, max(SPANS))
    columns: Columns = {}
    for span in SPANS:
        count, mean = seen.count[:, span - 1], seen.mean(span)
        variance = (squares[:, span - 1] / np.maximum(count, 1) - np.square(mean)) / np.square(seen.unit)
        columns |= {
            f"mean {span}": seen.scaled(np.where(count > 0, mean, seen.level)),
            f"spread {span}": np.log1p(np.sqrt(np.maximum(variance, 0))),
            f"highest {span}": seen.scaled(seen.amounts[:, :span].max(axis=1)),
            f"zeros {span}": is_zero[:, :span].sum(axis=1) / np.maximum(count, 1),
            f"reports {span}": reported[:, :span].mean(axis=1),
            f"stock-outs {span}": seen.is_censored[:, :span].mean(axis=1),
        }
    return columns


def _recency(seen: _Seen) -> Columns:
    """How old the series is, how long ago something was handed out or reported, how large and how fine-grained it is."""
    is_some = seen.amounts > 0
    least = np.where(is_some, seen.amounts, np.inf).min(axis=1)
    least = np.where(is_some.any(axis=1), least, seen.unit)
    age = np.maximum(seen.origin - seen.past.started[seen.series], 0)
    return {
        "age": np.minimum(age, WINDOW) / WINDOW,
        "since some": np.log1p(_first(is_some)) / 2,
        "since report": np.log1p(_first(seen.window(seen.past.is_reported, WINDOW).astype(bool))) / 2,
        "size": np.log(seen.unit / np.where(seen.usual > 0, seen.usual, seen.unit)) / 2,
        "all": seen.scaled(seen.so_far()),
        "grain": np.log(seen.unit / least) / 2,
    }


def _stock(seen: _Seen) -> Columns:
    """What records tell of stock: on hand and for how long it lasts, how often none, what came in and what was asked for."""
    columns: Columns = {}
    if "stock_end" in seen.past.stock:
        on_hand = seen.window(seen.past.stock["stock_end"], max(SPANS))
        known = np.isfinite(on_hand)
        last = np.nan_to_num(on_hand[np.arange(len(on_hand)), known.argmax(axis=1)])
        columns |= {f"on hand {lag}": seen.scaled(on_hand[:, lag]) for lag in range(2)}
        columns |= {f"on hand {lag} known": known[:, lag] for lag in range(2)}
        columns |= {"on hand": seen.scaled(last), "on hand known": known.any(axis=1)}
        for span in SPANS:
            is_none = (on_hand[:, :span] <= 0) & known[:, :span]
            columns[f"without stock {span}"] = is_none.sum(axis=1) / np.maximum(known[:, :span].sum(axis=1), 1)
        columns |= {f"lasts {span}": np.log1p(np.maximum(last, 0) / (seen.mean(span) + 0.05 * seen.unit)) for span in (3, 6)}
    for name in ("received", "requested"):
        if name in seen.past.stock:
            moved = seen.window(seen.past.stock[name], max(SPANS))
            columns |= {f"{name} {lag}": seen.scaled(moved[:, lag]) for lag in range(2)}
            columns |= {f"{name} {lag} known": np.isfinite(moved[:, lag]) for lag in range(2)}
            moved = np.nan_to_num(moved)
            columns |= {f"{name} mean {span}": seen.scaled(moved[:, :span].mean(axis=1)) for span in SPANS}
            columns |= {f"{name} share {span}": (moved[:, :span] > 0).mean(axis=1) for span in SPANS}
    return columns


# ------------------------------------------------------------------ of its company and of the period ahead


def _company(seen: _Seen) -> Columns:
    """How the zone, the item, the parent, and the item in the parent go; and which item it is."""
    columns: Columns = {}
    for place, group in enumerate(seen.past.groups):
        for number, table in enumerate(group.tables):
            columns[f"group {place} {number}"] = table[group.code[seen.series], seen.origin]
    kind = seen.past.kind
    return {**columns, **{f"item {one}": kind[seen.series] == one for one in range(kind.max(initial=0) + 1)}}


def _coming(seen: _Seen, ahead: Ints) -> Columns:
    """(pair, horizon) what is known of the period ahead: how far it is, its season, its weekday and its regressors."""
    target = seen.origin[:, None] + ahead
    columns: Columns = {"ahead": np.log(np.minimum(ahead, seen.past.furthest))}
    if 0 < YEARS_FOR_SEASON * seen.past.season <= seen.past.length:
        then, now = _same_season(seen, target), _same_season(seen, seen.origin[:, None])
        columns |= {"year ago": seen.scaled(np.where(np.isfinite(then), then, seen.level[:, None]))}
        columns |= {"year ago known": np.isfinite(then)}
        columns |= {"now, year ago": seen.scaled(np.where(np.isfinite(now), now, seen.level[:, None])) + 0 * target}
    if 0 < YEARS_FOR_CALENDAR * seen.past.season <= seen.past.length:
        angle = 2 * np.pi * seen.past.days[target] / DAYS_PER_YEAR
        columns |= {"sine": np.sin(angle), "cosine": np.cos(angle)}
    if seen.past.week:
        columns |= _weekday(seen, target, ahead)
    for place, regressor in enumerate(seen.past.regressors):
        columns |= _regressor(seen, target, regressor, place)
    return columns


def _same_season(seen: _Seen, target: Ints) -> Floats:
    """(pair, horizon) mean around the same season of the years before, of what was known by the origin; empty where none was."""
    around = seen.past.season // 26
    total, count = np.zeros(target.shape), np.zeros(target.shape)
    latest = seen.origin[:, None] + 1
    for year in range(1, YEARS + 1):
        middle = target - year * seen.past.season
        first, last = (np.clip(end, 0, latest) for end in (middle - around, middle + around + 1))
        total += seen.past.sums[seen.series[:, None], last] - seen.past.sums[seen.series[:, None], first]
        count += seen.past.counts[seen.series[:, None], last] - seen.past.counts[seen.series[:, None], first]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _weekday(seen: _Seen, target: Ints, ahead: Ints) -> Columns:
    """Days: which day of the week the period ahead is, and the mean of the last such days."""
    lag = -ahead % seen.past.week
    total, count = np.zeros(ahead.shape), np.zeros(ahead.shape)
    rows = np.arange(len(ahead))[:, None]
    for before in range(0, WINDOW - seen.past.week, seen.past.week):
        total += seen.amounts[rows, lag + before]
        count += seen.known[rows, lag + before]
    mean = np.where(count > 0, total / np.maximum(count, 1), seen.level[:, None])
    day = seen.past.days[target].astype(int) % seen.past.week
    return {"same weekday": seen.scaled(mean), **{f"weekday {one}": day == one for one in range(seen.past.week)}}


def _regressor(seen: _Seen, target: Ints, regressor: Regressor, place: int) -> Columns:
    """A regressor then and now, against its mean and spread up to the origin."""
    centre, width = (table[seen.series, seen.origin][:, None] for table in (regressor.mean, regressor.spread))
    then, now = regressor.values[seen.series[:, None], target], regressor.values[seen.series, seen.origin][:, None]
    return {f"regressor {place}": (then - centre) / width, f"regressor {place} now": (now - centre) / width + 0 * target}


# ------------------------------------------------------------------ tables made once


def _usual(per_item: sparse.csr_array, filled: Floats) -> Floats:
    """(item, past) geometric mean so far of what is not zero, which one absurd value does not carry away; 0 before the first."""
    is_some = filled > 0
    logs = np.where(is_some, filled, 1.0)
    logs = (per_item @ np.log(logs, out=logs)).cumsum(axis=1)
    count = (per_item @ is_some.astype(float)).cumsum(axis=1)
    return np.where(count > 0, np.exp(logs / np.maximum(count, 1)), 0.0)


def _goings(filled: Floats, known: Bools, reported: Bools, started: Ints, usual: Floats) -> tuple[Singles, ...]:
    """(series, past): means of the last 12, 3 and 1 periods over what is usual for the item, reports, whether it has begun."""
    unit = np.where(usual > 0, usual, 1.0)
    means = []
    for span in (12, 3, 1):  # in place: of many series each table is a part of the memory
        mean = _rolling(filled, span)
        mean /= np.maximum(_rolling(known, span), 1)
        mean /= unit
        means.append(mean.astype(np.float32))
    has_begun = np.arange(filled.shape[1]) >= started[:, None]
    return (*means, (reported & has_begun).astype(np.float32), has_begun.astype(np.float32))


def _groups(codes: list[Ints], about: tuple[Singles, ...]) -> tuple[Group, ...]:
    return tuple(_group(code, about) for code in codes)


def _group(code: Ints, about: tuple[Singles, ...]) -> Group:
    """(group, past): log of the last 3 over the last 12 and of the last over the last 12, and the share that reported."""
    members = _members(code)
    year, quarter, last, reported, has_begun = (members @ table for table in about)
    ratios = [np.clip(np.log((now + LEAST_SHARE) / (year + LEAST_SHARE)), -2, 2) for now in (quarter, last)]
    return Group(code, tuple(table.astype(np.float32) for table in (*ratios, reported / np.maximum(has_begun, 1))))


def _so_far(values: Floats) -> Regressor:
    periods = np.arange(1, values.shape[1] + 1)
    mean = values.cumsum(axis=1) / periods
    spread = np.sqrt(np.maximum(np.square(values).cumsum(axis=1) / periods - np.square(mean), 0))
    spread[spread <= 1e-6 * np.abs(mean)] = np.inf
    return Regressor(*(table.astype(np.float32) for table in (values, mean, spread)))


def _rolling(values: npt.NDArray[Any], span: int) -> Floats:
    """(series, past) sums of the last `span` periods."""
    sums = np.cumsum(values, axis=1, dtype=float)
    sums[:, span:] -= sums[:, :-span].copy()
    return np.asarray(sums)


def _members(code: Ints) -> sparse.csr_array:
    """(series) group -> (group, series) ones where the series is in the group."""
    ones, series = np.ones(len(code), dtype=np.float32), np.arange(len(code))
    return sparse.csr_array((ones, (code, series)), shape=(int(code.max(initial=0)) + 1, len(code)))


def _codes(names: tuple[str, ...]) -> Ints:
    return np.asarray(np.unique(np.asarray(names, dtype=str), return_inverse=True)[1], dtype=np.intp)


def _commonest(code: Ints) -> Ints:
    """(series) item, renumbered from the most frequent on; -1 for those beyond MOST_ITEMS: no feature stands for them."""
    order = np.argsort(-np.bincount(code), kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return np.asarray(np.where(rank < MOST_ITEMS, rank, -1)[code], dtype=np.intp)


def _first(holds: Bools) -> Ints:
    """(row, place) -> (row) the first place where it holds; the number of places where it never does."""
    return np.asarray(np.where(holds.any(axis=1), holds.argmax(axis=1), holds.shape[1]), dtype=np.intp)


def _padded(values: Floats, unit: Floats) -> Singles:
    """(series, past) in item units -> (series, WINDOW + past) in `unit` (series, 1), empty before the start."""
    padded = np.full((len(values), WINDOW + values.shape[1]), np.nan, dtype=np.float32)
    np.divide(values, unit, out=padded[:, WINDOW:], casting="same_kind")
    return padded


def _sums(values: npt.NDArray[Any], kind: type[np.floating]) -> npt.NDArray[Any]:
    """(series, past) -> (series, past + 1) sums of all before each period."""
    sums = np.zeros((len(values), values.shape[1] + 1), dtype=kind)
    np.cumsum(values, axis=1, dtype=kind, out=sums[:, 1:])
    return sums
