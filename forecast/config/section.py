"""What a config is made of: frozen sections that refuse unknown keys, plugins by name, codes that are text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

SEVERAL = "several"  # what `use` of a list of blocks becomes
TO_DECIDE = "TO DECIDE"  # a setting that starts so waits for a person


def _text_only(value: object) -> object:
    """Codes are text: YAML would read NO as false, 010 as 8 and 1e5 as a number, so unquoted ones are refused by name."""
    if isinstance(value, bool | int | float):
        kind = "true or false" if isinstance(value, bool) else "a number"
        raise PydanticCustomError("code_read", "is read by YAML as {kind}", {"kind": kind})
    return value


Code = Annotated[str, BeforeValidator(_text_only)]


class Section(BaseModel):
    """A frozen part of the config that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Plugin(BaseModel):
    """`use:` names a file of a plugin folder; the other keys are that plugin's own settings, checked by it."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Code

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})

    @property
    def blocks(self) -> tuple[Plugin, ...]:
        """The blocks of a list, or this one alone."""
        return tuple(Plugin.model_validate(block) for block in self.settings["blocks"]) if self.use == SEVERAL else (self,)


def without_none(value: object) -> object:
    """Sources without those that are taken away by `use: none`."""
    if not isinstance(value, Mapping):
        return value
    return {name: block for name, block in value.items() if block != {"use": "none"}}


def as_blocks(value: object) -> object:
    """A list of blocks is kept as one plugin, `use: several`, so that it merges as one: a list replaces a list."""
    blocks = value.get("blocks") if isinstance(value, dict) and value.get("use") == SEVERAL else value
    if not isinstance(blocks, list | tuple):
        return value
    if not blocks:
        raise ValueError("is an empty list; write one block or more")
    for n, block in enumerate(blocks, start=1):
        if not isinstance(block, dict) or not isinstance(block.get("use"), str):
            raise ValueError(f"block {n} of the list does not say where it comes from; write a `use:` in it, such as use: vector")
    return {"use": SEVERAL, "blocks": list(blocks)}
