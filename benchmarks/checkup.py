"""How long a check-up of the practice cloud takes, live and replayed, beside hotsos and risu in the same run.

hotsos and risu look at one host and are run on one, as root; mitate asks the API and every host. They are
installed into a throw-away folder, copied into the host's /run for the time of the run, and removed.
The practice cloud must be up: `mitate lab up`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Run, measured, show

MITATE = str(Path(sys.executable).with_name("mitate"))
LOOKED = (0, 1)
"""Exit statuses of a check-up that could see enough."""
PEERS = {
    "hotsos": "hotsos/bin/hotsos --quiet --short --all-logs --templates-path hotsos/hotsos/templates "
    "--defs-path hotsos/hotsos/defs /",
    "risu": "risu/bin/risu.py -l -q --output risu.json",
}
THERE = "/run/mitate-bench"


def mitate(host: str, times: int) -> dict[str, Run]:
    """The check-up of the whole cloud and of one host: live, recorded, and replayed from that recording."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = str(Path(folder) / "lab.tar.gz")
        check = [MITATE, "check", "--format", "json"]
        return {
            "mitate check --lab": measured([*check, "--lab"], times=times, allowed=LOOKED),
            "mitate check --lab --host": measured(
                [*check, "--lab", "--host", host], times=times, allowed=(*LOOKED, 3)
            ),
            "mitate record --lab": measured([MITATE, "record", "--lab", "-o", bundle], times=1),
            "mitate check --bundle": measured([*check, "--bundle", bundle], times=times, allowed=LOOKED),
        }


def peer(name: str, host: str, times: int) -> Run:
    """One of the others on one host, with the newest release that pip finds."""
    enter = [MITATE, "lab", "enter", host]
    with tempfile.TemporaryDirectory() as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", f"{folder}/{name}", name]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        with subprocess.Popen(["tar", "-C", folder, "-cf", "-", name], stdout=subprocess.PIPE) as tar:
            unpack = f"mkdir -p {THERE} && tar -C {THERE} -xf -"
            subprocess.run([*enter, "sh", "-c", unpack], check=True, stdin=tar.stdout)
    try:
        script = f"cd {THERE} && PYTHONPATH={THERE}/{name} LC_ALL=C.UTF-8 python3 {PEERS[name]}"
        return measured([*enter, "sh", "-c", script], times=times)
    finally:
        subprocess.run([*enter, "rm", "-rf", THERE], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--host", default="compute1", help="the host that hotsos and risu look at")
    options = parser.parse_args()
    runs = mitate(options.host, options.times)
    counts = json.loads(runs["mitate check --lab"].out)["counts"]
    base = runs["mitate check --lab"].wall_s
    whole = f"{counts['hosts_asked']} hosts, {counts['api_requests']} API requests"
    sees = dict.fromkeys(runs, whole) | {
        "mitate check --lab --host": "one host and the API",
        "mitate check --bundle": "the recording of it",
    }
    for name in PEERS:
        runs[f"{name} on {options.host}"] = peer(name, options.host, options.times)
    rows = [
        (
            name,
            sees.get(name, "one host"),
            f"{run.wall_s:.1f}",
            f"{run.cpu_s:.1f}",
            f"{run.peak_mb:.0f}",
            f"{run.wall_s / base:.2f}",
        )
        for name, run in runs.items()
    ]
    show("A check-up", ("command", "looks at", "wall s", "CPU s", "peak MB", "× live check"), rows)


if __name__ == "__main__":
    main()
