"""The `forecast` command: one file per subcommand, each with HELP, arguments(parser) and run(args) -> exit code.

A command with TAKES_JOB = True also gets the arguments that name a job: CONFIG, --scenario, --issue-date, --set; one with
PUBLISHES = True those that say where its run goes: --out, --force.

Heavy imports stay inside `run`, so that `forecast --help` answers at once. Commands of other packages come in through the
entry-point group `forecast.commands`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecast import __version__
from forecast.cli import _job
from forecast.errors import ForecastError

# Many small matrices: a second thread of the linear algebra only waits, doubles the seconds and adds up in another order, so
# whoever asks for more gets one all the same. Set before numpy is imported.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_threads] = "1"

ORDER = ("demo", "init", "check", "run", "demand", "plan")  # as a newcomer meets them; any other follows by name


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; every error ends as a sentence on stderr and the exit code CONTRACTS promises."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command.run(arguments)
        return code
    except ForecastError as error:
        if arguments.debug:
            raise
        print(f"\n{error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nStopped by you; nothing was published.", file=sys.stderr)
        return 130
    except MemoryError:
        print("\nNot enough memory; nothing was published. Use fewer samples (--set forecast.samples=100).", file=sys.stderr)
        return 1
    except Exception as error:
        if arguments.debug:
            raise
        print(f"\nThis is a fault of ours, not yours: {type(error).__name__}. Log: {_log()}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forecast", description="What to send from which depot to which zone, and how sure we are."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module in _commands().items():
        command = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
        if getattr(module, "TAKES_JOB", False):
            _job.arguments(command)
        module.arguments(command)
        if getattr(module, "PUBLISHES", False):
            _job.publishing(command)
        command.set_defaults(command=module)
    return parser


def _commands() -> dict[str, Any]:
    ours = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = {name: importlib.import_module(f"forecast.cli.{name}") for name in ours}
    for entry in importlib.metadata.entry_points(group="forecast.commands"):
        found[entry.name] = entry.load()
    return dict(sorted(found.items(), key=lambda pair: (ORDER.index(pair[0]) if pair[0] in ORDER else len(ORDER), pair[0])))


def _log() -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="forecast-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(traceback.format_exc())
    return Path(log.name)
