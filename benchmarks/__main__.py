"""`python -m benchmarks [NAME ...]`: run measurements and print a line of JSON for each figure.

They run one after the other, each in its own process and on its own servers. The exit status is 1
if a figure is out of its bound.
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
        # It imports models, so Django must be set up first.
        module = importlib.import_module(f"benchmarks.{name}")
        for figure in module.measure(home):
            print(json.dumps({"benchmark": name} | figure.shown()), flush=True)
            status |= not figure.holds
    return status


def main(names: list[str]) -> int:
    if unknown := sorted(set(names) - set(NAMES)):
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    if len(names) == 1:
        return measure(names[0])
    return max(
        subprocess.call([sys.executable, "-m", "benchmarks", name]) for name in names or NAMES
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
