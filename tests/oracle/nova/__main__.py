"""Nova is the oracle: what `mitate placement` says of requests drawn by chance is held against what the lab's
own scheduler then does with them, to the hosts that remain after each of its filters.

    python -m tests.oracle.nova --requests 200 --seed 1      all of them, fifteen to a state of the cloud
    python -m tests.oracle.nova --seed 1 --request 17        one, with everything that there is to say
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from mitate.app import Truth as Where
from mitate.lab import Lab, LabError
from mitate.model.errors import CannotStart
from mitate.model.placement import Explanation, Given, Verdict
from mitate.placing import explain_placement
from tests.oracle.nova.api import connect
from tests.oracle.nova.arrange import World
from tests.oracle.nova.ask import Asked, SchedulerLog, Truth, ask_nova, give
from tests.oracle.nova.draw import Request, State, request, state
from tests.oracle.nova.judge import counts, disagreements

TO_A_STATE = 15
PATIENCE_S = 3.0
"""How long is waited before a request that disagrees is asked again: something may have been under way."""


class Result(NamedTuple):
    """story: all that there is to say of a request, for people. said: beforehand, then of what failed."""

    wrong: tuple[str, ...]
    story: str
    truth: Truth | None = None
    said: tuple[Explanation | CannotStart, ...] = ()
    took_s: float = 0.0


class Oracle:
    """The lab, and both who are asked about it. failed: see --failed."""

    def __init__(self, lab: Lab, failed: bool) -> None:
        self.lab, api, desk = lab, connect(lab), lab.desk
        self.where = Where(
            cloud="lab",
            inventory=desk.inventory,
            hosts=("controller",),  # where the scheduler and its configuration are
            ssh_config=desk.ssh_config,
            clouds_file=desk.clouds_yaml,
        )
        self._failed = failed
        self.log = SchedulerLog(lab)
        self.world = World(api)

    def clear(self) -> None:
        for host in self.world.clear():
            self.lab.sh(host, "systemctl kill --kill-whom=main -s HUP nova-compute")

    def draw_state(self, seed: int, number: int) -> State:
        return state(seed, number, self.world.hosts, self.world.api.project)

    def judge(self, seed: int, wanted: Request, there: State) -> Result:
        """Ask both; where they disagree, make the state so again and ask once more before it counts."""
        began = time.monotonic()
        found = self._ask(seed, wanted, there)
        if found.wrong:
            self.world.arrange(there)
            time.sleep(PATIENCE_S)
            found = self._ask(seed, wanted, there)
        return found._replace(took_s=time.monotonic() - began)

    def _ask(self, seed: int, wanted: Request, there: State) -> Result:
        said: list[Explanation | CannotStart] = []
        truth: Truth | None = None

        def failed(server: str) -> None:
            said.append(self._explain(server, Given()))

        try:
            asked = give(self.world, wanted)
            said.append(self._explain("", given(asked, self.world.api.project)))
            truth = ask_nova(self.world, self.log, asked, failed if self._failed else None)
            wrong = disagreements(truth, said[0])
            for after in said[1:]:
                wrong += [f"of the server in ERROR: {each}" for each in disagreements(truth, after)]
        except Exception:  # whatever it is, it is a disagreement, and the other requests go on
            wrong = [traceback.format_exc()]
        return Result(tuple(wrong), tell(seed, wanted, there, truth, said, wrong), truth, tuple(said))

    def _explain(self, server: str, options: Given) -> Explanation | CannotStart:
        """CannotStart: it is no request at all; as good an answer as the API's own no."""
        try:
            return asyncio.run(explain_placement(self.where, server, options, None))
        except CannotStart as no:
            return no


def given(asked: Asked, project: str) -> Given:
    """The request as a person would give it to ``mitate placement``."""
    wanted = asked.request
    return Given(
        flavor=asked.flavor,
        image=asked.image,
        zone=wanted.zone,
        host=wanted.host,
        hints=asked.hints + ((("group", asked.group),) if asked.group else ()),
        project=project,
        count=wanted.count,
    )


def tell(
    seed: int,
    wanted: Request,
    there: State,
    truth: Truth | None,
    said: Iterable[Explanation | CannotStart],
    wrong: Iterable[str],
) -> str:
    sizes = f"{wanted.vcpus} VCPU, {wanted.ram_mb} MB, {wanted.disk_gb}+{wanted.ephemeral_gb} GB"
    lines = [
        f"request {wanted.number}: {sizes}, swap {wanted.swap_mb} MB, {wanted.count} of it",
        f"  again: ./run nova-oracle --seed {seed} --request {wanted.number}",
        f"  flavour {dict(wanted.specs)}; image {wanted.image.name} {dict(wanted.image.properties)}",
        f"  zone {wanted.zone or '-'}, host {wanted.host or '-'}, group {wanted.group or '-'}",
        f"  hints {wanted.hints}",
    ]
    lines += [f"  wrong: {each}" for each in wrong]
    if truth is not None:
        lines.append(
            f"  Nova: {truth.stage or 'a host'} {truth.refused or truth.fault} ({truth.took_s:.1f} s)"
        )
        lines.append(f"    after Placement: {sorted(truth.log.candidates or ())}")
        lines += [f"    {each.name}: {each.left} {sorted(each.hosts or ())}" for each in truth.log.filters]
        lines.append(f"    in the end: {sorted(truth.log.final or ())}, {truth.log.selected} selected")
        lines += [f"    {each}" for each in truth.log.errors]
    for each in said:
        lines += _said(each) if isinstance(each, Explanation) else [f"  said: {each}"]
    lines += [f"  host {each}" for each in there.nodes]
    lines += [f"  {each}" for each in (*there.aggregates, *there.groups, *there.servers)]
    return "\n".join(lines)


