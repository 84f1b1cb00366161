"""Prefect's log without the tracebacks of failures that are told in a sentence of their own."""

from __future__ import annotations

import logging

LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


class Expected(Exception):
    """A failure whose cause is told to the person who runs the command: in Prefect's log its first line is enough."""


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], Expected):
        record.exc_info = None
    return True


def quiet_about_the_expected() -> None:
    """From now on an `Expected` failure is one line in the log; any other keeps its traceback."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_without_traceback)
