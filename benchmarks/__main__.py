"""`python -m benchmarks [NAME ...]`: runs measurements, one after the other, and prints a line of JSON per figure.

Each runs in a process and on servers of its own. The exit status is 1 when a figure is out of its
bound.
"""

import importlib
import json
import subprocess
import sys

from benchmarks.harness.ground import project

NAMES = ("api_list", "admin_pages", "upkeep", "batch", "throughput", "http", "long_poll")


def measure(name: str) -> int:
    """Print the figures of one measurement; 1 if one of them is out of its bound."""
    status = 0
    with project() as home:
        module = importlib.import_module(
            f"benchmarks.{name}"
        )  # imports models: not before Django is set up
        for figure in module.measure(home):
            print(json.dumps({"benchmark": name} | figure.shown()), flush=True)
            status |= not figure.holds
    return status


def main(names: list[str]) -> int:
    if unknown := set(names) - set(NAMES):
        print(
            f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.",
            file=sys.stderr,
        )
        return 2
    if len(names) == 1:
        return measure(names[0])
    return max(
        subprocess.call([sys.executable, "-m", "benchmarks", name]) for name in names or NAMES
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