def _said(said: Explanation) -> list[str]:
    lines = [
        f"  said: {said.verdict} {said.stage}: {said.says} ({said.api_requests} requests, {said.took_s} s)"
    ]
    lines += [f"    {each.stage} {each.name}: {each.left} (open: {each.unknown})" for each in said.waterfall]
    lines += [
        f"    {each.host}: {each.stage or ''} {each.rejected_by} {each.says} {each.unknown}"
        for each in said.hosts
    ]
    lines += [f"    taken for granted: {words}" for words in said.assumptions]
    lines += [f"    not seen: {gap.where} {gap.what}: {gap.why}" for gap in said.gaps]
    return lines


class Tally:
    """What came of the requests so far."""

    def __init__(self, wanted: int) -> None:
        self.began, self.wanted = time.monotonic(), wanted
        self.done = self.wrong = 0
        self.counted: dict[str, Counter[str]] = defaultdict(Counter)
        self.requests: list[int] = []
        self.took: list[float] = []

    def add(self, found: Result) -> None:
        self.done += 1
        self.took.append(found.took_s)
        if found.wrong:
            self.wrong += 1
            print(found.story, flush=True)
        self.requests += [each.api_requests for each in found.said if isinstance(each, Explanation)]
        if found.truth and found.said:
            for heading, what in counts(found.truth, *found.said):
                self.counted[heading][what] += 1
        if self.done % 10 == 0:
            print(self, file=sys.stderr, flush=True)

    def tell(self) -> None:
        for heading, counted in self.counted.items():
            print(f"\n{heading}:")
            print("\n".join(f"  {number:6} {what}" for what, number in counted.most_common()))
        unsure = self.counted["verdict said"][str(Verdict.UNKNOWN)]
        print(f"\n{self}; {unsure} are left open by the explanation")
        print(f"at most {max(self.requests, default=0)} requests to the API for one explanation")

    def __str__(self) -> str:
        took = time.monotonic() - self.began
        return f"{self.done} of {self.wanted} requests in {took:.0f} s: {self.wrong} disagree"


def many(oracle: Oracle, seed: int, numbers: range) -> int:
    """Run them all, or as many as come before somebody interrupts."""
    tally = Tally(len(numbers))
    there: State | None = None
    arranged = None
    try:
        for number in numbers:
            if there is None or arranged != number // TO_A_STATE:
                arranged = number // TO_A_STATE
                there = oracle.draw_state(seed, arranged)
                oracle.world.arrange(there)
            tally.add(oracle.judge(seed, request(seed, number, there, oracle.world.hosts), there))
    except KeyboardInterrupt:
        pass
    tally.tell()
    return 1 if tally.wrong or tally.done < len(numbers) else 0


def one(oracle: Oracle, seed: int, number: int) -> int:
    there = oracle.draw_state(seed, number // TO_A_STATE)
    oracle.world.arrange(there)
    found = oracle.judge(seed, request(seed, number, there, oracle.world.hosts), there)
    print(found.story)
    return 1 if found.wrong else 0


def main() -> int:
    words = argparse.ArgumentParser(prog="./run nova-oracle", description=(__doc__ or "").split("\n\n")[0])
    words.add_argument("--requests", type=int, default=200, help="how many (200)")
    words.add_argument("--seed", type=int, default=1, help="of the draw (1)")
    words.add_argument("--from", type=int, default=0, dest="first", help="number of the first request (0)")
    words.add_argument("--request", type=int, help="only this one, and everything about it")
    words.add_argument("--failed", action="store_true", help="ask about each server in ERROR as well")
    words.add_argument("--leave", action="store_true", help="leave the state as it is in the end")
    asked = words.parse_args()
    if os.geteuid():
        print("the practice cloud needs root", file=sys.stderr)
        return 2
    logging.getLogger("keystoneauth").setLevel(logging.ERROR)  # it tells of each connection it makes again
    lab = Lab.at()
    try:
        with lab.locked("nova-oracle"):
            return play(lab, asked)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2


def play(lab: Lab, asked: argparse.Namespace) -> int:
    """Raises LabError when the lab is not up."""
    oracle = Oracle(lab, asked.failed)
    if not any(host.fake for host in oracle.world.hosts):
        print("the lab has no fake computes: `mitate lab up --fake-computes 10`", file=sys.stderr)
        return 2
    try:
        oracle.world.prepare()
        if asked.request is not None:
            return one(oracle, asked.seed, asked.request)
        return many(oracle, asked.seed, range(asked.first, asked.first + asked.requests))
    finally:
        if not asked.leave:
            oracle.clear()


if __name__ == "__main__":
    sys.exit(main())
