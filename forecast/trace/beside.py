"""A sum that was worked out, beside the figure that was published."""

from __future__ import annotations

from forecast.text_page import exact

HALF_DIGIT = 0.0005  # published figures have three decimals


def beside(found: float, said: float, name: str, tolerance: float, decimals: int = 3) -> str:
    """The sum, and that it is the published figure; where it is not, both and by how much they differ."""
    if abs(found - said) <= tolerance + 1e-9 * abs(said):
        return f"{exact(said, decimals)}, {name}"
    return f"{exact(found, decimals)}, but {name} is {exact(said, decimals)}: differs by {exact(found - said, decimals)}"
