"""HXL hashtags (1.1): a row of them under the header, or instead of one, tells what the columns hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

TAG = re.compile(r"#[a-z][a-z0-9_]*(\s*\+\s*[a-z][a-z0-9_]*)*", re.IGNORECASE)
NEUTRAL = {"+num", "+total", "+people", "+est"}  # attributes that do not narrow what is counted
LEVELS = ("#adm4", "#adm3", "#adm2", "#adm1", "#loc")
# Our column: hashtags it may come from, the first that is there; {adm} stands for the lowest
# level that has codes; after = no further attributes may stand but neutral ones.
OURS: dict[str, tuple[str, ...]] = {
    "zone": ("{adm}+code",),
    "zone_name": ("{adm}+name",),
    "item": ("#item+code", "#item+name"),
    "need": ("#sector+code", "#sector"),
    "period": ("#date+start", "#date+period", "=#date"),
    "distributed": ("#output+distributed", "#output+delivered", "=#output"),
    "requested": ("#output+requested", "#item+requested"),
    "stock_end": ("#indicator+stock+end", "#indicator+stock"),
    "stock_start": ("#indicator+stock+start",),
    "received": ("#date+received", "#indicator+received"),
    "people_served": ("=#reached",),
    "quantity": ("#indicator+stock", "#item+quantity", "#indicator+quantity"),
    "people": ("=#population",),
    "population": ("=#population",),
    "population_people": ("=#population",),
    "depot": ("#loc+depot+code", "#loc+warehouse+code", "#loc+depot", "#loc+warehouse"),
    "lat": ("#geo+lat",),
    "lon": ("#geo+lon",),
    "organisation": ("#org+name", "#org"),
    "owner": ("#org+name", "#org"),
    "expiry": ("#date+expiry",),
    "eta": ("#date+eta", "#date+arrival"),
    "left": ("#date+dispatched",),
    "counted_on": ("#date+counted",),
    "known_on": ("#date+reported",),
    "as_of": ("#date+reference",),
    "unit": ("#item+unit",),
}


def is_tags(row: Sequence[str]) -> bool:
    """Whether all filled cells of a row are hashtags."""
    filled = [cell for cell in row if cell]
    return bool(filled) and all(TAG.fullmatch(cell) for cell in filled)


def named(tag: str, tags: Mapping[str, str]) -> str | None:
    """The one column (tags: name -> hashtag) that carries a hashtag, whatever the order of its attributes, or all of them."""
    asked = _parts(tag.lstrip("="))
    exact = [name for name, theirs in tags.items() if _parts(theirs) - NEUTRAL == asked - NEUTRAL]
    more = [] if tag.startswith("=") else [name for name, theirs in tags.items() if asked <= _parts(theirs)]
    found = exact or more
    return found[0] if len(found) == 1 else None


def columns(tags: Mapping[str, str], wanted: Collection[str]) -> dict[str, str]:
    """Our columns among `wanted` -> the name of the column that hashtags say holds it; two of a kind tell nothing."""
    coded = {base for theirs in tags.values() if "+code" in (parts := _parts(theirs)) for base in parts}
    level = next((tag for tag in LEVELS if tag in coded), LEVELS[-1])
    found = {}
    for ours in wanted:
        names = (named(tag.format(adm=level), tags) for tag in OURS.get(ours, ()))
        if name := next((name for name in names if name), None):
            found[ours] = name
    return found


def _parts(tag: str) -> frozenset[str]:
    return frozenset(part if part.startswith("#") else f"+{part}" for part in re.split(r"\s*\+\s*", tag.lower()))
