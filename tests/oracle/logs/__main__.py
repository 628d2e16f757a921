"""The lab's own code is the oracle of `mitate logs errors`: services whose Python is made to fail, and what
their logs say of it.

    python -m tests.oracle.logs --into DIR                  what DIR lacks is made (root), then all is judged
    python -m tests.oracle.logs --into DIR --judge          only judged
    python -m tests.oracle.logs --into DIR --only FAULT     one fault, made anew
    python -m tests.oracle.logs --into DIR --exam           those of the exam as well that a log can tell of
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from mitate.lab import Lab, LabError
from tests.oracle.logs.catalogue import faults, of_exam
from tests.oracle.logs.judge import judge, passed, rates, told
from tests.oracle.logs.make import draw, make


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./run logs-oracle", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--into", type=Path, default=Path("/var/tmp/mitate-logs-oracle"), metavar="DIR")
    parser.add_argument("--faults", type=int, metavar="N", help="so many of the catalogue (all)")
    parser.add_argument("--healthy", type=int, default=100, metavar="N", help="runs without a fault (100)")
    parser.add_argument("--seed", type=int, default=1, help="which faults, in which order (1)")
    parser.add_argument("--only", action="append", metavar="FAULT", help="this one, made anew")
    parser.add_argument("--exam", action="store_true", help="the faults of the exam as well")
    parser.add_argument("--judge", action="store_true", help="make nothing")
    options = parser.parse_args(words)
    chosen = draw(faults(), options.faults, options.seed)
    exam = of_exam() if options.exam else {}
    if options.only:
        chosen = [fault for fault in faults() if fault.id in options.only]
        exam = {name: project for name, project in of_exam().items() if name in options.only}
        for name in options.only:
            shutil.rmtree(options.into / name, ignore_errors=True)
    if not options.judge:
        try:
            make(Lab.at(), options.into, chosen, exam, 0 if options.only else options.healthy, say)
        except LabError as error:
            print(f"logs-oracle: {error}", file=sys.stderr)
            return 2
    right = True
    for with_baseline in (False, True):
        try:
            verdicts = judge(options.into, with_baseline)
        except LookupError as error:
            print(f"logs-oracle: {error}", file=sys.stderr)
            return 2
        say(f"{'with' if with_baseline else 'without'} a baseline:")
        say("\n".join(told(verdicts)))
        right = right and passed(rates(verdicts))
    return 0 if right else 1


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
