"""One zone and one item, followed through a published run: from the lines of the input files to the lines of the allocation."""

from __future__ import annotations

from forecast.published import Published
from forecast.text_page import page
from forecast.trace import history, plan, sums
from forecast.trace.chain import follow

LAST = 8  # periods shown; earlier ones are counted


def trace(run: Published, zone: str, item: str, last: int = LAST) -> str:
    """The page of one zone and one item (or one group of items that serve one demand), in the order of the stages.

    `last`: how many of the newest periods of records, panel and signals are shown; 0: all. Only the run folder is read.
    Raises InputError for a zone or item the run does not know, with the near name, and for a file changed since the run.
    """
    chain = follow(run, zone, item)
    sections = [
        ("1 Records, as they were reported", history.records),
        ("2 Set aside or doubted", history.doubted),
        ("3 Panel: what was made of them", history.panel),
        ("4 Signals of the zone", history.signals),
        ("5 Forecast, per period of the forecast", history.forecast),
        ("6 What the zone has or gets without this plan", plan.supply),
        ("7 Plan, per period of the plan", plan.cells),
        ("8 Lines of the allocation", plan.lines),
        ("9 To check with a pocket calculator", sums.arithmetic),
    ]
    parts = [history.head(chain)] + [[title, *section(chain, last)] for title, section in sections]
    return page(parts)
