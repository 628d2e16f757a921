from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.paths import Wish, wishes
from mitate.analyze.subjects import (
    floating_ip_subject,
    host_subject,
    network_subject,
    port_subject,
    router_subject,
)
from mitate.analyze.trace.verdict import trace
from mitate.analyze.trace.world import World
from mitate.model.cloud import FloatingIp, Port, Router
from mitate.model.diagnosis import Confidence, Severity, Subject
from mitate.model.errors import CannotStart
from mitate.model.net import Link
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap
from mitate.model.trace import Failure, Path, Verdict

NAMED = 3
SOUND = (Verdict.REACHABLE, Verdict.UNDETERMINED)
MILD = (Verdict.REACHABLE_SMALL_ONLY, Verdict.AMBIGUOUS)


@walk_check(Port, Link, severity=Severity.CRITICAL, symptom=True)
def path_broken(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """A path that the cloud is there for does not work: a packet was walked along it, and it dies.

    What it means
        Every floating IP, every router's way out, every DHCP server and every metadata path of the cloud is
        walked in the snapshot, there and back, as a packet would go; nothing is sent. Here a packet dies, or
        its reply does. What is said is the first place where that happens; all paths that die there for the
        same reason are one finding.
    Why it happens
        The reason has a page of its own: `mitate explain` with the code in the finding. What a security group
        forbids on purpose is not held against the path, and a server's own inside is taken to be well.
    Look again
        mitate trace SOURCE DESTINATION         # the same path, hop by hop, with its evidence
        mitate trace SOURCE DESTINATION --live  # and with real, marked packets
    Fix
        It depends on the reason: the finding names the command, its page the background.
    """
    world = World(snapshot)
    chosen, notes = wishes(world)
    yield from notes
    broken: dict[tuple[str, str, str, str], list[tuple[Wish, Path, Failure]]] = defaultdict(list)
    for wish in chosen:
        try:
            path = trace(world, wish.source, wish.destination)
        except CannotStart as why:
            yield Gap("everywhere", f"the walk to {wish.name}", str(why), ("Link",))
            continue
        if path.verdict is Verdict.UNDETERMINED:
            first = next(iter(path.reasons), None)
            says = first.says if first else "nobody could say whether the packet arrives"
            yield Gap(
                first.at.host if first and first.at.host else "everywhere",
                "the walk of a packet",
                says,
                ("Link",),
            )
        failure = _worth_telling(path)
        if failure is not None:
            at = failure.at
            device = "" if at.namespace else at.device  # a router is one place, whichever leg it is at
            broken[failure.code, at.host, at.namespace, device].append((wish, path, failure))
    for same in broken.values():
        wish, path, failure = same[0]
        names = ", ".join(each.name for each, _, _ in same[:NAMED])
        more = f" and {len(same) - NAMED} more" if len(same) > NAMED else ""
        yield Problem(
            subject=_subject(world, wish, failure),
            says=f"{names}{more}: {failure.says} ({failure.code})",
            seen=failure.evidence or (_anything(world),),
            severity=Severity.WARNING if path.verdict in MILD else None,
            confidence=failure.confidence,
            fix=failure.fix[:1],
        )


def _worth_telling(path: Path) -> Failure | None:
    """The reason to tell of a path; None when it works, when nobody can say, or when it is as wanted."""
    if path.verdict in SOUND:
        return None
    for reason in path.reasons:
        if reason.code not in path.as_wanted and reason.confidence is not Confidence.INFERRED:
            return reason
    return None


def _anything(world: World) -> Port | Link:
    return world.ports[0] if world.ports else world.snapshot.all(Link)[0]


def _subject(world: World, wish: Wish, failure: Failure) -> Subject:
    """What an operator would call the thing at which it dies: other findings about it meet this one."""
    at = failure.at
    if failure.layer in ("nat", "external") and failure.code != "EXT_BRIDGE_PORT_MISSING":
        floating = world.floating.get(wish.destination)
        if floating is not None:
            return floating_ip_subject(floating)
    for prefix in ("qrouter-", "snat-"):
        router = (
            _named(world, Router, at.namespace.removeprefix(prefix))
            if at.namespace.startswith(prefix)
            else None
        )
        if isinstance(router, Router):
            return router_subject(router)
    if at.namespace.startswith("qdhcp-"):
        net = world.networks.get(at.namespace[6:])
        if net is not None:
            return network_subject(net)
    port = world.port_of_device.get(at.device[3:14])
    if port is not None:
        server = next((each for each in world.servers if each.id == port.device_id), None)
        return port_subject(port, server)
    if at.device:
        return Subject("link", f"{at.host}:{at.device}", f"{at.device} on {at.host}", at.host)
    if at.host:
        return host_subject(at.host)
    floating = world.floating.get(wish.destination)
    return floating_ip_subject(floating) if floating is not None else Subject("path", wish.name, wish.name)


def _named(world: World, kind: type[Router | FloatingIp], id_: str) -> Router | FloatingIp | None:
    return next((each for each in world.snapshot.all(kind) if each.id == id_), None)
