"""From rasters to zones: each raster is read once in its life, as long as zones and settings stay what they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from forecast import geo, store
from forecast.errors import InputError, Problem, counted
from forecast.ingest._raster_settings import Settings
from forecast.ingest._scenes import Scene, opened
from forecast.ingest._sealed import Sealed
from forecast.kept import Kept, key_of
from forecast.schema import Floats, Reading

WITHOUT_MATTER = {"path", "delay_days", "as_of", "unit", "step", "date", "over_time", "per", "catchment_km"}


@dataclass(frozen=True)
class Row:
    """What one raster says: (zone) values and coverage, how many cells were outside the valid range, and one of them."""

    values: Floats
    coverage: Floats
    outside: int
    example: float


@dataclass
class Rows:
    """What rasters said, by the sha256 of the file and the layer: those kept from other runs, and those of this one."""

    kept: Kept
    key: str
    zones: int
    before: dict[str, Row] = field(default_factory=dict)
    now: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.kept.get(self.name, self.key)
        if found is None or not {"rows", "values", "coverage", "outside"} <= set(found):
            return
        rows, values, coverage, outside = (found[one] for one in ("rows", "values", "coverage", "outside"))
        if values.shape == coverage.shape == (len(rows), self.zones) and outside.shape == (len(rows), 2):
            parts = zip(rows.tolist(), values, coverage, outside, strict=True)
            self.before = {row: Row(value, seen, int(count), float(one)) for row, value, seen, (count, one) in parts}

    @property
    def name(self) -> str:
        return f"zones-{self.key[:16]}.npz"

    def keep(self) -> None:
        """Keep the rows of this run, and no others: so they are the same when made anew."""
        if not self.now or self.now.keys() == self.before.keys():
            return
        names = sorted(self.now)
        rows = [self.now[name] for name in names]
        arrays = {
            "rows": np.array(names),
            "values": np.array([row.values for row in rows]),
            "coverage": np.array([row.coverage for row in rows]),
            "outside": np.array([(row.outside, row.example) for row in rows], float),
        }
        self.kept.put(self.name, self.key, arrays)


def zones_of(
    scenes: list[Scene], zonal: geo.Zonal, settings: Settings, reading: Reading, sealed: Sealed, name: str, broken: list[Problem]
) -> tuple[Floats, Floats]:
    """(scene, zone) values and coverage; a raster that cannot be read is missing and noted, and refused when all are.

    `broken`: the problems of files found before.
    """
    values, coverage = np.full((len(scenes), len(zonal.zones)), np.nan), np.zeros((len(scenes), len(zonal.zones)))
    about = settings.model_dump_json(exclude=WITHOUT_MATTER)
    rows = Rows(reading.kept, key_of("zones", store.code_fingerprint(), zonal.key, about, name), len(zonal.zones))
    problems = list(broken)
    read: list[tuple[Scene, Row]] = []
    bar = tqdm(total=len(scenes), desc=name, unit="raster", delay=2, leave=False, disable=None)
    first = 0
    for path, together in itertools.groupby(scenes, key=lambda scene: scene.path):
        some = list(together)
        try:
            found = _of_file(path, some, rows, zonal, settings, reading, sealed, problems)
        except InputError as error:
            problems += error.problems
            found = {}
        for n, scene in enumerate(some, start=first):
            if scene in found:
                values[n], coverage[n] = found[scene].values, found[scene].coverage
                read.append((scene, found[scene]))
        first += len(some)
        bar.update(len(some))
    bar.close()
    problems = list(dict.fromkeys(problems))
    if problems and not read:
        raise InputError(problems)
    rows.keep()
    _tell(read, problems, settings, reading, sealed, name)
    return values, coverage


def _of_file(
    path: Path,
    scenes: list[Scene],
    rows: Rows,
    zonal: geo.Zonal,
    settings: Settings,
    reading: Reading,
    sealed: Sealed,
    problems: list[Problem],
) -> dict[Scene, Row]:
    """What the scenes of one file say; it is opened only for those that were not read before."""
    digest = sealed.digest(path)
    found = {scene: rows.before[row] for scene in scenes if (row := f"{digest}:{scene.layer}") in rows.before}
    if new := [scene for scene in scenes if scene not in found]:
        with opened(path, settings, reading.root) as stack:
            for scene in new:
                try:
                    found[scene] = _row(geo.Raster(stack, meaning(settings), scene.layer), zonal, settings)
                except InputError as error:
                    problems += error.problems
        sealed.refuse_replaced(path)
    rows.now.update({f"{digest}:{scene.layer}": row for scene, row in found.items()})
    return found


def _row(raster: geo.Raster, zonal: geo.Zonal, settings: Settings) -> Row:
    above = np.nan if settings.above is None else settings.above
    values, coverage = zonal.read(raster, settings.over_zone, above)
    return Row(values, coverage, raster.outside, raster.outside_example)


def meaning(settings: Settings) -> geo.Meaning:
    """What the cells of the rasters mean."""
    times, plus = settings.linear
    nothing = 0.0 if settings.no_value == "zero" else np.nan
    return geo.Meaning(settings.valid or (0.0, np.inf), settings.nodata, nothing, times, plus)


def _tell(
    read: list[tuple[Scene, Row]], problems: list[Problem], settings: Settings, reading: Reading, sealed: Sealed, name: str
) -> None:
    """A line each: what is missing, blank, out of range, without checksum, not kept; refuses rasters that are all blank."""
    outside = [(scene, row) for scene, row in read if row.outside]
    blank = [scene for scene, row in read if not row.coverage.any()]
    if settings.is_dated and read and len(blank) == len(read):
        such = f"; {outside[0][1].example:g} in {outside[0][0].title} is not valid" if outside else ""
        action = "See whether they lie over the zones, and whether `unit` and `valid` are theirs"
        raise InputError([*problems, Problem(f"signals.{name}", f"no raster holds a value over the zones{such}", action)])
    note = reading.ledger.problems.note
    for problem in problems:
        note(Problem(problem.file, problem.problem, f"Counts as missing. {problem.action}", value=problem.value))
    if blank:
        what = f"{len(blank)} rasters hold no value over the zones, such as {blank[0].title}"
        note(Problem(f"signals.{name}", what, "They count as missing"))
    if outside:
        cells, (lowest, highest) = sum(row.outside for _, row in outside), meaning(settings).valid
        what = f"{cells} cells of {len(outside)} rasters lie outside {lowest:g} .. {highest:g} {settings.unit}"
        example = f"{outside[0][1].example:g} in {outside[0][0].title}"
        note(Problem(f"signals.{name}", f"{what}, such as {example}", "They count as not seen", column="valid"))
    if sealed.open:
        files = counted(len(sealed.open), "file")
        such = f"no checksum stands beside {files} of rasters (<file>.sha256, or SHA256SUMS in the folder)"
        reading.ledger.remarks.append(f"{name}: integrity unverified: {such}.")
        reading.unverified[name] = len(sealed.open)
    if reading.kept.unwritten:
        reading.ledger.remarks.append(f"Not kept for the next run: {', '.join(reading.kept.unwritten)}.")
        reading.kept.unwritten.clear()
