"""The rows of a Parquet file as text, exactly as their types have them."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from forecast.errors import InputError, Problem
from forecast.ingest._cells import NUMERIC
from forecast.ingest._grid import MOST_ROWS, Body, as_text, records
from forecast.ingest._text import too_large

MOST_BYTES = 600_000_000  # unpacked, as the file declares


def body(data: bytes, file: str) -> Body:
    """All columns of simple types; rows are counted from 1. Raises InputError: no Parquet file, nested columns, too large."""
    try:
        source = pq.ParquetFile(io.BytesIO(data))
        size = sum(source.metadata.row_group(n).total_byte_size for n in range(source.num_row_groups))
        if source.metadata.num_rows > MOST_ROWS:
            raise too_large(file, f"has more than {MOST_ROWS:,} rows")
        if size > MOST_BYTES:
            raise too_large(file, f"unpacks to {size / 1e6:,.0f} MB, more than this program takes in")
        table = source.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError([Problem(file, "is no readable Parquet file", "Export it again, or give it as CSV")]) from error
    return from_arrow(table, file)


def from_arrow(table: pa.Table, label: str) -> Body:
    """An Arrow table as text with `record`: dates in ISO, numbers in digits and marked as numbers, empty for null."""
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)]
    if nested:
        raise InputError([Problem(label, "is no column of plain values", "Leave it out", column=name) for name in nested])
    frame = pd.DataFrame({name: as_text(_as_text(table.column(name))) for name in table.column_names})
    lines = pa.chunked_array([pa.array(range(1, table.num_rows + 1), pa.int64())])
    return Body(label, frame.assign(record=as_text(records(label, lines))), {}, [], [])


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind):
        text = pc.strftime(column, "%Y-%m-%dT%H:%M:%S")
        return _filled(pc.replace_substring_regex(pc.replace_substring_regex(text, r"\.0+$", ""), "T00:00:00$", ""))
    if pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        text = column.cast(pa.large_string())
        if pa.types.is_floating(kind):
            text = pc.replace_substring_regex(text, r"\.0$", "")
        marked = pc.binary_join_element_wise(text, pa.scalar(NUMERIC, pa.large_string()), pa.scalar("", pa.large_string()))
        return _filled(pc.if_else(pc.equal(text, "nan"), pa.scalar(None, pa.large_string()), marked))
    return _filled(pc.utf8_trim_whitespace(column.cast(pa.large_string())))


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column.cast(pa.large_string()), "")
