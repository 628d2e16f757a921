"""How fast logs are searched for what failed, beside ripgrep and searchkit (hotsos' engine) in the same run.

A log of a gigabyte is made of lines as Nova writes them, with an error in some hundred. ripgrep counts the
lines that mitate looks for, and searchkit is asked for the same words: in one expression, as hotsos' own are
written (it matches from the beginning of a line on), and with them as its hint, which is the quickest that it
can do. It is installed into a folder of its own, which is gone afterwards.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

from measure import Run, measured, show

from mitate.collect.logs.prefilter import WORDS

MITATE = str(Path(sys.executable).with_name("mitate"))
BLOCK = 16 << 20
SEARCHKIT = """
import re, sys
from searchkit import FileSearcher, SearchDef
log, how, *words = sys.argv[1:]
either = "|".join(map(re.escape, words))
searcher = FileSearcher()
searcher.add(SearchDef("(.*)", hint=either) if how == "hint" else SearchDef(f".*({either})"), log)
print(len(searcher.run()))
"""
ERROR = (
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 2743, in _build_resources',
    "    yield resources",
    '  File "/usr/lib/python3/dist-packages/nova/virt/libvirt/driver.py", line 4711, in spawn',
    "    self._create_guest()",
    "nova.exception.NovaException: no",
)


def block(seed: int) -> bytes:
    """Sixteen megabytes of a log."""
    draw = random.Random(seed)
    at, size = 1_795_361_521.0 + 1000 * seed, 0
    lines: list[bytes] = []
    while size < BLOCK:
        at += draw.random() / 10
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        one, two = (uuid.UUID(int=draw.getrandbits(128)) for _ in range(2))
        context = f"[None req-{one} {one.hex} {two.hex} - - default default] [instance: {two}]"
        if draw.random() < 0.0015:
            head = f"{stamp} 98 ERROR nova.compute.manager"
            text = f"{head} {context} Instance failed to spawn\n"
            text += "".join(f"{head} [instance: {two}] {line}\n" for line in ERROR)
        elif draw.random() < 0.6:
            text = f'{stamp} 98 DEBUG oslo_concurrency.lockutils {context} Lock "{two}" :: waited 0.001s\n'
        else:
            took = f"Took {draw.random() * 30:.2f} seconds to build instance."
            text = f"{stamp} 98 INFO nova.compute.manager {context} {took}\n"
        lines.append(text.encode())
        size += len(lines[-1])
    return b"".join(lines)


def searchkit(folder: Path, log: Path) -> dict[str, Run]:
    there = folder / "searchkit"
    subprocess.run([sys.executable, "-m", "venv", str(there)], check=True)
    python = str(there / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "searchkit"], check=True)
    command = [python, "-c", SEARCHKIT, str(log)]
    words = [word.decode() for word in WORDS]
    return {
        "searchkit": measured([*command, "expression", *words], times=1),
        "searchkit with a hint": measured([*command, "hint", *words], times=1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--gib", type=float, default=1.0, help="size of the log")
    parser.add_argument("--no-searchkit", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "nova-compute.log"
        blocks = [block(seed) for seed in range(4)]
        with log.open("wb") as file:
            for number in range(max(1, int(options.gib * (1 << 30) / BLOCK))):
                file.write(blocks[number % len(blocks)])
        sparse = folder / "sparse" / "nova-compute.log"
        sparse.parent.mkdir()
        with sparse.open("wb") as file:
            file.write(blocks[0])
            file.seek(10 << 30)
            file.write(blocks[1])
        patterns = [part for word in WORDS for part in ("-e", word.decode())]
        errors = [MITATE, "logs", "errors", "--format", "json", "--logs"]
        runs = {
            "rg -c, the same words": measured(["rg", "-c", "-aF", *patterns, str(log)], times=options.times),
            "rg -c 'ERROR|CRITICAL|Traceback'": measured(
                ["rg", "-c", "ERROR|CRITICAL|Traceback", str(log)], times=options.times
            ),
            "mitate logs errors": measured([*errors, str(log)], times=options.times, allowed=(1,)),
            "mitate logs errors, 10 GiB sparse": measured([*errors, str(sparse)], times=1, allowed=(1,)),
        }
        if not options.no_searchkit:
            runs |= searchkit(folder, log)
        size = log.stat().st_size / 1e9
        rows = [
            (
                name,
                f"{run.wall_s:.2f}",
                f"{run.cpu_s:.2f}",
                f"{run.peak_mb:.0f}",
                f"{(10.74 if 'sparse' in name else size) / run.wall_s:.2f}",
            )
            for name, run in runs.items()
        ]
    show(f"A log of {options.gib:g} GiB", ("command", "wall s", "CPU s", "peak MB", "GB/s"), rows)


if __name__ == "__main__":
    main()
