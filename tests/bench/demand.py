"""Demand: how good, how sure, how fast; ours beside simple methods and outside rivals, on all the data there is.

    python -m tests.bench.demand civ --models best,pooled,moving_average --origins 2

See `demand_civ` (the visible protocol), `demand_sets` (other countries and needs), `demand_truth` (a country whose truth is
known), `demand_scale` (seconds and memory). Nothing is written but to the screen.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.bench import demand_civ, demand_scale, demand_sets, demand_truth
from tests.bench.demand_models import MODELS, USUAL

ROOT = Path(__file__).parents[2]
PARTS = ("civ", "sets", "truth", "scale")


def main(arguments: list[str] | None = None, data: Path | None = None) -> None:
    """Run the parts asked for; parts whose data is absent are skipped aloud."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.demand", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--models", default=";".join(USUAL), help=f"with ; between them, of: {'; '.join(MODELS)}")
    parser.add_argument("--origins", type=int, help="only the last so many origins")
    parser.add_argument(
        "--sets", default="", help="of the sets, only those whose name holds one of these words, with ; between them"
    )
    parser.add_argument("--rivals", type=int, default=0, metavar="SERIES", help="try outside rivals on so many series")
    parser.add_argument("--statsforecast", default="", metavar="PYTHON", help="a Python that has statsforecast, for AutoETS")
    parser.add_argument("--shares", type=float, nargs="*", help="of weeks that run out in the country whose truth is known")
    parser.add_argument(
        "--zones", type=int, nargs="*", help="sizes of the made-up operations; default: 1250, 2500, 5000 and 10000"
    )
    args = parser.parse_args(arguments)
    data = data or Path(os.environ.get("FORECAST_DATA", ROOT.parent / "shared" / "data"))
    models = [name.strip() for name in args.models.split(";") if name.strip()]
    for name in models:
        if name not in MODELS:
            parser.error(f"no model {name!r}; there are: {'; '.join(MODELS)}")
    for part in args.parts or PARTS:
        if part == "civ" and not (data / demand_civ.FILE).is_file():
            print("skipped: Cote d'Ivoire, no real data here (set FORECAST_DATA)")
        elif part == "civ":
            origins = demand_civ.ORIGINS[-args.origins :] if args.origins else demand_civ.ORIGINS
            demand_civ.main(data, models, origins, args.rivals, args.statsforecast)
        if part == "sets":
            demand_sets.main(data, models, [word.strip() for word in args.sets.split(";") if word.strip()], args.origins)
        if part == "truth":
            for model in models[:1]:
                demand_truth.main(model, args.origins, tuple(args.shares or demand_truth.SHARES))
        if part == "scale":
            demand_scale.main(data, models, args.zones or demand_scale.SIZES)


if __name__ == "__main__":
    main()
