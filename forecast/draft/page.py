"""The draft of a config as YAML with comments: what was guessed and why, what a person must decide, what was left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from forecast.draft import cells, guesses
from forecast.draft.guesses import FIGURES, Guess, ask
from forecast.draft.matching import Match
from forecast.draft.names import TONNES, plain
from forecast.schema import INPUT_TABLES

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # YAML would fold or refuse them
WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
FIGURE = ("covers", "kg_per_unit", "need_lapses", "issue_date")  # settings that are no text
LACKING = {"zones": "sites with lat and lon, or a map layer", "records": "past distributions by zone, item and period"}
ORDER = ("zones", "population", "records", "items", "depots", "stock")
HEAD = """\
# Drafted from the files of {folder}. Read it from top to bottom, once:
#   "TO DECIDE: ..."     write the value; until then nothing runs, since a wrong guess would change quantities silently
#   # guessed: ...       what was guessed, and from what; change it where it is wrong
# Then: forecast check {config}

title: What to send where
"""


def page(chosen: dict[str, Match], left_out: dict[str, str], folder: str, data: str, config: str) -> str:
    """Matches and what could not be placed -> the text of the config. `data`: the folder of files as seen from the config."""
    blocks = guesses.items(chosen)
    lines = [
        *HEAD.format(folder=folder, config=config).splitlines(),
        *_calendar(chosen, data),
        *_needs(blocks, has_table="items" in chosen),
        *_items(blocks),
        "",
        "publish:",
        '  producer: "" # who makes this plan; it stands on every page',
        *_left_out(left_out),
        *_inputs(chosen),
    ]
    return "\n".join(CONTROL.sub(" ", line) for line in lines) + "\n"  # a name may hold a line break


def _line(key: str, guess: Guess) -> str:
    value = guess.value if key.strip() in FIGURE and not guess.is_open else _word(guess.value)
    return f"{key}: {value}{f' # guessed: {guess.why}' if guess.why else ''}"


def _word(value: str) -> str:
    """Text in YAML: in quotes where YAML would read something else, such as a number, a date, yes or no."""
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


# ------------------------------------------------------------------ calendar, needs, items


def _calendar(chosen: dict[str, Match], data: str) -> Iterator[str]:
    found = guesses.calendar(chosen["records"]) if "records" in chosen else None
    if found is not None and found.issue_date is not None:
        yield _line("issue_date", found.issue_date) + "; leave the line out to use today"
    yield f"paths: {{data: {_word(data)}, runs: runs}}"
    yield ""
    yield "forecast:"
    yield _line("  period", found.period if found else ask("D, W or M: how far apart the reports lie"))
    if found is not None and found.week_starts is not None:
        yield _line("  week_starts", found.week_starts)
    yield "  horizon: 6 # periods ahead; guessed: change it as you plan"
    if not _knows_people(chosen):
        yield _line("  without_history", Guess("none", "no population was found, so nothing can be planned by people"))
    yield ""
    yield "plan:"
    yield "  period: W"
    yield "  horizon: 4 # weeks to plan for; guessed: change it as you plan"


def _knows_people(chosen: dict[str, Match]) -> bool:
    zones = (chosen["zones"], *chosen["zones"].others) if "zones" in chosen else ()
    return "population" in chosen or any("population_people" in one.columns for one in zones)


def _needs(blocks: dict[str, dict[str, Guess]], has_table: bool) -> Iterator[str]:
    """Planning figures of the needs that occur; of all of them where that is still to be decided."""
    named = {block["need"].value for block in blocks.values()}
    wanted = [need for need in FIGURES if need in named or has_table or not named <= FIGURES.keys()]
    if wanted:
        yield ""
        yield "# What one person needs in a day, and the floor that is shared out before anything else."
        yield "needs:"
    for need in wanted:
        yield f"  {need}:"
        yield from (f"    {key}: {value if key.endswith('per_day') else _word(value)}" for key, value in FIGURES[need].items())


def _items(blocks: dict[str, dict[str, Guess]]) -> Iterator[str]:
    if not blocks:
        return
    yield ""
    yield "# The goods. covers: how many need units (litres, kcal, consultations) one unit of it serves. Also possible here:"
    yield "# pack, kg_per_unit, m3_per_unit, keeps_days, need_lapses, substitutes, priority, carriage, model."
    yield "items:"
    for code, block in blocks.items():
        yield f"  {_word(code)}:"
        yield from (_line(f"    {name}", guess) for name, guess in block.items())


# ------------------------------------------------------------------ inputs


def _left_out(left_out: dict[str, str]) -> Iterator[str]:
    if left_out:
        yield ""
        yield "# Files that are not used, and why:"
        yield from (f"#   {name}: {why}" for name, why in sorted(left_out.items()))


def _inputs(chosen: dict[str, Match]) -> Iterator[str]:
    yield ""
    yield "# Where each table comes from; columns: our name -> the header of the file. Add further inputs at the end."
    yield "inputs:"
    for name, what in LACKING.items():
        if name not in chosen:
            path = ask(f"which file? None looks like {name}: {what}").value
            yield f"  {name}: {{use: {'points' if name == 'zones' else 'table'}, path: {_word(path)}}}"
    for name in sorted(chosen, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
        yield from _input(chosen[name])
    yield from _depots(guesses.depots(chosen))


def _depots(unplaced: dict[str, list[str]]) -> Iterator[str]:
    if unplaced:
        yield "  depots: # no file says where they are"
        yield "    use: table"
        yield "    assumed: written into the config, no file gives it"
        yield "    rows:"
    for code, files in unplaced.items():
        lat, lon = (_word(ask(f"{what} in degrees").value) for what in ("latitude", "longitude"))
        yield f"      - {{depot: {_word(code)}, lat: {lat}, lon: {lon}}} # named in {', '.join(files)}"


def _input(match: Match) -> Iterator[str]:
    yield f"  {match.input}:"
    if not match.others:
        yield from (f"    {line}" for line in _block(match))
        return
    for one in (match, *match.others):
        first, *rest = _block(one)
        yield f"    - {first}"
        yield from (f"      {line}" for line in rest)


def _block(match: Match) -> Iterator[str]:
    yield f"use: {'vector' if match.file.is_layer else 'points' if match.input == 'zones' else 'table'}"
    yield f"path: {_word(match.file.path)}"
    yield from (f"{name}: {_word(value)}" for name, value in match.file.settings.items() if name != "decimal")
    yield from _writing(match)
    renamed = {ours: header for ours, header in match.columns.items() if ours != header}
    if renamed:
        yield "columns:"
    for ours, header in renamed.items():
        if header == " + ".join(match.file.joined):
            yield f'  {ours}: {{join: [{", ".join(map(_word, match.file.joined))}], with: "-"}} # guessed: from their names'
            continue
        name = "population" if match.file.is_layer and ours == "population_people" else ours
        if ours == "payload_kg" and TONNES.search(plain(header)):
            yield f"  {ours}: {{column: {_word(header)}, times: 1000}} # guessed: tonnes, from its name"
            continue
        yield _line(f"  {name}", Guess(header, match.why.get(ours, "from its name")))
    if match.wide:
        codes = match.wide.codes
        pairs = ", ".join(f"{_word(header)}: {_word(code)}" for header, code in codes.items())
        cells_of = f"[{', '.join(map(_word, codes))}]" if match.wide.column == "period" else f"{{{pairs}}}"
        why = f"one column per {match.wide.column}, from their names"
        yield f"wide: {{{match.wide.column}: {cells_of}, value: {match.wide.value}}} # guessed: {why}"
    used = {*match.columns.values(), *(match.wide.codes if match.wide else ()), *match.file.joined, " + ".join(match.file.joined)}
    unused = [header for header in match.file.columns if header not in used]
    if unused:
        yield f"# not used: {', '.join(unused)}"


def _writing(match: Match) -> Iterator[str]:
    """How dates and numbers are written, where a file does not tell by itself."""
    if "decimal" in match.file.settings:
        yield _line("decimal", ask('how are decimals written here, "." or ","? Some numbers can be read both ways'))
    if match.input == "zones":
        return
    kinds = {column.name: column.kind for column in INPUT_TABLES[match.input].columns}
    there = [*match.columns, *([match.wide.column] if match.wide else [])]
    dates = [cells.order_of_dates(match.values(ours)) for ours in there if kinds[ours] in ("date", "period")]
    told = [(order, why) for order, why in dates if order in ("day_first", "month_first")]
    if told:
        yield _line("dates", Guess(*told[0]))
    elif any(order == "unsure" for order, _ in dates):
        yield _line("dates", ask("day_first or month_first? Every date of this file can be read both ways"))
    if any(cells.are_week_numbers(match.values(ours)) for ours in there if kinds[ours] == "period"):
        yield _line("epi_weeks", ask("the day weeks start on here: MON (ISO), SUN or SAT; the same as forecast.week_starts"))
    doubtful = _doubtful(match, [ours for ours in match.columns if kinds[ours] in ("number", "integer")])
    if doubtful and "decimal" not in match.file.settings:
        yield _line("decimal", ask(f'"." or ","? {doubtful} may be above or below one thousand'))


def _doubtful(match: Match, numbers: list[str]) -> str:
    """A number of the file that can be read both ways, where no other number of the file tells."""
    headers = [*(match.columns[ours] for ours in numbers), *(match.wide.codes if match.wide else ())]
    columns = [match.file.frame[header] for header in headers]
    return "" if any(map(cells.tells_decimals, columns)) else next(filter(None, map(cells.doubtful, columns)), "")
