"""The tables of `use: presence`, read as they were known on the issue date: subscribers by source, small counts suppressed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from forecast import as_of, geo
from forecast.convert import called_ours, problem_at, typed_cells, without_repeats
from forecast.convert import place as place_of
from forecast.errors import InputError, Problem, Problems, counted, few
from forecast.ingest import _old_codes, _small, table
from forecast.ingest._daily import by_step
from forecast.ingest._places import check_places, holders_of
from forecast.ingest._totals import is_total
from forecast.ingest._towers import NEAREST_KM, neighbours, parts_of
from forecast.schema import PRESENCE, TOWERS, Floats, Reading

EVERY = ("", "all", "any", "both", "combined", "tous", "toutes", "todos", "todas", "alle")  # operators together, beside totals


@dataclass(frozen=True)
class Read:
    """Sources (towers or zones, each of one operator) in order, and `rows`: `source, period, subscribers`, small ones empty.

    `shares` (zone, source); `near` (source, k), -1 for none; `holders` (source, source): 1 where the second holds the first;
    `what`: the tower, or the zone.
    """

    codes: npt.NDArray[np.object_]
    operators: npt.NDArray[np.object_]
    rows: pd.DataFrame
    shares: sparse.csr_array
    near: npt.NDArray[np.intp]
    holders: sparse.csr_array
    what: str

    @property
    def first(self) -> pd.Timestamp | None:
        """The step of the first row."""
        return self.rows["period"].min() if len(self.rows) else None

    def wide(self, steps: pd.DatetimeIndex) -> Floats:
        """(source, step) subscribers; NaN where nothing usable is counted."""
        return _wide(self.rows, "subscribers", len(self.codes), steps)

    def observed(self, steps: pd.DatetimeIndex) -> npt.NDArray[np.intp]:
        """The places of the steps that have any usable count."""
        return np.flatnonzero(~np.isnan(self.wide(steps)).all(axis=0))


def read(settings: Any, reading: Reading, zones: gpd.GeoDataFrame, name: str) -> Read:
    """The counts of `use: presence`. Raises InputError with all that is wrong with the tables."""
    own = by_step(reading, settings.step)
    presence = _presence(settings, own, name)
    sources = presence[["tower", "operator"]].drop_duplicates().sort_values(["tower", "operator"], ignore_index=True)
    codes, operators = sources["tower"].to_numpy(object), sources["operator"].to_numpy(object)
    if settings.towers:
        lat, lon, shares = _by_tower(settings, reading, zones, pd.Index(codes), name)
        holding = dict[int, list[int]]()
    else:
        lat, lon, shares = _by_zone(settings, reading, zones, pd.Index(codes), name)
        holding = _nested(zones, codes, operators)
    row = pd.Index(pd.MultiIndex.from_frame(sources)).get_indexer(pd.MultiIndex.from_frame(presence[["tower", "operator"]]))
    rows = presence.assign(source=row)[["source", "period", "subscribers"]]
    rows = _without_small(rows, _wholes(holding, codes, operators), settings.minimum_count, reading, name)
    is_used = np.asarray(shares.sum(axis=0)).ravel()[row] > 0  # what is not, such as a total by another name, is not hidden
    _small.veil(presence.assign(subscribers=rows["subscribers"])[is_used], reading)
    placed = np.isfinite(lat)
    near = np.full((len(codes), 1), -1)
    if placed.any():
        found = neighbours(lat[placed], lon[placed], operators[placed])
        near = np.full((len(codes), found.shape[1]), -1)
        near[placed] = np.where(found >= 0, np.flatnonzero(placed)[found], -1)
    pairs = np.array([(part, whole) for part, outer in sorted(holding.items()) for whole in outer], dtype=int).reshape(-1, 2)
    holders = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(codes), len(codes)))
    return Read(codes, operators, rows, shares, near, holders, "the tower" if settings.towers else "the zone")


# ------------------------------------------------------------------ sources


def _by_tower(
    settings: Any, reading: Reading, zones: gpd.GeoDataFrame, codes: pd.Index, name: str
) -> tuple[Floats, Floats, sparse.csr_array]:
    """Places of the towers, NaN where unknown or outside, and the part of each in each zone."""
    towers = _towers(settings, reading)
    _refuse_swapped(towers, zones)
    places = towers.set_index("tower")[["lat", "lon"]].reindex(codes)
    known = places["lat"].notna().to_numpy()
    _note(reading, name, codes[~known], "towers have counts but no place in the table of towers", "Left out; add them to it")
    lat, lon = (places[column].to_numpy(float, copy=True) for column in ("lat", "lon"))
    parts = parts_of(
        lat[known], lon[known], zones, reach_km=settings.reach_km, catchment_km=settings.catchment_km, by=settings.share_by
    )
    away = np.flatnonzero(known)[parts.outside]
    _note(reading, name, codes[away], f"towers lie more than {NEAREST_KM:g} km from any zone", "Left out")
    lat[away] = lon[away] = np.nan
    whole = sparse.lil_array((len(zones), len(codes)))
    whole[:, np.flatnonzero(known)] = parts.shares
    return lat, lon, sparse.csr_array(whole)


def _by_zone(
    settings: Any, reading: Reading, zones: gpd.GeoDataFrame, codes: pd.Index, name: str
) -> tuple[Floats, Floats, sparse.csr_array]:
    """Places of the zones counted, NaN where unknown or an old zone, and the part of each in the zones of today."""
    steps = _old_codes.checked(_old_codes.read_steps(settings.crosswalk, reading, zones.index, name), name)
    different = codes.unique()
    shares = _old_codes.shares_of(different, zones.index, steps)
    _old_codes.say_unknown(different, shares, "places with counts", reading, name)
    shares = sparse.csr_array(shares[:, different.get_indexer(codes)])  # several operators may count one zone
    places = zones.geometry.representative_point().reindex(codes)
    return places.y.to_numpy(float, copy=True), places.x.to_numpy(float, copy=True), shares


def _nested(zones: gpd.GeoDataFrame, codes: npt.NDArray[np.object_], operators: npt.NDArray[np.object_]) -> dict[int, list[int]]:
    """Sources that lie in others of their operator -> all that hold them: parents, and the polygon of a point."""
    row = {(code, operator): n for n, (code, operator) in enumerate(zip(codes, operators, strict=True))}
    holders = holders_of(zones)
    wholes: dict[int, list[int]] = {}
    for (code, operator), part in row.items():
        found = [row[outer, operator] for outer in holders.get(code, ()) if (outer, operator) in row]
        if found:
            wholes[part] = found
    return wholes


def _wholes(
    holding: dict[int, list[int]], codes: npt.NDArray[np.object_], operators: npt.NDArray[np.object_]
) -> dict[int, list[int]]:
    """Sources -> all that their subscribers are counted in once more: zones that hold them, and the sum of all operators."""
    is_sum = np.array([str(operator).casefold() in EVERY or is_total(str(operator)) for operator in operators], dtype=bool)
    sums: dict[object, list[int]] = {}
    for row in np.flatnonzero(is_sum).tolist():
        sums.setdefault(codes[row], []).append(row)
    found: dict[int, list[int]] = {}
    for row, code in enumerate(codes):
        outer = sorted({*holding.get(row, ()), *(one for one in sums.get(code, ()) if not is_sum[row])})
        outer = sorted({*outer, *(one for whole in outer for one in sums.get(codes[whole], ()))})
        if outer:
            found[row] = outer
    return found


# ------------------------------------------------------------------ tables


def _presence(settings: Any, reading: Reading, name: str) -> pd.DataFrame:
    """PRESENCE, bad rows set aside, as it was known on the issue date; refused where nothing usable is left of it."""
    problems, counts = Problems(), replace(PRESENCE, name=name)
    text = _small.read_unseen(settings, reading, name)
    there = [column for column in text.columns if column != "record"]
    for column in ("tower" if settings.towers else "zone", "subscribers"):
        if column not in text.columns:  # an empty count is unknown, a column that is not there a mistake
            action = f"Map it under 'columns:' of signals.{name}. Columns: {', '.join(there)}"
            file = min({place_of(record)[0] for record in text["record"]}, default=f"signals.{name}")
            problems.refuse(Problem(file, f"has no column {column}", action))
    problems.raise_if_refused()
    if not settings.towers:  # a zone is then what a tower is otherwise: what is counted
        attrs, text = text.attrs, text.drop(columns="tower", errors="ignore")
        text.attrs = attrs
        text = called_ours(text, "tower", "zone")
    known = as_of.known_rows(text, counts, reading, delay_days=settings.delay_days)
    presence = typed_cells(
        known, counts, problems,
        name=name, set_aside=True, period=reading.period, week_starts=reading.week_starts,
    )  # fmt: skip
    presence = as_of.latest_versions(presence, counts, reading, delay_days=settings.delay_days)
    presence = without_repeats(presence, counts, problems, set_aside=True)
    noted = _small.without_small_figures(problems.noted, text, counts.key, settings.minimum_count)
    if presence.empty and noted:
        problems.refused.extend(noted)
    problems.raise_if_refused()
    reading.ledger.problems.noted.extend(noted)
    return presence


def _towers(settings: Any, reading: Reading) -> pd.DataFrame:
    """TOWERS, bad rows refused, as they were known on the issue date."""
    problems = Problems()
    convert = partial(typed_cells, problems=problems, period=reading.period, week_starts=reading.week_starts)
    asked = table.Settings(path=settings.towers, columns=settings.tower_columns)
    places = as_of.known_rows(table.read(asked, reading, "towers"), TOWERS, reading)
    towers = as_of.latest_versions(convert(places, TOWERS, name="towers", set_aside=False), TOWERS, reading)
    towers = without_repeats(towers, TOWERS, problems, set_aside=False)
    if towers.empty and not problems.refused:
        problems.refuse(Problem(settings.towers, "has no rows", "Give the place of each tower"))
    check_places(towers, problems, "tower")
    problems.raise_if_refused()
    reading.ledger.problems.noted.extend(problems.noted)
    return towers


def _refuse_swapped(towers: pd.DataFrame, zones: gpd.GeoDataFrame) -> None:
    """Towers that lie far from the zones, and in one of them when lat and lon are swapped."""
    lat, lon = towers["lat"].to_numpy(float), towers["lon"].to_numpy(float)
    places = zones.geometry.representative_point()
    weight = 4 * len(towers)  # the zones say where the operation is
    far = geo.swapped(np.r_[np.tile(places.y, weight), lat], np.r_[np.tile(places.x, weight), lon])[-len(towers) :]
    suspect = towers[far & (np.abs(lon) <= 90)]
    swapped = suspect[geo.zone_at(suspect["lon"], suspect["lat"], zones, NEAREST_KM) != ""]
    what = "lies far from the zones, but in one of them when lat and lon are swapped"
    problems = [problem_at(towers, row, "tower", what, "Swap lat and lon") for row in swapped.index]
    if problems:
        raise InputError(problems)


# ------------------------------------------------------------------ small counts


def _without_small(rows: pd.DataFrame, wholes: dict[int, list[int]], smallest: int, reading: Reading, name: str) -> pd.DataFrame:
    """The rows, small counts empty, and with them those of what holds them; how many is noted."""
    values, small = _small.suppressed(rows["subscribers"].to_numpy(float), smallest)
    rows = rows.assign(subscribers=values)
    if small.any():
        what = f"{int(small.sum())} counts of fewer than {smallest} people"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Suppressed: empty, not 0", column="subscribers"))
    if wholes and small.any():
        steps = pd.DatetimeIndex(sorted(rows["period"].unique()))
        size = int(rows["source"].max()) + 1
        counts = _wide(rows, "subscribers", size, steps)
        was_small = _wide(rows.assign(small=small.astype(float)), "small", size, steps) == 1
        counts, more = _small.hide_wholes(counts, was_small, wholes)
        place = steps.get_indexer(pd.DatetimeIndex(rows["period"]))
        rows = rows.assign(subscribers=counts[rows["source"].to_numpy(int), place])
        if more:
            what = f"{counted(more, 'count')} that hold one that is suppressed"
            reading.ledger.problems.note(Problem(f"signals.{name}", what, "Suppressed too", column="subscribers"))
    return rows


def _wide(rows: pd.DataFrame, column: str, sources: int, steps: pd.DatetimeIndex) -> Floats:
    wide = np.full((sources, len(steps)), np.nan)
    place = steps.get_indexer(pd.DatetimeIndex(rows["period"]))
    within = place >= 0
    wide[rows["source"].to_numpy()[within], place[within]] = rows[column].to_numpy(float)[within]
    return wide


def _note(reading: Reading, name: str, concerned: pd.Index, what: str, action: str) -> None:
    if len(concerned):
        problem = f"{len(concerned)} {what} ({few(sorted(set(concerned)))})"
        reading.ledger.problems.note(Problem(f"signals.{name}", problem, action))
