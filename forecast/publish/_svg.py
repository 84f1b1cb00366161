"""Elements of a page as text, everything escaped: what comes from the data can never become markup."""

from __future__ import annotations

import html


class Markup(str):
    """Text that is markup already: made by `tag` and `join`, never straight from data."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """One element; children may be lists, text is escaped. `class_` is class, `stroke_width` stroke-width; None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_plain(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: object) -> Markup:
    """Children in a row; plain text among them is escaped."""
    return Markup("".join(_written(child) for child in children))


def _written(child: object) -> str:
    if isinstance(child, list | tuple):
        return join(*child)
    return child if isinstance(child, Markup) else html.escape(_plain(child))


def _plain(value: object) -> str:
    """Numbers of a drawing to a hundredth of a millimetre, without idle zeros; text without control characters."""
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return "".join(letter for letter in str(value) if letter >= " " or letter in "\n\t")
