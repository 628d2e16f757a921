"""How `mitate check --bundle` grows with the number of hosts, up to a cloud of 1,000.

The clouds are made out of a real recording (a healthy one, of the practice cloud unless another is given) by
copying its compute hosts under other names, with servers, ports and addresses of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from measure import Run, measured, show
from multiply import read, write

MITATE = str(Path(sys.executable).with_name("mitate"))
LOOKED = (0, 1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, nargs="+", default=[100, 300, 1000], help="sizes of the clouds")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    recorded = Path(__file__).parents[1] / "tests/recordings/healthy.tar.gz"
    parser.add_argument("--bundle", type=Path, default=recorded, help="the recording that is multiplied")
    options = parser.parse_args()
    if not options.bundle.exists():
        parser.error(f"there is no {options.bundle}; make one of a healthy cloud by `mitate record`")
    cloud = read(options.bundle)
    rows, runs = [], []
    for hosts in options.hosts:
        with tempfile.TemporaryDirectory() as folder:
            write(cloud, hosts, Path(folder) / "cloud")
            size = sum(file.stat().st_size for file in Path(folder).rglob("*.json")) / 1e6
            command = [MITATE, "check", "--format", "json", "--bundle", str(Path(folder) / "cloud")]
            run = measured(command, times=options.times, allowed=LOOKED)
        runs.append(run)
        rows.append(row(hosts, size, run))
    show(
        "A recording of many hosts",
        ("hosts", "MB", "findings", "wall s", "ms/host", "CPU s", "peak MB"),
        rows,
    )
    for name, values in {
        "CPU s": [run.cpu_s for run in runs],
        "peak MB": [run.peak_mb for run in runs],
    }.items():
        steps = zip(options.hosts, values, strict=True)
        print(f"{name}: {growth(list(steps))}")


def row(hosts: int, size: float, run: Run) -> tuple[str, ...]:
    counts = json.loads(run.out)["counts"]
    return (
        str(hosts),
        f"{size:.0f}",
        str(counts["findings"]),
        f"{run.wall_s:.1f}",
        f"{1000 * run.wall_s / hosts:.1f}",
        f"{run.cpu_s:.1f}",
        f"{run.peak_mb:.0f}",
    )


def growth(points: list[tuple[int, float]]) -> str:
    """How much each further host costs, step by step: equal numbers are linear growth.

    >>> growth([(100, 1.0), (300, 2.0), (1000, 5.5)])
    'each further host costs 0.005 up to 300, 0.005 up to 1000'
    """
    steps = [
        f"{(after - before) / (more - few):.3g} up to {more}"
        for (few, before), (more, after) in pairwise(points)
    ]
    return f"each further host costs {', '.join(steps)}"


if __name__ == "__main__":
    main()
