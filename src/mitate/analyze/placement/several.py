"""Whether a request for several servers gets a host for each of them.

Nova's scheduler takes one server after the other: it asks the filters again with what it has given out so
far, claims at Placement, and gives none of them a host when one of them gets none
(nova.scheduler.manager.SchedulerManager._schedule).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.candidates import tree
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import Filter
from mitate.analyze.placement.filters._looks import servers_on
from mitate.analyze.placement.filters._mends import ASK_ELSE, ask_again
from mitate.analyze.placement.judge import Judged, Judgement, filters_of
from mitate.analyze.placement.offers import offer
from mitate.analyze.placement.request import Ask
from mitate.analyze.words import listed
from mitate.model.placement import Change, Stage, Wanted


class Room(msgspec.Struct, frozen=True):
    """How many servers of a request one host takes. least: for sure. open: why it may be more.

    full: it is Placement that gives no more; the filters would let more through.
    """

    host: str
    least: int
    most: int
    full: bool = False
    open: str = ""


class Served(msgspec.Struct, frozen=True):
    """How many servers of a request get a host. stage: where the first dies that gets none."""

    least: int
    most: int
    stage: Stage
    rooms: tuple[Room, ...]

    @property
    def why_open(self) -> str:
        """The first reasons, and of how many hosts there are more."""
        reasons = list(dict.fromkeys(each.open for each in self.rooms if each.open))
        more = [f"so it is with {len(reasons) - 2} more"] if len(reasons) > 2 else []
        return "; ".join([*reasons[:2], *more])

    def says(self, count: int) -> str:
        """Only 3 of the 12 servers get a host: a takes 2 and b 1."""
        shown = sorted(self.rooms, key=lambda each: (-each.least, each.host))
        parts = [f"{each.host} takes {each.least}" for each in shown[:3]]
        parts += [f"{len(shown) - 3} more hosts the others"] if len(shown) > 3 else []
        return f"Only {self.least} of the {count} servers get a host: {listed(parts)}."


def served(wanted: Wanted, ask: Ask, cloud: Cloud, judgement: Judgement) -> Served:
    """Of a request that some host would take one server of. It is counted no further than to its count."""
    together = (
        wanted.group is not None
        and wanted.group.policy == "affinity"
        and any(each.name == "ServerGroupAffinityFilter" for each in judgement.filters)
    )
    rooms: list[Room] = []
    for each in judgement.hosts:
        if each.refusals:
            continue
        rooms.append(_room(each, wanted, ask, cloud, judgement.filters))
        if not together and sum(one.least for one in rooms) >= wanted.count:
            break
    stage = Stage.CLAIM if any(each.full for each in rooms) else Stage.FILTERS
    least, most = [each.least for each in rooms] or [0], [each.most for each in rooms] or [0]
    if together:  # all go where the first one goes, and nobody can tell which host Nova prefers
        return Served(min(least), max(most), stage, tuple(rooms))
    return Served(sum(least), sum(most), stage, tuple(rooms))


def enough(wanted: Wanted, found: Served, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Ask for as many as fit, or make room for the others: each host that a change gives takes one
    at least."""
    if not found.least:
        doubt = f"how many of the {wanted.count} then fit was not counted"
        return tuple(
            msgspec.structs.replace(each, risk=f"{each.risk}; {doubt}" if each.risk else doubt)
            for each in changes
        )
    lack = wanted.count - found.least
    return (_fewer(wanted, found), *(each for each in changes if len(each.hosts_then) >= lack))


def _fewer(wanted: Wanted, found: Served) -> Change:
    return Change(
        f"ask for {found.least} of them, not {wanted.count}",
        tuple(sorted(each.host for each in found.rooms if each.least)),
        (ask_again(msgspec.structs.replace(wanted, count=found.least)),),
        effort=ASK_ELSE,
    )


def _room(judged: Judged, wanted: Wanted, ask: Ask, cloud: Cloud, filters: Sequence[Filter]) -> Room:
    """Of a host that takes one of them, or may do so."""
    host, count = judged.host, wanted.count
    least = most = count
    why = next(iter(judged.unknown), "")
    try:
        least = most = min(count, _capacity(ask, host, cloud))
    except Unseen as unseen:
        least, why = 1, why or str(unseen)
    full = most < count
    for placed in range(1, most + 1):
        said = filters_of(filters, *_with(host, wanted, placed, cloud), cloud)
        if any(isinstance(each, Refusal) for each in said):
            least, most, full = min(least, placed), placed, False
            break
        if (unsure := next((each for each in said if isinstance(each, str)), "")) and placed < least:
            least, why = placed, why or unsure
    if judged.unknown:
        least = 0
    return Room(host.host, least, most, full, why if least < most else "")


def _capacity(ask: Ask, host: HostState, cloud: Cloud) -> int:
    """How many of them Placement gives a host's resources to. Raises Unseen.

    Of a question and its fallback the first that the host answers counts, as for Nova's claims.
    """
    found = _of(ask, host, cloud)
    if not found and ask.fallback:
        found = _of(ask.fallback, host, cloud)
    return max(1, found)  # Placement itself offers it


def _of(ask: Ask, host: HostState, cloud: Cloud) -> int:
    amounts: dict[str, int] = defaultdict(int)
    for one in ask.constraints:
        if one.kind == "resource":
            amounts[one.name] += one.amount
    counts = []
    for name, amount in amounts.items():
        offers = [offer(cloud, each, name, host.hypervisor) for each in tree(host, cloud)]
        givers = [each for each in offers if each.capacity or each.full]
        if len(givers) > 1:
            raise Unseen(
                f"{host.host} has {len(givers)} providers of {name}, and which ones Nova takes it from"
            )
        counts.append(givers[0].left // amount if givers else 0)
    return min(counts, default=0)


def _with(host: HostState, wanted: Wanted, placed: int, cloud: Cloud) -> tuple[HostState, Wanted]:
    """A host, and the request with its group, as the scheduler sees them after it gave so many of the servers
    to that host (nova.scheduler.host_manager.HostState.consume_from_request)."""
    new = tuple(f"{wanted.name} {number}" for number in range(placed))
    if wanted.group is not None:
        group = msgspec.structs.replace(wanted.group, members=(*wanted.group.members, *new))
        wanted = msgspec.structs.replace(wanted, group=group)
    own = host.hypervisor
    if own is not None:
        disk = wanted.ephemeral_gb + (0 if wanted.from_volume else wanted.disk_gb)
        taken = {
            "free_ram_mb": -wanted.ram_mb,
            "free_disk_gb": -disk,
            "disk_available_least": -disk,
            "vcpus_used": wanted.vcpus,
            "running_vms": 1,
        }
        told = {name: getattr(own, name) for name in taken}
        left = {name: have + taken[name] * placed for name, have in told.items() if have is not None}
        own = msgspec.structs.replace(own, **left)
    servers = None
    with suppress(Unseen):
        servers = servers_on(host, cloud).union(new)
    return msgspec.structs.replace(host, hypervisor=own, servers=servers, placed=placed), wanted
