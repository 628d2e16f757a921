"""Ask ofproto/trace and the evaluator the same: ``python -m tests.trace.openflow [--lab] [PACKETS [SEED]]``.

Random packets in random tables; with --lab those of the recorded practice clouds, in their own tables. Prints
the counts, and every disagreement with what reproduces it. Exit status 1 when there is one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from mitate.analyze.trace.openflow import Switch, switches
from mitate.model.snapshot import Snapshot
from tests.trace.conftest import RECORDINGS, recorded
from tests.trace.openflow import lab
from tests.trace.openflow.compare import Probe, flow, key, observed, predicted
from tests.trace.openflow.pipelines import MACS, Maker, build, probe
from tests.trace.openflow.rig import Gone, Rig, missing, rig

EACH = 250
"""Packets for one set of tables."""


@dataclass
class Tally:
    packets: int = 0
    left: int = 0
    died: int = 0
    assumed: int = 0
    copies: int = 0

    def __str__(self) -> str:
        return (
            f"{self.packets} packets: {self.left} left the switch in {self.copies} copies, "
            f"{self.died} did not, {self.assumed} undecided and said so"
        )

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def random_tables(rig: Rig, random: Random, tracking: bool) -> Switch:
    """Load new random flows into every bridge."""
    switch = rig.switch()
    bridges = [switch.bridges[name] for name in sorted(switch.bridges)]
    for bridge in bridges:
        old = random.random() < 0.4
        maker = Maker(random, dict(bridge.numbers), tracking, old)
        groups = [] if old else maker.all_groups()
        flows = [flow for table in range(8) for flow in maker.table(table, random.randrange(2, 12))]
        if bridge.name != "br-int" and random.random() < 0.3:
            flows = ["priority=0,actions=NORMAL"]
        rig.flows(bridge.name, flows, groups, "10" if old else "14")
    for _ in range(6):
        bridge = random.choice(bridges)
        port = random.choice([name for name in sorted(bridge.numbers) if not name.startswith("broken")])
        rig.ask(
            "fdb/add",
            bridge.name,
            port,
            str(random.choice([0, 1, 2])),
            random.choice(MACS),
        )
    return rig.switch()


def disagreements(rig: Rig, switch: Switch, probes: list[Probe], count: Tally) -> Iterator[str]:
    ports = rig.ports()
    for one in probes:
        came, assumed = predicted(switch, one)
        really = observed(rig, ports, switch, one)
        count.packets += 1
        count.left += bool(really)
        count.died += not really
        count.copies += len(really)
        if assumed and came != really:
            count.assumed += 1
        elif came != really:
            where = switch.bridge_of(one.interface)
            assert where
            yield (
                f"{one}\n  ofproto/trace {where.name} {flow(key(switch, one))} --ct-next {one.states}\n"
                f"  only by the evaluator: {list((Counter(came) - Counter(really)).elements())}\n"
                f"  only by the switch: {list((Counter(really) - Counter(came)).elements())}\n"
                + rig.ask("ofproto/trace", where.name, flow(key(switch, one)), "--ct-next", one.states)
            )


def main(packets: int = 10_000, seed: int = 1) -> int:
    random, count, wrong, gone = Random(seed), Tally(), 0, 0
    sys.setrecursionlimit(20_000)  # random flows nest deeper than any agent's
    while count.packets < packets and gone < 20:
        with tempfile.TemporaryDirectory(prefix="ovst-") as where, rig(Path(where)) as real:
            build(real)
            try:
                while count.packets < packets:
                    switch = random_tables(real, random, tracking=random.random() < 0.5)
                    probes = [probe(random) for _ in range(min(EACH, packets - count.packets))]
                    for said in disagreements(real, switch, probes, count):
                        wrong += 1
                        print(f"disagreement {wrong}: {said}")
                        if wrong >= 10:
                            return 1
            except Gone:
                gone += 1
    print(
        f"{count}, {wrong} disagreements (seed {seed}; "
        f"ovs-vswitchd crashed {gone} times and was started again)"
    )
    return 1 if wrong else 0


def of_the_lab(packets: int = 10_000, seed: int = 1) -> int:
    """packets: for all hosts of all recordings together."""
    names = sorted(path.name.partition(".")[0] for path in (RECORDINGS / "ovs").iterdir())
    clouds = [(name, recorded(f"ovs/{name}")) for name in names]
    places = [(name, seen, host) for name, seen in clouds for host in switches(seen)]
    whole, wrong = Tally(), 0
    for at, (name, seen, host) in enumerate(places):
        share = packets * (at + 1) // len(places) - packets * at // len(places)
        for said in of_a_host(seen, host, share, seed, count := Tally()):
            wrong += 1
            print(f"disagreement {wrong}, {name}, {host}: {said}")
            if wrong >= 10:
                return 1
        print(f"{name}, {host}: {count}")
        whole.add(count)
    print(f"{whole}, {wrong} disagreements (seed {seed}; {len(names)} recordings)")
    return 1 if wrong else 0


def of_a_host(seen: Snapshot, host: str, packets: int, seed: int, count: Tally) -> Iterator[str]:
    """Disagreements about a recorded host."""
    with tempfile.TemporaryDirectory(prefix="ovst-") as where, rig(Path(where)) as real:
        switch = lab.load(real, seen, host)
        probes = lab.cases(Random(seed), lab.real(seen, host), packets)
        yield from disagreements(real, switch, probes, count)


if __name__ == "__main__":
    if lacks := missing():
        sys.exit(lacks)
    words = sys.argv[1:]
    asked = of_the_lab if words[:1] == ["--lab"] else main
    sys.exit(asked(*map(int, words[asked is of_the_lab :])))
