"""Which models forecast an item, by backtest: rolling origins over what is known, CRPS first.

Each candidate forecasts what was recorded after several past origins, knowing nothing later. The quantiles of all are averaged
with weights that scored well there, and stretched where they were too narrow or too wide (`weighing`). With few origins little
is learnt: the weights start from what holds without any evidence (the pooled model has the more votes the more values it can
learn from), those of an item from those of all items. Models that fit series by series are tried on some of them, as many as
`choice.seconds` allow, beside the others on the same series; they are taken only if a night stays short enough, and the ledger
says what was not tried.

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

from forecast import periods, scores, store, weighing
from forecast.asking import Choice, ask, choice_of
from forecast.config import Plugin
from forecast.histories import Known, of_item, together
from forecast.kept import Kept, key_of
from forecast.schema import TOGETHER, Floats, History, Ledger, Trial

SAMPLES = 40  # of a path, to be judged
MOST_SERIES = 400  # of an item are judged
FEWEST_SERIES = 8  # that a slow model is judged on
MOST_CELLS, MOST_OF_ITEM = 8000, 2400  # that the weights are learnt from: for all items, and for one
VOTES = {"empirical": 2.0, "smoothing": 0.6, "intermittent": 0.6}  # without any evidence; one by one, not pooled
OTHERS_VOTES, SLOW_SHARE = 0.15, 0.05
VALUES_PER_VOTE, LEAST_VOTES, MOST_VOTES = 5_000, 1.0, 20.0  # of a model that learns from all series at once
LEAST_PRIOR = 0.002  # an item may take what others did not
YARDSTICK = Plugin(use="moving_average")  # stands in where a candidate has no answer; scores are told relative to its own
Paths = npt.NDArray[np.float32]
Mix = dict[str, float]


def choose(known: Known, items: Sequence[str], kept: Kept, ledger: Ledger) -> Choice:
    """One choice for all `items`: an ensemble whose weights differ by item; what was tried goes to `ledger.trials`.

    Where too little is known to try anything, the weights are those without any evidence, and the ledger says so.
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
    widths = {trial.item: trial.width for trial in trials if trial.width != 1}
    names = sorted({name for share in shares.values() for name in share})
    members = [{"use": candidates[name].name, **candidates[name].given, "label": name} for name in names]
    signals = [signal for name in names for signal in candidates[name].signals]
    plugin = Plugin.model_validate({"use": "ensemble", "members": members, "shares": shares, "widths": widths})
    return choice_of(plugin, "forecast.choice", signals)


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
    """Candidates on the same cells: `item` (cell), `origin` (cell), `level` (cell) of its series by the yardstick, `seen` (cell),
    and `paths` name -> (cell, sample) in ascending order.

    A candidate that was not asked for a cell has NaN there.
    """

    item: npt.NDArray[np.object_]
    origin: npt.NDArray[np.intp]
    level: Floats
    seen: Floats
    paths: dict[str, Paths]

    @property
    def in_whole(self) -> bool:
        """Whether all that was seen is whole numbers: then so is what is forecast."""
        return bool((self.seen % 1 == 0).all())

    def averaged(self, mix: Mix) -> Floats:
        """(cell, sample) the average of the members' quantiles."""
        return np.asarray(np.square(np.sum([share * weighing.roots(self.paths[name]) for name, share in mix.items()], axis=0)))

    def forecast(self, mix: Mix, width: float = 1.0) -> Floats:
        """(cell, sample) the same as it is forecast: stretched, and in whole numbers where all that was seen is."""
        found = weighing.stretched(self.averaged(mix), width)
        return weighing.whole(found) if self.in_whole else found

    def loss(self, mix: Mix) -> Floats:
        """(cell) CRPS; NaN where a member was not asked."""
        return scores.crps(self.forecast(mix), self.seen)

    def of(self, item: str) -> _Tried:
        """The cells of one item."""
        return self.at(self.item == item)

    def at(self, where: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Tried:
        paths = {name: paths[where] for name, paths in self.paths.items()}
        return _Tried(self.item[where], self.origin[where], self.level[where], self.seen[where], paths)

    def forecast_by(self, mix: Mix) -> _Tried:
        """The cells for which all members were asked."""
        return self.at(np.asarray(np.isfinite(self.averaged(mix)).all(axis=1)))

    def some(self, most: int) -> _Tried:
        """At most so many cells, evenly spread."""
        if len(self.seen) <= most:
            return self
        return self.at(np.linspace(0, len(self.seen) - 1, most).round().astype(np.intp))

    @classmethod
    def joined(cls, parts: Sequence[_Tried]) -> _Tried:
        item, level, seen = (np.concatenate([getattr(part, name) for part in parts]) for name in ("item", "level", "seen"))
        origin = np.repeat(np.arange(len(parts)), [len(part.seen) for part in parts])
        names = parts[0].paths
        return cls(item, origin, level, seen, {name: np.concatenate([part.paths[name] for part in parts]) for name in names})


def _trials(known: Known, items: Sequence[str], candidates: Mapping[str, Choice]) -> list[Trial]:
    """A trial per item and candidate, with its score and the share it gets."""
    settings = known.config.forecast
    yardstick = next(iter(candidates))
    untils = origins(len(known.periods), settings.choice.origins, settings.horizon, max(settings.norm_after, settings.horizon))
    reasons = {name: _not_tried(known, items, candidate, len(untils)) for name, candidate in candidates.items()}
    if not untils:
        share = _without_evidence(candidates, _votes(known, items))
        why = f"not tried: {_counted(len(known.periods))} too few to look back {settings.horizon}"
        return [Trial(item, name, 0, np.nan, np.nan, np.nan, share.get(name, 0.0), why) for item in items for name in candidates]
    tried = _try_all(known, items, {name: one for name, one in candidates.items() if not reasons[name]}, untils)
    too_slow = {name for name in tried.paths if _nightly(known, items, candidates[name]) > settings.choice.nightly_seconds}
    weigher = _Weigher(tried, {name: candidates[name] for name in tried.paths if name not in too_slow}, _votes(known, items))
    found = []
    for item in items:
        cells = tried.of(item)
        mix, width = weigher.best(cells)
        for name in candidates:
            note = reasons[name] or ("too slow for every night (choice.nightly_seconds)" if name in too_slow else "")
            found.append(_trial(item, name, cells, {name: 1.0}, yardstick, mix.get(name, 0.0), note))
        if len(mix) > 1 or width != 1:
            together = _trial(item, TOGETHER, cells, mix, yardstick, 0.0, "what is taken, by its shares", width)
            found.append(together)
    return found


def _votes(known: Known, items: Sequence[str]) -> float:
    """Of a pooled model: the more values it can learn from, the more it is worth before anything is tried."""
    values = known.panel["distributed"].values[:, [known.place(item) for item in items]]
    return float(np.clip(np.isfinite(values).sum() / VALUES_PER_VOTE, LEAST_VOTES, MOST_VOTES))


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
    return _Tried.joined(parts)


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
    """Flat cells of one origin that were recorded and that the yardstick, the first, forecasts."""
    first = next(iter(paths.values()))
    usable = np.isfinite(truth) & np.isfinite(first).all(axis=2)
    item = np.repeat(np.asarray(items, dtype=object)[:, None], truth.shape[1], axis=1)[usable]
    level = np.repeat(first.mean(axis=(1, 2))[:, None], truth.shape[1], axis=1)[usable]
    in_order = {name: np.sort(found[usable], axis=1).astype(np.float32) for name, found in paths.items()}
    return _Tried(item, np.zeros(len(item), dtype=np.intp), level, truth[usable], in_order)


# ------------------------------------------------------------------ choosing


class _Weigher:
    """Weights of candidates and the width of their average: for all items together, from there for each, then with the slow ones.

    `votes`: of a model that learns from all series at once.
    """

    def __init__(self, everything: _Tried, candidates: Mapping[str, Choice], votes: float) -> None:
        prior = _prior(candidates, votes)
        self.fast, self.slow = list(prior), [name for name in candidates if name not in prior]
        self.overall = self._weights(everything, self.fast, np.array(list(prior.values())), MOST_CELLS)

    def best(self, cells: _Tried) -> tuple[Mix, float]:
        """The members for an item with their shares, and the width of their average."""
        names, found = self.fast, self._weights(cells, self.fast, np.maximum(self.overall, LEAST_PRIOR), MOST_OF_ITEM)
        slow = [name for name in self.slow if np.isfinite(cells.paths[name]).any()]
        if slow:
            names, count = [*names, *slow], len(slow)
            prior = np.append(np.maximum(found, LEAST_PRIOR) * (1 - SLOW_SHARE * count), np.full(count, SLOW_SHARE))
            asked = cells.at(np.asarray(np.isfinite([cells.paths[name][:, 0] for name in slow]).all(axis=0)))
            found = self._weights(asked, names, prior, MOST_OF_ITEM)
        mix = {name: float(share) for name, share in zip(names, weighing.in_parts(found), strict=True) if share}
        return mix, self._width(cells, mix)

    def _weights(self, cells: _Tried, names: Sequence[str], prior: Floats, most: int) -> Floats:
        cells = cells.some(most)
        origins = len(np.unique(cells.origin))
        if not origins:
            return np.asarray(prior / prior.sum())
        paths = np.stack([cells.paths[name].astype(float) for name in names])
        pairs = paths.reshape(*paths.shape[:2], -1, 2).mean(axis=3)  # half as many levels, at their midpoints
        return weighing.weights(pairs, cells.seen, self._importance(cells), prior, origins)

    def _width(self, cells: _Tried, mix: Mix) -> float:
        cells = cells.forecast_by(mix).some(MOST_OF_ITEM)
        origins = len(np.unique(cells.origin))
        if not origins:
            return 1.0
        return weighing.width(cells.averaged(mix), cells.seen, self._importance(cells), origins, in_whole=cells.in_whole)

    def _importance(self, cells: _Tried) -> Floats:
        """(cell) how much a loss counts: each item as much as any other, and of an item each origin."""
        usual = np.mean([cells.loss({name: 1.0}) for name in self.fast], axis=0)
        found, items = np.zeros(len(usual)), np.unique(cells.item.astype(str))
        for item in items:
            own = cells.item.astype(str) == item
            found[own] = weighing.importance(usual[own], cells.level[own], cells.origin[own]) / len(items)
        return found


def _prior(candidates: Mapping[str, Choice], votes: float) -> Mix:
    """What each candidate that does not fit series by series is worth before anything is tried."""
    fast = {name: one for name, one in candidates.items() if not one.is_slow}
    return {name: votes if one.is_pooled else VOTES.get(name, OTHERS_VOTES) for name, one in fast.items()}


def _without_evidence(candidates: Mapping[str, Choice], votes: float) -> Mix:
    """The shares where nothing could be tried."""
    prior = _prior(candidates, votes)
    parts = weighing.in_parts(np.array(list(prior.values())) / sum(prior.values()))
    return {name: float(part) for name, part in zip(prior, parts, strict=True)}


def _trial(item: str, name: str, cells: _Tried, mix: Mix, yardstick: str, share: float, note: str, width: float = 1.0) -> Trial:
    if not all(member in cells.paths for member in mix):
        return Trial(item, name, 0, np.nan, np.nan, np.nan, share, note)
    known = cells.forecast_by(mix)
    paths, seen = known.forecast(mix, width), known.seen
    loss, usual = scores.mean(scores.crps(paths, seen)), scores.mean(known.loss({yardstick: 1.0}))
    relative = scores.ratio(loss, usual) if usual > 0 else (1.0 if len(seen) else np.nan)
    return Trial(item, name, len(seen), loss, relative, scores.coverage(paths, seen, 0.8), share, note, width)
