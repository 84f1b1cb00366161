"""Which model forecasts an item, by backtest: rolling origins over what is known, CRPS first.

Each candidate forecasts what was recorded after several past origins, knowing nothing later. The best for an item is taken, and
others are added to it as long as the average of their quantiles scores clearly better (forward selection with replacement:
Caruana, Niculescu-Mizil, Crew, Ksikes, Ensemble selection from libraries of models, 2004). An item with few cells leans on what
holds for all items. Models that fit series by series are tried on some of them, as many as `choice.seconds` allow,
beside the others on the same series; they are taken only if a night stays short enough, and the ledger says what was not tried.

The choice follows from the panel as it was at the start of the week and from the config, so that it holds for a week. It may be
kept, and is the same when made anew.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from forecast import periods, scores, store
from forecast.asking import Choice, ask, choice_of
from forecast.config import Plugin
from forecast.histories import Known, of_item, together
from forecast.kept import Kept, key_of
from forecast.schema import TOGETHER, Floats, History, Ledger, Trial

SAMPLES = 40  # of a path, to be judged
MOST_SERIES = 400  # of an item are judged
FEWEST_SERIES = 8  # that a slow model is judged on
MOST_CELLS = 8000  # that stand for all items
LEANING = 150  # cells: an item with as many leans on all items by half
CLEARLY = 0.995  # what another member must bring the score down to
MOST_MEMBERS = 4
YARDSTICK = Plugin(use="moving_average")  # stands in where a candidate has no answer; scores are told relative to its own
Paths = npt.NDArray[np.float32]
Mix = tuple[str, ...]


def choose(known: Known, items: Sequence[str], kept: Kept, ledger: Ledger) -> Choice:
    """One choice for all `items`: an ensemble whose weights differ by item; what was tried goes to `ledger.trials`.

    Where too little is known to try anything, the yardstick is taken, and the ledger says so.
    """
    candidates = _candidates(known)
    known = _at_the_start_of_the_week(known)
    key = key_of(store.code_fingerprint(), known.config.forecast.model_dump_json(), *items, *_content(known))
    remembered = kept.get("choice.npz", key)
    if remembered is None:
        trials = _trials(known, items, candidates)
        kept.put("choice.npz", key, {"trials": np.array(json.dumps([asdict(trial) for trial in trials]))})
    else:
        trials = [Trial(**facts) for facts in json.loads(str(remembered["trials"]))]
    ledger.trials.extend(trials)
    shares = {item: {trial.model: trial.share for trial in trials if trial.item == item and trial.share} for item in items}
    names = sorted({name for share in shares.values() for name in share})
    members = [{"use": candidates[name].name, **candidates[name].given, "label": name} for name in names]
    signals = [signal for name in names for signal in candidates[name].signals]
    return choice_of(Plugin.model_validate({"use": "ensemble", "members": members, "shares": shares}), "forecast.choice", signals)


def _candidates(known: Known) -> dict[str, Choice]:
    """Name -> candidate, the yardstick first."""
    signals = list(map(str, known.inputs.signals.data_vars))
    plugins = [YARDSTICK, *known.config.forecast.choice.candidates]
    return {_name(plugin): choice_of(plugin, "forecast.choice.candidates", signals) for plugin in plugins}


def _name(plugin: Plugin) -> str:
    """The model and what sets it apart: `moving_average (periods 12)`."""
    set_apart = ", ".join(f"{name} {value}" for name, value in sorted(plugin.settings.items()))
    return plugin.use + (f" ({set_apart})" if set_apart else "")


# ------------------------------------------------------------------ what is known, and when


def _at_the_start_of_the_week(known: Known) -> Known:
    """What was known of complete periods when the week of the issue date began."""
    step, starts = known.config.forecast.period, known.config.forecast.week_starts
    today = known.ahead(len(known.periods))[0]
    ends = pd.DatetimeIndex([periods.step(start, 1, step) for start in known.periods])
    until = int((ends <= periods.start_of(today, "W", starts)).sum())
    return replace(known, panel=known.panel.isel(period=slice(0, max(until, 1))), people=known.people[:, :, : max(until, 1)])


def _content(known: Known) -> Iterator[bytes]:
    """Everything of the panel that a choice may depend on."""
    for name in sorted(map(str, known.panel.variables)):
        values = known.panel[name].values
        yield name.encode()
        yield "\n".join(map(str, values.ravel())).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes()
    yield known.people.tobytes()


def origins(count: int, wanted: int, horizon: int, fewest: int) -> list[int]:
    """How many of `count` periods are known at each origin, the latest first: all of the horizon after it is known too."""
    latest = count - horizon
    if latest < fewest:
        return []
    apart = max(1, min(horizon, (latest - fewest) // max(wanted - 1, 1)))
    return list(range(latest, fewest - 1, -apart))[:wanted]


# ------------------------------------------------------------------ trying


@dataclass(frozen=True)
class _Tried:
    """Candidates on the same cells: `item` (cell), `seen` (cell), and `paths` name -> (cell, sample) in ascending order.

    A candidate that was not asked for a cell has NaN there.
    """

    item: npt.NDArray[np.object_]
    seen: Floats
    paths: dict[str, Paths]

    def averaged(self, mix: Mix) -> Floats:
        """(cell, sample) the average of the members' quantiles; whole numbers where all that was seen is, as in the forecast."""
        found = np.mean([self.paths[name] for name in mix], axis=0, dtype=float)
        in_whole = bool((self.seen % 1 == 0).all())
        return np.floor(found + (np.arange(SAMPLES) + 0.5) / SAMPLES) if in_whole else np.asarray(found)

    def of(self, item: str) -> _Tried:
        """The cells of one item."""
        return self.at(self.item == item)

    def with_mean(self, mix: Mix) -> _Tried:
        """The same with the average of a mix, under the name TOGETHER."""
        return replace(self, paths={**self.paths, TOGETHER: self.averaged(mix).astype(np.float32)})

    def at(self, where: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Tried:
        return _Tried(self.item[where], self.seen[where], {name: paths[where] for name, paths in self.paths.items()})


def _trials(known: Known, items: Sequence[str], candidates: Mapping[str, Choice]) -> list[Trial]:
    """A trial per item and candidate, with its score and the share it gets."""
    settings = known.config.forecast
    yardstick = next(iter(candidates))
    untils = origins(len(known.periods), settings.choice.origins, settings.horizon, max(settings.norm_after, settings.horizon))
    reasons = {name: _not_tried(known, items, candidate, len(untils)) for name, candidate in candidates.items()}
    if not untils:
        share = {name: float(name == yardstick) for name in candidates}
        why = f"not tried: {_counted(len(known.periods))} too few to look back {settings.horizon}"
        return [Trial(item, name, 0, np.nan, np.nan, np.nan, share[name], why) for item in items for name in candidates]
    tried = _try_all(known, items, {name: one for name, one in candidates.items() if not reasons[name]}, untils)
    some = tried.at(np.linspace(0, len(tried.seen) - 1, min(len(tried.seen), MOST_CELLS)).round().astype(int))
    too_slow = {name for name in tried.paths if _nightly(known, items, candidates[name]) > settings.choice.nightly_seconds}
    selection = _Selection(some, yardstick, frozenset(too_slow))
    found = []
    for item in items:
        cells = tried.of(item)
        mix = selection.best(cells)
        for name in candidates:
            note = reasons[name] or ("too slow for every night (choice.nightly_seconds)" if name in too_slow else "")
            found.append(_trial(item, name, cells, yardstick, mix.count(name) / len(mix), note))
        if len(set(mix)) > 1:
            found.append(_trial(item, TOGETHER, cells.with_mean(mix), yardstick, 0.0, "what is taken, by its shares"))
    return found


def _not_tried(known: Known, items: Sequence[str], candidate: Choice, count: int) -> str:
    """Why a candidate is not worth trying here; empty if it is."""
    if not candidate.is_slow or not count:
        return ""
    needed = candidate.years * periods.PER_YEAR[known.config.forecast.period]
    if len(known.periods) < needed:
        return f"not tried: {_counted(len(known.periods))} known, it needs {needed:g}"
    if _affordable(known, items, candidate, count) < FEWEST_SERIES:
        return "not tried: it would take longer than choice.seconds"
    return ""


def _counted(count: int) -> str:
    return "1 period is" if count == 1 else f"{count} periods are"


def _affordable(known: Known, items: Sequence[str], candidate: Choice, count: int) -> int:
    """On how many series of each item a slow candidate is tried; by its usual seconds, so that the machine does not matter."""
    return int(known.config.forecast.choice.seconds / (candidate.seconds * count * len(items)))


def _nightly(known: Known, items: Sequence[str], candidate: Choice) -> float:
    """Usual seconds of a night with a candidate for all series."""
    return 2 * candidate.seconds * len(items) * len(known.panel.indexes["zone"]) if candidate.is_slow else 0.0


def _try_all(known: Known, items: Sequence[str], candidates: Mapping[str, Choice], untils: Sequence[int]) -> _Tried:
    recorded = known.values("distributed")
    parts = []
    bar = tqdm(total=len(untils) * len(candidates), desc="choosing models", unit="try", disable=None, delay=2, leave=False)
    with bar:
        for until in untils:
            histories, seen = [], []
            for item in items:
                values = recorded[:, known.place(item)]
                series = _judged(known, item, values[:, :until])
                seen.append(values[series, until : until + known.config.forecast.horizon])
                histories.append((item, series))
            truth = np.concatenate(seen)
            paths: dict[str, Floats] = {}
            pasts: dict[str, History] = {}  # by the signals asked for: most candidates ask for none
            for name, candidate in candidates.items():
                asked = repr(candidate.signals)
                if asked not in pasts:
                    pasts[asked] = _past(known, histories, recorded, candidate, until)
                past = pasts[asked]
                instead = next(iter(paths.values()), np.full((*truth.shape, SAMPLES), np.nan))
                paths[name] = _asked(candidate, past, _affordable(known, items, candidate, len(untils)), instead)
                bar.update()
            parts.append(_cells(past.items, truth, paths))
    return _Tried(
        np.concatenate([part.item for part in parts]),
        np.concatenate([part.seen for part in parts]),
        {name: np.concatenate([part.paths[name] for part in parts]) for name in candidates},
    )


def _judged(known: Known, item: str, past: Floats) -> npt.NDArray[np.intp]:
    """The series of an item that are judged: with enough known periods; of many, always the same ones, mixed by name."""
    enough = np.flatnonzero(np.isfinite(past).sum(axis=1) >= known.config.forecast.norm_after)
    zones = known.panel.indexes["zone"]
    mixed = sorted(enough.tolist(), key=lambda zone: (zlib.crc32(f"{item}/{zones[zone]}".encode()), zone))
    return np.asarray(mixed[:MOST_SERIES], dtype=np.intp)


def _past(
    known: Known, series: Sequence[tuple[str, npt.NDArray[np.intp]]], recorded: Floats, candidate: Choice, until: int
) -> History:
    histories = [
        of_item(known, item, "distributed", recorded[:, known.place(item)], candidate.signals, until, by_figure=True).only(places)
        for item, places in series
    ]
    return together(histories)


def _asked(candidate: Choice, past: History, most: int, instead: Floats) -> Floats:
    """(series, horizon, sample); `instead` stands in for a series that it cannot forecast.

    A slow candidate is asked for the first `most` series of each item only; the others are NaN.
    """
    places = past.by_item().values()
    wanted = np.concatenate([some[: most if candidate.is_slow else None] for some in places])
    answers = ask(candidate, past.only(wanted), SAMPLES)
    found = np.full(instead.shape, np.nan)
    found[wanted] = np.where(np.isfinite(answers).all(axis=(1, 2), keepdims=True), answers, instead[wanted])
    return found


def _cells(items: Sequence[str], truth: Floats, paths: Mapping[str, Floats]) -> _Tried:
    """Flat cells that were recorded and that the yardstick, the first, forecasts."""
    first = next(iter(paths.values()))
    usable = np.isfinite(truth) & np.isfinite(first).all(axis=2)
    item = np.repeat(np.asarray(items, dtype=object)[:, None], truth.shape[1], axis=1)[usable]
    return _Tried(item, truth[usable], {name: np.sort(found[usable], axis=1).astype(np.float32) for name, found in paths.items()})


# ------------------------------------------------------------------ choosing


class _Selection:
    """Forward selection of members by the mean CRPS of the average of their quantiles."""

    def __init__(self, everything: _Tried, yardstick: str, barred: frozenset[str]) -> None:
        self.everything, self.yardstick = everything, yardstick
        self.names = [name for name in everything.paths if name not in barred]
        self._overall: dict[tuple[Mix, Mix], float] = {}

    def best(self, cells: _Tried) -> Mix:
        """The members for an item, a name as often as its share."""
        weight = len(cells.seen) / (len(cells.seen) + LEANING)
        mix: Mix = ()
        while len(mix) < MOST_MEMBERS:
            gains = {name: self._gain(cells, mix, name, weight) for name in self.names}
            name = min(gains, key=lambda one: (gains[one], self.names.index(one)))
            if mix and gains[name] > CLEARLY:
                break
            mix = (*mix, name)
        return mix

    def _gain(self, cells: _Tried, mix: Mix, name: str, weight: float) -> float:
        """Score with the new member over the score before, on the item's own cells and, leaning, on all."""
        more = tuple(sorted((*mix, name)))
        before = mix or (self.yardstick,)
        if (before, more) not in self._overall:
            self._overall[before, more] = _ratio(self.everything, before, more)
        overall, own = self._overall[before, more], _ratio(cells, before, more)
        return weight * own + (1 - weight) * overall if np.isfinite(own) else overall


def _ratio(cells: _Tried, before: Mix, after: Mix) -> float:
    """Mean CRPS of one mix over that of another, each item counted relative to its own, on cells that both forecast."""
    one, other = (cells.averaged(mix) for mix in (before, after))
    both = np.isfinite(one[:, 0]) & np.isfinite(other[:, 0])
    if not both.any():
        return float("nan")
    losses = [scores.crps(paths[both], cells.seen[both]) for paths in (one, other)]
    _, item = np.unique(cells.item[both].astype(str), return_inverse=True)
    usual = np.bincount(item, losses[0]) / np.bincount(item)
    size = np.where(usual > 0, usual, 1)[item]
    totals = [float((loss / size).sum()) for loss in losses]
    return totals[1] / totals[0] if totals[0] > 0 else 1.0


def _trial(item: str, name: str, cells: _Tried, yardstick: str, share: float, note: str) -> Trial:
    if name not in cells.paths:
        return Trial(item, name, 0, np.nan, np.nan, np.nan, share, note)
    known = np.isfinite(cells.paths[name][:, 0])
    paths, seen = cells.averaged((name,))[known], cells.seen[known]
    loss = scores.mean(scores.crps(paths, seen))
    return Trial(
        item, name, int(known.sum()), loss, _ratio(cells, (yardstick,), (name,)), scores.coverage(paths, seen, 0.8), share, note
    )
