"""States of a cloud, and requests for servers, drawn by chance; the same seed draws the same.

Everything is by name: `arrange.py` makes a state so, `ask.py` asks for a server, each finding the ids.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import msgspec

from tests.oracle.nova.vocabulary import IMAGES, QUERIES, SPECS, TRAITS, Image, Pairs

CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
PREFIX = "oracle-"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to one host. taken: what consumers that no server stands for hold, by class.

    ratios, reserved: of its inventory. licenses: of the provider below it, 0 for none.
    """

    name: str
    disabled: bool = False
    down: bool = False
    ratios: tuple[tuple[str, float], ...] = ()
    reserved: tuple[tuple[str, int], ...] = ()
    taken: tuple[tuple[str, int], ...] = ()
    traits: frozenset[str] = frozenset()
    licenses: int = 0


class Aggregate(msgspec.Struct, frozen=True):
    name: str
    zone: str
    hosts: frozenset[str]
    metadata: Pairs


class Group(msgspec.Struct, frozen=True):
    name: str
    policy: str
    max_per_host: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """A server that is there already."""

    name: str
    host: str
    group: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    nodes: tuple[Node, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    groups: tuple[Group, ...] = ()
    servers: tuple[Standing, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """zone: NAME or NAME:HOST. hints: a value @NAME stands for the id of that server, and group is a name."""

    number: int
    vcpus: int
    ram_mb: int
    disk_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    specs: Pairs = ()
    image: Image
    zone: str = ""
    host: str = ""
    hints: Pairs = ()
    group: str = ""
    count: int = 1


class Host(msgspec.Struct, frozen=True):
    """A host as it is found. room: how much of each class there is to take. fake: servers cost it nothing."""

    name: str
    room: Mapping[str, int]
    fake: bool
    address: str = ""


def state(seed: int, number: int, hosts: Sequence[Host], project: str) -> State:
    """project: the id of the project that asks, which some aggregates are for."""
    chance = random.Random(f"state {seed} {number}")
    fakes = [host for host in hosts if host.fake]
    groups = tuple(
        Group(f"{PREFIX}{policy}", policy, limit)
        for policy, limit in (
            ("affinity", None),
            ("anti-affinity", chance.choice((None, 1, 2))),
            ("soft-affinity", None),
            ("soft-anti-affinity", None),
        )
    )
    servers = tuple(
        Standing(
            f"{PREFIX}s{number}-{count}",
            host.name,
            groups[0].name
            if count == 0
            else chance.choice(["", groups[1].name, groups[1].name, groups[2].name]),
        )
        for count, host in enumerate(chance.sample(fakes, min(chance.randint(1, 4), len(fakes))))
    )
    held = {server.host for server in servers}
    nodes = tuple(_node(chance, host, host.name in held) for host in hosts)
    return State(nodes=nodes, aggregates=_aggregates(chance, hosts, project), groups=groups, servers=servers)


def _node(chance: random.Random, host: Host, held: bool) -> Node:
    if not host.fake:
        # what lands on it is built in earnest: mostly it is full
        full = tuple((name, room) for name, room in host.room.items() if name == "MEMORY_MB")
        return Node(name=host.name, taken=full if chance.random() < 0.85 else ())
    taken, ratios, reserved = [], [], []
    crowded = chance.random() < 0.5
    for name in CLASSES:
        total = host.room[name]
        ratio = chance.choice((0.1, 0.5, 1.5, 4.0, 16.0)) if chance.random() < 0.3 else 1.0
        kept = chance.choice((total // 10, total // 2, max(0, total - 4))) if chance.random() < 0.15 else 0
        ratios.append((name, ratio))
        reserved.append((name, kept))
        room = int((total - kept) * ratio)
        if crowded and chance.random() < 0.4:
            left = chance.choice(_FREE[name])
            taken.append((name, min(total, max(0, room - left))))  # one consumer has no more than max_unit
    return Node(
        name=host.name,
        disabled=chance.random() < 0.12,
        down=not held and chance.random() < 0.1,
        ratios=tuple(ratios),
        reserved=tuple(reserved),
        taken=tuple(each for each in taken if each[1]),
        traits=frozenset(trait for trait in TRAITS if chance.random() < 0.4),
        licenses=chance.choice((0, 0, 1, 2, 4)),
    )


_FREE = {"VCPU": (0, 1, 2, 4), "MEMORY_MB": (0, 64, 512, 2048, 4096), "DISK_GB": (0, 1, 5, 20, 100)}
"""What is left of a crowded host, by chance."""


def _aggregates(chance: random.Random, hosts: Sequence[Host], project: str) -> tuple[Aggregate, ...]:
    """Two zones that share no host, and others that may."""
    fakes = [host.name for host in hosts if host.fake]
    chance.shuffle(fakes)
    cut = sorted(chance.sample(range(len(fakes) + 1), 2))
    found = [
        Aggregate(f"{PREFIX}az1", "oracle-az1", frozenset(fakes[: cut[0]]), _metadata(chance, project)),
        Aggregate(
            f"{PREFIX}az2", "oracle-az2", frozenset(fakes[cut[0] : cut[1]]), _metadata(chance, project)
        ),
    ]
    for name in ("a", "b", "c"):
        members = frozenset(host.name for host in hosts if chance.random() < 0.4)
        found.append(Aggregate(f"{PREFIX}{name}", "", members, _metadata(chance, project)))
    return tuple(found)


def _metadata(chance: random.Random, project: str) -> Pairs:
    every = (
        (0.5, "oracle_tier", ("gold", "silver", "gold,silver", "bronze")),
        (0.3, "oracle_level", ("2", "5", "2,3")),
        (0.2, "os_distro", ("debian", "windows", "debian,rhel")),
        (0.2, "filter_tenant_id", (project, "0" * 32, f"{'0' * 32},{project}")),
        (0.1, "max_instances_per_host", ("1", "2", "50")),
        (0.1, "max_io_ops_per_host", ("1", "8")),
        (0.1, "trait:CUSTOM_ORACLE_SSD", ("required",)),
        (0.05, "instance_type", (f"{PREFIX}flavor", "m1.tiny")),
    )
    return tuple((key, chance.choice(values)) for odds, key, values in every if chance.random() < odds)


def request(seed: int, number: int, there: State, hosts: Sequence[Host]) -> Request:
    """One request for a state; most are plain in all but one or two ways."""
    chance = random.Random(f"request {seed} {number}")
    ways = chance.choice((0, 1, 1, 1, 2, 2, 2, 3))
    chosen = chance.sample(
        ("specs", "specs", "specs", "image", "image", "zone", "host", "hint", "hint", "group", "count"), ways
    )
    given: dict[str, object] = {}
    specs: dict[str, str] = {}
    if "specs" in chosen:
        for _ in range(chosen.count("specs")):
            specs |= dict(chance.choices([pairs for _, pairs in SPECS], [odds for odds, _ in SPECS])[0])
    zone = ""
    if "zone" in chosen:
        zone = _zone(chance, hosts)
    if "host" in chosen and ":" not in zone:
        given["host"] = chance.choice([*(each.name for each in hosts), "no-such-host"])
    if "hint" in chosen:
        given["hints"] = _hints(chance, there, hosts)
    if "group" in chosen:
        given["group"] = chance.choice(there.groups).name
    if "count" in chosen:
        given["count"] = chance.choice((2, 2, 3, 5, 12))
    return Request(
        number=number,
        vcpus=chance.choice((*[1] * 12, 2, 2, 4, 8, 64)),
        ram_mb=chance.choice((*[64] * 8, 512, 512, 512, 2048, 4096, 100_000)),
        disk_gb=chance.choice((*[1] * 10, 5, 5, 20, 100, 2000)),
        ephemeral_gb=chance.choice((0, 0, 0, 0, 1, 10)),
        swap_mb=chance.choice((0, 0, 0, 0, 512, 1500)),
        specs=tuple(specs.items()),
        image=chance.choice(IMAGES) if "image" in chosen else IMAGES[0],
        zone=zone,
        **given,  # type: ignore[arg-type]  # each by its own type above
    )


def _zone(chance: random.Random, hosts: Sequence[Host]) -> str:
    name = chance.choice(("oracle-az1", "oracle-az1", "oracle-az2", "oracle-az2", "nova", "no-such-zone"))
    if chance.random() < 0.7:
        return name
    return (
        f"{chance.choice((name, 'nova'))}:{chance.choice([*(each.name for each in hosts), 'no-such-host'])}"
    )


def _hints(chance: random.Random, there: State, hosts: Sequence[Host]) -> Pairs:
    servers = [f"@{server.name}" for server in there.servers]
    kind = chance.choice(("same_host", "different_host", "different_host", "query", "near", "unheard_of"))
    if kind == "query":
        names = [host.name for host in chance.sample(hosts, 2)]
        return (("query", chance.choice(QUERIES).replace("{0}", names[0]).replace("{1}", names[1])),)
    if kind == "near":
        near = ("build_near_host_ip", chance.choice([host.address or "10.0.0.21" for host in hosts]))
        return (near, ("cidr", chance.choice(("/32", "/24", "/30")))) if chance.random() < 0.7 else (near,)
    if kind == "unheard_of":
        return (("oracle_hint", "x"),)
    return tuple((kind, server) for server in chance.sample(servers, chance.randint(1, min(2, len(servers)))))
