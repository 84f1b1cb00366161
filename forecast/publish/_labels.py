"""Where a label may stand: on nothing else, and inside the frame."""

from __future__ import annotations


class Boxes:
    """Places taken on a map of `width` x `height` mm; a label that would lie on one of them is left out."""

    def __init__(self, width: float, height: float) -> None:
        self._width, self._height = width, height
        self._taken: list[tuple[float, float, float, float]] = []

    def reserve(self, left: float, top: float, right: float, bottom: float) -> None:
        """Take a place for something that is drawn in any case."""
        self._taken.append((left, top, right, bottom))

    def claim(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Take a place, if it is inside the frame and free."""
        inside = left >= 0 and top >= 0 and right <= self._width and bottom <= self._height
        free = inside and not any(left < r and right > x and top < b and bottom > y for x, y, r, b in self._taken)
        if free:
            self.reserve(left, top, right, bottom)
        return free
