"""The bytes of a text file -> text: unpacked where gzipped, decoded as declared or as is certain."""

from __future__ import annotations

import codecs
import io
import re
import zlib
from typing import TextIO

from forecast.errors import InputError, Problem

MOST_BYTES = 250_000_000  # of text, unpacked
PIECE = 1 << 20
GZIP = b"\x1f\x8b"
GZIP_ONLY = 31  # zlib: a gzip header must stand first
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}  # the longer marks first
WESTERN = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿœ"
PUNCTUATION = "\u00a0’‘“”–—«»°ºª¿¡·€"
NOT_WESTERN = re.compile(rf"[^\x00-\x7f{WESTERN}{PUNCTUATION}]|[{WESTERN}]{{3}}|[a-z][ÀÈÉÊÎÔÙÛ][a-z]")


def opened(data: bytes, file: str, encoding: str | None) -> tuple[TextIO, list[str]]:
    """The text, with its line ends as they are, and what is to be said of its encoding.

    A byte order mark decides, then `encoding`, then UTF-8; text that is not UTF-8 is taken for cp1252 when it holds nothing but
    what Western European languages write. Raises InputError when nothing is certain, or the text is too large.
    """
    if data.startswith(GZIP):
        data = _unpacked(data, file)
    if not data.strip():
        raise InputError([Problem(file, "is empty (0 bytes)" if not data else "holds nothing but blanks", "Export it again")])
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if encoding is not None and not (marked and encoding.lower().startswith("utf")):
        _check(data, encoding, file)
        return _reader(data, encoding), []
    if marked:
        _check(data, marked, file)
        return _reader(data, marked), [f"{marked} text"] if marked != "utf-8-sig" else []
    if b"\0" in data:
        action = "Export it again; if it is UTF-16 without its mark, set encoding: utf-16-le"
        raise InputError([Problem(file, "holds zero bytes, which text has not", action, line=_line(data, data.index(b"\0")))])
    wrong = _first_wrong(data, "utf-8")
    if wrong is None:
        return _reader(data, "utf-8"), []
    word = _western_word(data)
    if word is None:
        action = "Save it as UTF-8, or set encoding: cp1252 (Western European Excel) or another name"
        raise InputError([Problem(file, "is not UTF-8 text", action, line=_line(data, wrong))])
    return _reader(data, "cp1252"), [f"cp1252 text, as Western European Excel writes it ({word})"]


def _reader(data: bytes, encoding: str) -> TextIO:
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")


def _unpacked(data: bytes, file: str) -> bytes:
    """All members of a gzip file; what has been unpacked is counted as it comes, so that a bomb does not fill the memory."""
    text, unzip = io.BytesIO(), zlib.decompressobj(wbits=GZIP_ONLY)
    try:
        for start in range(0, len(data), PIECE // 16):
            packed = data[start : start + PIECE // 16]
            while packed:
                text.write(unzip.decompress(packed))
                packed = unzip.unused_data
                if packed:
                    unzip = zlib.decompressobj(wbits=GZIP_ONLY)
            if text.tell() > MOST_BYTES:
                raise too_large(file, f"unpacks to more than {MOST_BYTES // 1_000_000} MB")
    except zlib.error as error:
        raise InputError([Problem(file, "is no whole gzip file", "Pack it again, or give it unpacked")]) from error
    if not unzip.eof:
        raise InputError([Problem(file, "is a gzip file cut short", "Copy it again")])
    return text.getvalue()


def too_large(file: str, problem: str) -> InputError:
    """Refuse a file for its size, with the ways out."""
    action = "Leave out years or columns that are not needed, or sum up by zone, item and period"
    return InputError([Problem(file, problem, action)])


def _check(data: bytes, encoding: str, file: str) -> None:
    try:
        wrong = _first_wrong(data, encoding)
    except LookupError as error:
        problem = "is no encoding this program knows"
        raise InputError([Problem(file, problem, "Write encoding: cp1252, or another name", value=encoding)]) from error
    if wrong is not None:
        action = "Save it as UTF-8, or set encoding: cp1252 (Western European Excel) or another name"
        raise InputError([Problem(file, f"is not {encoding} text", action, line=_line(data, wrong))])


def _first_wrong(data: bytes, encoding: str) -> int | None:
    """The place of the first byte that cannot be decoded, piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(data), PIECE):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + PIECE], final=start + PIECE >= len(data))
        except UnicodeDecodeError as error:
            return start - held + error.start
        except UnicodeError:
            return start
    return None


def _western_word(data: bytes) -> str | None:
    """A word that shows the encoding, when all text is such as Western Europe writes in cp1252; else None."""
    shown = None
    for words in re.findall(rb"[^\s,;\t\"]*[\x80-\xff][^\s,;\t\"]*", data):
        try:
            text = words.decode("cp1252")
        except UnicodeDecodeError:
            return None
        if NOT_WESTERN.search(text):
            return None
        if shown is None and any(letter in WESTERN for letter in text):
            shown = text
    return shown


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
