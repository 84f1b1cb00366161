"""Files that are small, or look harmless, and would fill the memory of a program that trusts them."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MB = 1_000_000
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="stock" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    ),
    SHEET: f'<worksheet xmlns="{MAIN}"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>',
    STRINGS: f'<sst xmlns="{MAIN}"><si><t>depot</t></si></sst>',
}
ROW = b'<row><c t="inlineStr"><is><t>D1</t></is></c><c t="inlineStr"><is><t>kit</t></is></c><c><v>1</v></c></row>'
STRING = b"<si><t>the same again and again and again and again</t></si>"


def archive(path: Path, parts: dict[str, str]) -> None:
    """A zip archive of texts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)


def workbook(path: Path, part: str, unit: bytes, size: int) -> None:
    """A workbook in which `part` is `unit` over and over, `size` bytes when unpacked."""
    ends = (b"<sst", b"</sst>") if part == STRINGS else (b"<worksheet", b"</sheetData></worksheet>")
    opening = ends[0] + f' xmlns="{MAIN}">'.encode() + (b"" if part == STRINGS else b"<sheetData>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            if name != part:
                archive.writestr(name, text)
        with archive.open(part, "w", force_zip64=True) as file:
            file.write(opening)
            for piece in _pieces(unit, size):
                file.write(piece)
            file.write(ends[1])


def workbook_that_understates(path: Path) -> None:
    """A workbook whose archive says that its sheet is small."""
    workbook(path, SHEET, ROW, 300 * MB)
    data = bytearray(path.read_bytes())
    directory = data.index(SHEET.encode(), data.index(b"PK\x01\x02")) - 46
    data[directory + 24 : directory + 28] = (5000).to_bytes(4, "little")
    path.write_bytes(bytes(data))


def gzipped(path: Path, unit: bytes, size: int) -> None:
    """A gzip file of `unit` over and over, `size` bytes when unpacked."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"depot,item,quantity\n")
        for piece in _pieces(unit, size):
            file.write(piece)


def rows(path: Path, header: str, row: str, count: int) -> None:
    """A CSV of `count` rows that differ by their number."""
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        for start in range(0, count, 100_000):
            file.writelines(f"{row},{n}\n" for n in range(start, min(start + 100_000, count)))


def parquet(path: Path, columns: dict[str, object], groups: int) -> None:
    """A Parquet file of ten million equal rows in each of many row groups: every column is packed to nothing."""
    count = 10 * MB
    arrays = {name: pa.DictionaryArray.from_arrays(_zeros(count), pa.array([value])) for name, value in columns.items()}
    table = pa.table(arrays)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(table, row_group_size=count)


def _zeros(count: int) -> pa.Array:
    return pa.array(memoryview(bytes(count)).cast("b"), type=pa.int8())


def _pieces(unit: bytes, size: int) -> Iterator[bytes]:
    piece = unit * (MB // len(unit))
    for _ in range(size // len(piece)):
        yield piece
