"""Tables with a seeded fault in them, and what their text says, read by a reader of its own: strict, slow and plain.

`mutated(seed)` gives the bytes of a table and its name; `said(bytes)` the rows that text holds, for comparing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

Row = list[str]
WEEKS = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09")


@dataclass(frozen=True)
class Mutated:
    """A table with a fault: the input it is for, its bytes, its ending, the delimiter it had, and what was done to it."""

    input: str
    data: bytes
    suffix: str
    delimiter: str
    done: str


# ------------------------------------------------------------------ sound tables


def records(rng: Random, decimals: bool) -> list[Row]:
    """Header and 24 rows; with `decimals`, stock_end has two of them."""
    rows = [["zone", "item", "period", "distributed", "stock_end"]]
    for zone in ("Z-01", "Z-02", "Z-03", "Z-04"):
        for week in WEEKS:
            end = f"{rng.randrange(1, 900)}.{rng.randrange(10, 99)}" if decimals else str(rng.randrange(0, 5000))
            rows.append([zone, "kit", week, str(rng.randrange(0, 20_000)), end])
    return rows


def stock(rng: Random, decimals: bool) -> list[Row]:
    """Header and 12 rows of four depots and three items."""
    rows = [["depot", "item", "quantity", "expiry", "batch"]]
    for depot in ("D1", "D2", "D3", "D4"):
        for item in ("kit", "flour", "soap"):
            quantity = f"{rng.randrange(1, 9000)}.{rng.randrange(10, 99)}" if decimals else str(rng.randrange(0, 90_000))
            rows.append(
                [depot, item, quantity, f"2027-0{rng.randrange(1, 9)}-1{rng.randrange(0, 9)}", f"B{rng.randrange(100, 999)}"]
            )
    return rows


TABLES: dict[str, Callable[[Random, bool], list[Row]]] = {"records": records, "stock": stock}
NUMBERS = {"records": (3, 4), "stock": (2,)}
LINE_ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32", "cp037")


def mutated(seed: int) -> Mutated:
    """A table and its fault; the same seed gives the same bytes."""
    rng = Random(seed)  # noqa: S311 (a seeded choice)
    name = rng.choice(sorted(TABLES))
    decimals, delimiter = rng.random() < 0.5, rng.choice(",,;\t")
    rows = TABLES[name](rng, decimals)
    done = []
    for change in rng.sample(CELLS, rng.randrange(0, 3)):
        change(rng, rows, name)
        done.append(change.__name__)
    text = _written(rows, delimiter, rng.choice(LINE_ENDS) if rng.random() < 0.2 else "\n")
    for alter in rng.sample(LINES, rng.randrange(0, 2)):
        text = alter(rng, text, delimiter)
        done.append(alter.__name__)
    encoding = rng.choice(ENCODINGS) if rng.random() < 0.15 else "utf-8"
    data = text.encode(encoding, errors="replace")
    if rng.random() < 0.4 or not done:
        flip = rng.choice(BYTES)
        data = flip(rng, data)
        done.append(flip.__name__)
    return Mutated(name, data, ".csv", delimiter, f"{', '.join(done)} ({encoding})")


def _written(rows: list[Row], delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return text.getvalue()


# ------------------------------------------------------------------ faults in cells and rows


def _body(rng: Random, rows: list[Row]) -> int:
    return rng.randrange(1, len(rows))


def number_written_otherwise(rng: Random, rows: list[Row], name: str) -> None:
    for _ in range(rng.randrange(1, 5)):
        row, column = rng.choice(rows[1:]), rng.choice(NUMBERS[name])
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", row[column]):
            continue
        figure = float(row[column])
        whole = f"{figure:,.0f}"
        ways = [
            whole, whole.replace(",", "."), whole.replace(",", " "), whole.replace(",", "\u00a0"), whole.replace(",", "'"),
            f"{figure:.2f}", f"{figure:.2f}".replace(".", ","), f"{figure:.3f}", f"{figure:,.2f}", f"{figure:e}",
            f"{figure:,.1f}".translate({44: 46, 46: 44}), f"+{figure:g}", f"-{figure:g}", f"{figure:g} kits", f"~{figure:g}",
            f"{figure:g}-", f"({figure:g})", f"0{figure:.0f}", f"{figure:g}%", f"{figure:g}k",
            f"{figure:.0f}E3", f"{figure:.0f}e400",
        ]  # fmt: skip
        row[column] = rng.choice(ways)


def cell_emptied(rng: Random, rows: list[Row], name: str) -> None:
    row = rng.choice(rows[1:])
    row[rng.randrange(len(row))] = rng.choice(["", " ", "-", "n/a", "NaN", "inf", "None", "0"])


def cells_swapped(rng: Random, rows: list[Row], name: str) -> None:
    row = rng.choice(rows)
    a, b = rng.randrange(len(row)), rng.randrange(len(row))
    row[a], row[b] = row[b], row[a]


def cells_swapped_between_rows(rng: Random, rows: list[Row], name: str) -> None:
    one, other, column = rng.choice(rows[1:]), rng.choice(rows[1:]), rng.randrange(len(rows[0]))
    one[column], other[column] = other[column], one[column]


def date_written_otherwise(rng: Random, rows: list[Row], name: str) -> None:
    column = {"records": 2, "stock": 3}[name]
    row = rng.choice(rows[1:])
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", row[column])
    if found:
        year, month, day = found.groups()
        ways = [
            f"{day}/{month}/{year}",
            f"{month}/{day}/{year}",
            f"{year}/{month}/{day}",
            f"{year}{month}{day}",
            f"{day}.{month}.{year}",
        ]
        row[column] = rng.choice(
            [*ways, f"{year}-{month}", f"{year}-W0{month[1]}", f"{year}-02-30", f"{year}-13-01", "46388", year]
        )


def row_doubled(rng: Random, rows: list[Row], name: str) -> None:
    row = rng.choice(rows[1:])
    rows.insert(_body(rng, rows), list(row))


def row_doubled_and_changed(rng: Random, rows: list[Row], name: str) -> None:
    row = list(rng.choice(rows[1:]))
    row[NUMBERS[name][0]] = "77"
    rows.insert(_body(rng, rows), row)


def rows_shuffled(rng: Random, rows: list[Row], name: str) -> None:
    body = rows[1:]
    rng.shuffle(body)
    rows[1:] = body


def columns_shuffled(rng: Random, rows: list[Row], name: str) -> None:
    order = list(range(len(rows[0])))
    rng.shuffle(order)
    for row in rows:
        row[:] = [row[n] for n in order]


def header_misspelt(rng: Random, rows: list[Row], name: str) -> None:
    column = rng.randrange(len(rows[0]))
    word = rows[0][column]
    rows[0][column] = rng.choice([word.upper(), word + "s", word[:-1], f" {word} ", word.title(), word + "\u200b", ""])


def total_below(rng: Random, rows: list[Row], name: str) -> None:
    column = NUMBERS[name][0]
    row = [""] * len(rows[0])
    row[0], row[column] = rng.choice(["Total", "TOTAL", "Sum", "Grand total"]), "123456"
    rows.append(row)


def hostile_text(rng: Random, rows: list[Row], name: str) -> None:
    row = rng.choice(rows[1:])
    evil = [
        "=1+1",
        "<script>",
        "\u202eabc",
        "a\tb",
        'say "this"',
        "two\nlines",
        "\x07",
        "x" * 3000,
        "Z-01\u00a0",
        "\ue000",
        "\ue001",
        "\ufeff",
    ]
    row[rng.randrange(len(row))] = rng.choice(evil)


CELLS = [
    number_written_otherwise, number_written_otherwise, cell_emptied, cells_swapped, cells_swapped_between_rows,
    date_written_otherwise, row_doubled, row_doubled_and_changed, rows_shuffled, columns_shuffled, header_misspelt, total_below,
    hostile_text,
]  # fmt: skip


# ------------------------------------------------------------------ faults in lines


def delimiter_dropped(rng: Random, text: str, delimiter: str) -> str:
    places = [n for n, letter in enumerate(text) if letter == delimiter]
    place = rng.choice(places)
    return text[:place] + text[place + 1 :]


def delimiter_added(rng: Random, text: str, delimiter: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + delimiter + text[place:]


def delimiter_of_another_kind(rng: Random, text: str, delimiter: str) -> str:
    lines = text.split("\n")
    place = rng.randrange(len(lines))
    lines[place] = lines[place].replace(delimiter, rng.choice(",;\t|"))
    return "\n".join(lines)


def line_break_dropped(rng: Random, text: str, delimiter: str) -> str:
    places = [n for n, letter in enumerate(text) if letter == "\n"] or [0]
    place = rng.choice(places)
    return text[:place] + text[place + 1 :]


def line_broken(rng: Random, text: str, delimiter: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + "\n" + text[place:]


def quote_added(rng: Random, text: str, delimiter: str) -> str:
    for _ in range(rng.randrange(1, 3)):
        place = rng.randrange(len(text))
        text = text[:place] + '"' + text[place:]
    return text


def cut_off(rng: Random, text: str, delimiter: str) -> str:
    return text[: rng.randrange(1, len(text))]


def title_above(rng: Random, text: str, delimiter: str) -> str:
    return (
        rng.choice(["Report of January\n", "\n\n", f"Report{delimiter}of{delimiter}January\n", "sep=;\n", "#zone,#item\n"]) + text
    )


def note_below(rng: Random, text: str, delimiter: str) -> str:
    return text + rng.choice(
        ["Source: ministry\n", "\n* provisional figures of the field\n", f"{delimiter}{delimiter}\n", "end\n"]
    )


LINES = [
    delimiter_dropped, delimiter_added, delimiter_of_another_kind, line_break_dropped, line_broken, quote_added, cut_off,
    title_above, note_below,
]  # fmt: skip


# ------------------------------------------------------------------ faults in bytes


def bits_flipped(rng: Random, data: bytes) -> bytes:
    flipped = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def bytes_replaced(rng: Random, data: bytes) -> bytes:
    replaced = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        replaced[rng.randrange(len(replaced))] = rng.randrange(256)
    return bytes(replaced)


def digit_replaced(rng: Random, data: bytes) -> bytes:
    places = [n for n, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return data
    replaced = bytearray(data)
    replaced[rng.choice(places)] = rng.choice(b"0123456789.,- eE'")
    return bytes(replaced)


def slice_removed(rng: Random, data: bytes) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + data[place + rng.randrange(1, 40) :]


def slice_doubled(rng: Random, data: bytes) -> bytes:
    place, length = rng.randrange(len(data)), rng.randrange(1, 60)
    return data[: place + length] + data[place:]


BYTES = [bits_flipped, bytes_replaced, digit_replaced, digit_replaced, slice_removed, slice_doubled]


# ------------------------------------------------------------------ what the text says


@dataclass(frozen=True)
class Line:
    """A row of the text: where it starts and ends, and its cells."""

    first: int
    last: int
    cells: Row


def said(data: bytes, delimiter: str) -> list[Line]:
    """The rows of a text that is UTF-8, or else cp1252, or has a byte order mark; none when its quotes do not close."""
    return list(_rows(_decoded(data), delimiter))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-32", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    return data.decode("latin-1")


def _rows(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            return
        if row is None:
            return
        yield Line(before + 1, reader.line_num, [cell.strip() for cell in row])
        before = reader.line_num


PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}([ \u00a0\u202f\u2009'’.,][0-9]{2,3})*[ \u00a0\u202f\u2009'’.,][0-9]{3}")


def meanings(cell: str) -> set[float]:
    """Every number a person might read in a cell; none where it is no number, more than one where it is doubtful."""
    text = cell.replace("−", "-").replace("–", "-")
    found = {float(text)} if PLAIN.fullmatch(text) else set()
    for decimal in ".,":
        whole, mark, rest = text.partition(decimal)
        is_grouped = GROUPED.fullmatch(whole) and len({letter for letter in whole if not letter.isdigit()} - {"+", "-"}) == 1
        if (is_grouped or re.fullmatch("[+-]?[0-9]*", whole)) and (not mark or re.fullmatch("[0-9]+", rest)):
            digits = "".join(letter for letter in whole if letter.isdigit())
            if digits or rest:
                sign = "-" if text.startswith("-") else ""
                found.add(float(f"{sign}{digits or '0'}.{rest or '0'}"))
    return found
