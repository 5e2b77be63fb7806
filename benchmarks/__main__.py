"""`python -m benchmarks [NAME ...] [--jobs N]`: print a line of JSON for each measured figure.

The measurements run one after the other, each in its own process and on its own servers. Those that
compare two sizes of the table (admin_pages, api_list, metrics, table) take `--jobs` as the large
one, `upgrade` as the only one. The exit status is 1 if a figure is out of its bound.
"""

import argparse
import importlib
import json
import subprocess
import sys

from benchmarks.harness.ground import project

NAMES = (
    "api_list",
    "admin_pages",
    "metrics",
    "processes",
    "table",
    "upkeep",
    "upgrade",
    "batch",
    "throughput",
    "http",
    "live_list",
    "long_poll",
)
LARGE = 1_000_000


def measure(name: str, jobs: int) -> int:
    """Print the figures of one measurement; 1 if one of them is out of its bound."""
    status = 0
    with project() as home:
        # They import models, so Django must be set up first.
        importlib.import_module("benchmarks.harness.comparison").SIZES["large"] = jobs
        module = importlib.import_module(f"benchmarks.{name}")
        for figure in module.measure(home):
            print(json.dumps({"benchmark": name} | figure.shown()), flush=True)
            status |= not figure.holds
    return status


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--jobs", type=int, default=LARGE, help="rows of the large table")
    given = parser.parse_args(arguments)
    if unknown := sorted({*given.names} - {*NAMES}):
        parser.error(f"Unknown: {', '.join(unknown)}. Known: {', '.join(NAMES)}.")
    names = given.names or NAMES
    if len(names) == 1:
        return measure(names[0], given.jobs)
    command = [sys.executable, "-m", "benchmarks", "--jobs", str(given.jobs)]
    return max(subprocess.call([*command, name]) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
