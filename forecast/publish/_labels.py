"""Where a label may stand: on nothing else, and inside the frame."""

from __future__ import annotations

from forecast.publish._ground import Ground


class Boxes:
    """Places on the map that are taken; a label that would lie on one of them is left out."""

    def __init__(self, ground: Ground) -> None:
        self.width, self.height = ground.width, ground.height
        spots = ground.spots[~ground.is_polygon]
        self.taken = [(x - ground.radius, y - ground.radius, x + ground.radius, y + ground.radius) for x, y in spots]

    def reserve(self, left: float, top: float, right: float, bottom: float) -> None:
        """Take a place for something that is drawn in any case."""
        self.taken.append((left, top, right, bottom))

    def claim(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Take a place, if it is inside the frame and free."""
        inside = left >= 0 and top >= 0 and right <= self.width and bottom <= self.height
        free = inside and not any(left < r and right > x and top < b and bottom > y for x, y, r, b in self.taken)
        if free:
            self.reserve(left, top, right, bottom)
        return free
