from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import Shelf, amount, asked, got_no_host, shelves, short_of
from mitate.analyze.subjects import provider_subject
from mitate.analyze.words import listed
from mitate.model.cloud import Server
from mitate.model.diagnosis import Confidence, Evidence, Severity
from mitate.model.host import ConfigOption
from mitate.model.placement import Allocation, Inventory, PlacementAudit, Provider

NOVAS = frozenset(("VCPU", "PCPU", "MEMORY_MB", "DISK_GB", "VGPU", "MEM_ENCRYPTION_CONTEXT"))
"""What servers hold; a consumer of nothing but other classes may be anybody's."""
MOVING = frozenset(("RESIZE", "VERIFY_RESIZE", "REVERT_RESIZE", "MIGRATING"))
"""Of such a server the migration holds the source's share, under a UUID of its own."""


@check(
    Server,
    Provider,
    Allocation,
    Inventory,
    ConfigOption,
    PlacementAudit,
    severity=Severity.WARNING,
    whole=1,
    helps=3,
)
def orphaned_allocations(
    servers: Sequence[Server],
    providers: Sequence[Provider],
    allocations: Sequence[Allocation],
    inventories: Sequence[Inventory],
    options: Sequence[ConfigOption],
    audits: Sequence[PlacementAudit],
) -> Problems:
    """Placement holds room for consumers that are no server (any more).

    What it means
        The room is lost: the host looks fuller than it is, until "no valid host" is the answer with a host
        that stands half empty. Nothing gives it back by itself.
    Why it happens
        A server was deleted, or a migration ended, while Placement or the compute could not be reached; a
        compute was replaced with servers on it; an evacuated host never came back to clean up; rows were
        purged from the database by hand.
    Look again
        openstack server show CONSUMER               # must know no such server
        openstack resource provider show --allocations PROVIDER
        nova-manage placement audit --verbose
    Fix
        Be sure first that nobody owns it. While servers are being moved (resize, migration), the room on
        the source is held by the migration, whose UUID no server list shows; servers that were deleted but
        may still be restored (reclaim_instance_interval) are in no ordinary list; and services such as Zun
        have consumers of their own. Nova's audit knows the migrations; where it could be run, what it names
        is proved. Then:
        openstack resource provider allocation delete CONSUMER
    """
    known = {server.id for server in servers}
    held: dict[str, dict[str, list[Allocation]]] = defaultdict(lambda: defaultdict(list))
    for allocation in allocations:
        if allocation.consumer_id not in known:
            held[allocation.provider_id][allocation.consumer_id].append(allocation)
    held = {where: {who: what for who, what in by.items() if _novas(what)} for where, by in held.items()}
    proofs = {audit.provider_id: audit for audit in audits}
    # the audit knows every migration: what it names is none
    sure = {(where, who) for where, audit in proofs.items() for who, _ in audit.orphans}
    strangers = {who for where, by in held.items() for who in by if (where, who) not in sure}
    doubts = _doubts(servers, options)
    moving = sum(server.status in MOVING for server in servers)
    rooms, by_id = shelves(inventories), {provider.id: provider for provider in providers}
    for where, by in held.items():
        # no more strangers than servers on the move: each may be the migration of one of them
        maybe = len(strangers) > moving
        consumers = {who: what for who, what in by.items() if maybe or (where, who) in sure}
        if where not in by_id or not consumers:
            continue
        provider = by_id[where]
        root = by_id.get(provider.root_id, provider)
        proved = all((where, who) in sure for who in consumers)
        sums = _sums(consumers)
        blocked = _blocked(servers, rooms.get(where, {}), sums)
        what = listed([amount(number, name) for name, number in sorted(sums.items())])
        count = len(consumers)
        whom = "a consumer that is no server" if count == 1 else f"{count} consumers that are no servers"
        says = f"{root.name} holds {what} for {whom}: {listed(sorted(consumers), 2)}"
        if blocked:
            says += f"; without that there would be room for server {blocked[0].name}, which got no host"
        if doubts and not proved:
            says += f" ({', '.join(doubts)})"
        unproved = Confidence.INFERRED if doubts else Confidence.CONFIRMED
        yield Problem(
            subject=provider_subject(provider, root.name),
            says=says,
            seen=(
                *(part for who in sorted(consumers)[:3] for part in consumers[who]),
                Evidence.of(servers[0], f"none of {len(servers)} servers has these ids")
                if servers
                else provider,
                *([proofs[where]] if where in proofs else ()),
                *blocked[:1],
            ),
            confidence=Confidence.PROVED if proved else unproved,
            fix=tuple(
                shell(*words, who)
                for who in sorted(consumers)[:5]
                for words in (
                    ("openstack", "server", "show"),
                    ("openstack", "resource", "provider", "allocation", "delete"),
                )
            ),
        )


def _doubts(servers: Sequence[Server], options: Sequence[ConfigOption]) -> list[str]:
    """Whose a consumer may be that no list of servers shows."""
    moving = sum(server.status in MOVING for server in servers)
    doubts = [f"{moving} may belong to moves that go on"] if moving else []
    if any(each.name == "reclaim_instance_interval" and each.value != "0" for each in options):
        doubts.append("deleted servers can be restored in this cloud (reclaim_instance_interval)")
    return doubts


def _novas(allocations: Sequence[Allocation]) -> bool:
    return any(each.resource_class in NOVAS for each in allocations)


def _sums(consumers: Mapping[str, Sequence[Allocation]]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for held in consumers.values():
        for each in held:
            sums[each.resource_class] += each.amount
    return dict(sums)


def _blocked(servers: Sequence[Server], shelf: Shelf, held: Mapping[str, int]) -> list[Server]:
    """The servers without a host that have no room there now, and would have without what is held."""
    found = []
    for server in servers:
        if got_no_host(server):
            wanted = asked(server)
            short = short_of(wanted, shelf)
            if short and all(room + held.get(name, 0) >= wanted[name] for name, room in short.items()):
                found.append(server)
    return found
