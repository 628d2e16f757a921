"""One case from beginning to end: built, broken, looked at, and then what real packets met there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.model.snapshot import Snapshot
from tests.oracle.build import Cloud, at
from tests.oracle.faults import Command, draw
from tests.oracle.look import look
from tests.oracle.plan import Plan
from tests.oracle.wire import Truth, Wire


def experience(plan: Plan, quiet_s: float) -> tuple[Snapshot, list[Truth]]:
    """The snapshot of the broken cloud before anything is sent, then what became of each probe."""
    cloud = Cloud(plan)
    try:
        if plan.warm:
            _send(cloud, probes(plan)[:1], quiet_s, first=10000)
        break_(cloud, [command for _, commands in draw(plan) for command in commands])
        seen = look(cloud)
        return seen, _send(cloud, probes(plan), quiet_s)
    finally:
        cloud.close()


def break_(cloud: Cloud, commands: Sequence[Command]) -> None:
    """A command that finds nothing left to break has nothing to do."""
    scripts: dict[str, list[str]] = defaultdict(list)
    for space, command in commands:
        scripts[space] += [f"{{\n{command}\n}} || true"]
    cloud.spaces.run({space: "\n".join(lines) for space, lines in scripts.items()})


def probes(plan: Plan) -> list[tuple[int, int]]:
    """(bytes there, bytes back): small both ways first, then each size there, and back."""
    small = plan.sizes[0]
    return [(small, small), *(pair for size in plan.sizes[1:] for pair in ((size, small), (small, size)))]


def _send(cloud: Cloud, sizes: Sequence[tuple[int, int]], quiet_s: float, first: int = 20000) -> list[Truth]:
    wire = Wire(cloud, at(*cloud.plan.asked.at), first)
    try:
        return wire.run(sizes, quiet_s)
    finally:
        wire.close()
