"""How good the forecasts would have been: made anew as of earlier days, scored by what came, beside simple methods.

Written to the folder of --out: backtest.csv (per model, item and horizon), fans.png (the best, the median and the worst series of
the best model) and reliability.png.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli import _records
from forecast.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

HELP = "how good the forecasts would have been on earlier days, beside simple methods"
TAKES_JOB = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--origins", required=True, metavar="N", help="how many earlier issue dates, a period apart; or the dates, with commas"
    )
    parser.add_argument(
        "--models",
        default="",
        metavar="A,B",
        help="compared with what is configured; default: the simple methods; all: every one",
    )
    parser.add_argument(
        "--gaps", choices=("unscored", "zero"), default="unscored", help="what a missing report counts as; default: %(default)s"
    )
    parser.add_argument(
        "--most-zeros", type=float, metavar="SHARE", help="do not score series of which this share or more is zero"
    )
    parser.add_argument("--out", type=Path, default=Path("backtest"), metavar="DIR", help="default: %(default)s")
    _records.arguments(parser)


def run(args: argparse.Namespace) -> int:
    from forecast.backtest import Question, backtest, models_of
    from forecast.backtest.figures import best_model, figures
    from forecast.backtest.page import page
    from forecast.backtest.pictures import draw
    from forecast.compare.tables import write_csv

    question = Question(_origins(args.origins), models_of(args.models), args.gaps, _share(args.most_zeros))
    found = backtest(_records.job(args), question)
    table = figures(found)
    print(page(found, table), end="")
    write_csv(table, args.out / "backtest.csv")
    pictures = draw(found, best_model(table) or question.models[0], args.out)
    print("\nEvery model, item and horizon: " + ", ".join(str(path) for path in (args.out / "backtest.csv", *pictures)))
    return 0


def _origins(text: str) -> int | tuple[pd.Timestamp, ...]:
    import pandas as pd

    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    try:
        return tuple(pd.Timestamp(dt.date.fromisoformat(part.strip())) for part in text.split(","))
    except ValueError:
        action = "Write a number, such as 6, or issue dates, such as 2026-03-01,2026-04-01"
        raise InputError([Problem("--origins", "is neither a number above 0 nor dates", action, value=text)]) from None


def _share(share: float | None) -> float | None:
    if share is not None and not 0 < share <= 1:
        raise InputError([Problem("--most-zeros", "is not a share", "Write a number up to 1, such as 0.8", value=f"{share:g}")])
    return share
