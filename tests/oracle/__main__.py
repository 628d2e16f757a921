"""The kernel is the oracle: what the trace says of small clouds, drawn and broken by chance, is held against
what real packets meet there.

    python -m tests.oracle --cases 2000 --seed 1        all of them, two at a time
    python -m tests.oracle --seed 1 --case 17           one, with everything that there is to say
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from mitate.analyze.trace.verdict import Wanted, trace
from mitate.analyze.trace.world import World
from mitate.model.trace import Direction, Path, Verdict
from tests.oracle.case import experience
from tests.oracle.faults import draw
from tests.oracle.judge import disagreements, fate
from tests.oracle.plan import Plan, plan
from tests.oracle.spaces import alone
from tests.oracle.wire import Truth

QUIET_S, PATIENT_S = 0.12, 0.6
"""How long nothing must be heard until a case is over; and when it was no agreement, the second time."""


class Result(NamedTuple):
    """story: everything that there is to say of a case, for people; "" where all agrees and nobody asked."""

    case: int
    verdict: str
    dispositions: tuple[str, ...]
    reasons: tuple[str, ...]
    wrong: tuple[str, ...]
    story: str


def predict(drawn: Plan, world: World) -> Path:
    asked = drawn.asked
    return trace(world, asked.source, asked.destination, Wanted(asked.proto, asked.port, drawn.sizes))


def judge(seed: int, talk: bool, case: int) -> Result:
    """Run a case; one that disagrees runs again, with patience, before it counts."""
    drawn = plan(seed, case)
    path: Path | None = None
    truths: list[Truth] = []
    wrong: list[str] = []
    for quiet_s in (QUIET_S, PATIENT_S):
        try:
            seen, truths = experience(drawn, quiet_s)
            path = predict(drawn, World(seen))
            wrong = disagreements(drawn, truths, path)
        except Exception:  # whatever it is, it is a disagreement, and the other cases go on
            wrong = [traceback.format_exc()]
        if not wrong:
            break
    story = tell(drawn, truths, path, wrong) if wrong or talk else ""
    if path is None:
        return Result(case, "none", (), (), tuple(wrong), story)
    small = min(each.size for each in path.traces)
    told = [each for each in path.traces if each.direction is not Direction.ICMP_ERROR]
    return Result(
        case,
        path.verdict,
        tuple(f"{each.direction} {each.disposition}" for each in told if each.size == small),
        tuple(dict.fromkeys(each.code for each in path.reasons[:1])),
        tuple(wrong),
        story,
    )


def tell(drawn: Plan, truths: list[Truth], path: Path | None, wrong: list[str]) -> str:
    asked = drawn.asked
    lines = [
        f"case {drawn.case}: {asked.source} → {asked.destination} {asked.proto} {asked.port or ''}",
        f"  again: ./run oracle --seed {drawn.seed} --case {drawn.case}",
        f"  cloud: {', '.join(drawn.hosts)}; tunnels {drawn.flood}; bridge-nf {drawn.brnf}; agent's firewall"
        f" {drawn.firewall}; zones {drawn.zones}; rp_filter {drawn.strict}; known connection {drawn.warm}",
    ]
    lines += [f"  server {vm.name}: {vm.nic.ip} {vm.fip} on {vm.nic.host} ({vm.nic.tap})" for vm in drawn.vms]
    for name, commands in draw(drawn):
        lines.append(f"  fault: {name}")
        lines += [f"    in {space}: {line}" for space, command in commands for line in command.splitlines()]
    lines += [f"  wrong: {each}" for each in wrong]
    for truth in truths:
        lines.append(f"  {truth.size} bytes there, {truth.back} back: {fate(drawn, truth)} {truth.refused}")
        lines.append(f"    taken by {truth.taken}, ICMP told {truth.told}")
    if truths:
        lines += [
            f"    {sight.time % 60:9.6f} {sight.space} {sight.device} {sight.way}"
            f"{' (for another)' if sight.foreign else ''} {sight.ours.what} {sight.ours.about}"
            for sight in truths[0].sights
        ]
    if path is not None:
        lines += _said(path)
    return "\n".join(lines)


def _said(path: Path) -> list[str]:
    lines = [f"  predicted: {path.verdict}, path MTU {path.path_mtu}"]
    lines += [f"    {each.code} at {each.at} ({each.direction}): {each.says}" for each in path.reasons]
    small = min(each.size for each in path.traces)
    for each in path.traces:
        lines.append(f"    {each.direction} {each.size}: {each.disposition} {each.reason}")
        for hop in each.hops if each.size == small else ():
            lines.append(f"      {hop.host} {hop.namespace}: {hop.enters} → {hop.leaves} {hop.guest}")
            lines += [f"        {step.kind}: {step.did} {step.reason}" for step in hop.steps]
    if path.traces:
        lines += [f"    taken for granted: {words}" for words in path.traces[0].assumptions]
    return lines


def main() -> int:
    words = argparse.ArgumentParser(prog="./run oracle", description=__doc__.split("\n\n")[0])
    words.add_argument("--cases", type=int, default=2000, help="how many (2000)")
    words.add_argument("--seed", type=int, default=1, help="of the draw (1)")
    words.add_argument("--from", type=int, default=0, dest="first", help="number of the first case (0)")
    words.add_argument("--case", type=int, help="only this one, and everything about it")
    words.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="cases at a time")
    given = words.parse_args()
    if os.geteuid():
        print("network namespaces need root", file=sys.stderr)
        return 2
    if given.case is not None:
        alone()
        found = judge(given.seed, True, given.case)
        print(found.story)
        return 1 if found.wrong else 0
    return many(given.seed, range(given.first, given.first + given.cases), given.at_once)


class Tally:
    """What came of the cases so far."""

    def __init__(self, wanted: int) -> None:
        self.began, self.wanted = time.monotonic(), wanted
        self.done = self.wrong = 0
        self.verdicts: Counter[str] = Counter()
        self.dispositions: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def add(self, found: Result) -> None:
        self.done += 1
        if found.wrong:
            self.wrong += 1
            print(found.story, flush=True)
        self.verdicts[found.verdict] += 1
        self.dispositions.update(found.dispositions)
        self.reasons.update(found.reasons)
        if self.done % 50 == 0:
            print(self, file=sys.stderr)

    def tell(self) -> None:
        counts = {"verdict": self.verdicts, "disposition": self.dispositions, "first reason": self.reasons}
        for name, counted in counts.items():
            print(f"\nby {name}:")
            print("\n".join(f"  {number:6} {what}" for what, number in counted.most_common()))
        unsure = self.verdicts[Verdict.AMBIGUOUS] + self.verdicts[Verdict.UNDETERMINED]
        print(f"\n{self}; {unsure} are left open by the prediction")

    def __str__(self) -> str:
        took = time.monotonic() - self.began
        return f"{self.done} of {self.wanted} cases in {took:.0f} s: {self.wrong} disagree"


def many(seed: int, cases: range, at_once: int) -> int:
    """Run them all, or as many as come before somebody interrupts."""
    tally = Tally(len(cases))
    with ProcessPoolExecutor(at_once, initializer=alone) as workers:
        try:
            for found in workers.map(partial(judge, seed, False), cases):
                tally.add(found)
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)
    tally.tell()
    return 1 if tally.wrong or tally.done < len(cases) else 0


if __name__ == "__main__":
    sys.exit(main())
