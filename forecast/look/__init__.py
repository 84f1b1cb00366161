"""What was understood of an operation's files before anything is computed: for `forecast check`."""

from forecast.look.operation import Look, look_at
from forecast.look.page import page

__all__ = ["Look", "look_at", "page"]
