"""How fast a packet is walked: one pair in both directions and six sizes, every floating IP of a network node
with 500 routers, and a host with 28,000 flows of Open vSwitch read in; beside ``ofproto/trace`` in the same run.

The network node is made out of a real recording (a healthy one, of the practice cloud unless another is given):
its router is copied 500 times, with networks, servers, ports, addresses and floating IPs of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import statistics
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from measure import show

from mitate.analyze.paths import wishes
from mitate.analyze.trace.verdict import Wanted, trace
from mitate.analyze.trace.world import World
from mitate.app import Truth, open_eyes
from mitate.collect.look import look
from mitate.model.cloud import FloatingIp, Network, Port, Router, Server, Subnet
from mitate.model.net import Link
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Fact
from mitate.model.trace import Verdict

SIZES = (84, 576, 1280, 1400, 1450, 1500)
RECORDED = Path(__file__).parents[1] / "tests/recordings/healthy.tar.gz"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--routers", type=int, default=500, help="routers of the network node (%(default)s)")
    parser.add_argument("--bundle", type=Path, default=RECORDED, help="the recording that is multiplied")
    options = parser.parse_args()
    seen = asyncio.run(recorded(options.bundle))
    rows = [*walks(seen), *node(seen, options.routers)]
    show("Walking packets", ("what", "number", "median ms", "worst ms", "all s"), rows)


async def recorded(bundle: Path) -> Snapshot:
    eyes = open_eyes(Truth(bundle=bundle))
    return await look(eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at)


def walks(seen: Snapshot) -> Iterator[tuple[str, ...]]:
    """One pair, walked again and again in a world that is loaded."""
    world = World(seen)
    floating = next(each for each in seen.all(FloatingIp) if each.port_id)
    servers = [server.id for server in seen.all(Server) if server.status == "ACTIVE"][:2]
    pairs = {
        "outside → floating IP, 6 sizes, there and back": ("external:198.51.100.1", floating.address),
        "server → server on another host, the same": (servers[0], servers[-1]),
    }
    for name, (source, destination) in pairs.items():
        wanted = Wanted(sizes=SIZES)
        trace(world, source, destination, wanted)  # rules are compiled when they are first met
        yield timed(name, [lambda s=source, d=destination: trace(world, s, d, wanted)] * 200)  # type: ignore[misc]


def node(seen: Snapshot, routers: int) -> Iterator[tuple[str, ...]]:
    """Every floating IP of one large network node, and all the rest that `mitate check` walks."""
    many = multiplied(seen, routers)
    began = time.perf_counter()
    world = World(many)
    addresses = [each.address for each in many.all(FloatingIp) if each.port_id]
    verdicts: list[Verdict] = []

    def walk(address: str) -> None:
        verdicts.append(trace(world, "external:198.51.100.1", address).verdict)

    row = timed("each floating IP", [lambda a=address: walk(a) for address in addresses])  # type: ignore[misc]
    assert set(verdicts) == {Verdict.REACHABLE}, set(verdicts)
    facts = sum(len(kind) for kind in many.facts.values())
    yield (f"{len(addresses)} floating IPs of a node with {routers} routers, {facts:,} facts", *row[1:])
    yield ("the same, with the index made", str(len(addresses)), "", "", f"{time.perf_counter() - began:.2f}")
    chosen, _ = wishes(world)
    yield timed(
        "all that a check walks there", [lambda w=w: trace(world, w.source, w.destination) for w in chosen]
    )  # type: ignore[misc]


def timed(name: str, calls: Iterable[Callable[[], object]]) -> tuple[str, ...]:
    took = []
    for call in calls:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    median, worst = 1000 * statistics.median(took), 1000 * max(took)
    return name, f"{len(took):,}", f"{median:.2f}", f"{worst:.1f}", f"{sum(took):.2f}"


# -- many routers out of one ------------------------------------------------------------------------------


def multiplied(seen: Snapshot, routers: int) -> Snapshot:
    """The snapshot with its first router, and all that hangs on it, so many times."""
    floating = next(each for each in seen.all(FloatingIp) if each.port_id)
    router = next(each for each in seen.all(Router) if each.id == floating.router_id)
    ports = [port for port in seen.all(Port) if port.device_id == router.id]
    inner = next(port for port in ports if port.device_owner == "network:router_interface")
    outside = next(net for net in seen.all(Network) if net.external)
    subnet = next(each for each in seen.all(Subnet) if each.id == inner.fixed_ips[0][0])
    ids = {router.id, inner.network_id, subnet.id, floating.id}
    ids |= {
        port.id
        for port in seen.all(Port)
        if port.network_id == inner.network_id or port.device_id == router.id
    }
    ids |= {
        port.device_id
        for port in seen.all(Port)
        if port.network_id == inner.network_id and _is_id(port.device_id)
    }
    macs = {port.mac for port in seen.all(Port) if port.id in ids}
    facts: list[Fact] = []
    vni = next(net.segmentation_id or 0 for net in seen.all(Network) if net.id == inner.network_id)
    wide = (f'"{_cidr(seen, outside)}"', '"203.0.0.0/16"')
    own_ips = {address for port in ports if port is not inner for _, address in port.fixed_ips} | {
        floating.address
    }
    for fact in (fact for kind in seen.facts.values() for fact in kind):
        facts += _copies(fact, routers, ids, macs, own_ips, wide, subnet.cidr, vni)
    return snapshot(seen.cloud, seen.taken_at, facts, seen.gaps, seen.looked)


def _copies(
    fact: Fact,
    routers: int,
    ids: set[str],
    macs: set[str],
    own_ips: set[str],
    wide: tuple[str, str],
    cidr: str,
    vni: int,
) -> Iterator[Fact]:
    """The fact itself, or one for each router when it is about what is multiplied."""
    text = msgspec.json.encode(fact).decode().replace(*wide)
    kind = type(fact)
    marks = {each[:11] for each in ids} | macs | {f"vxlan-{vni}"}
    if not any(mark in text for mark in marks):
        yield msgspec.json.decode(text, type=kind)
        return
    inside = cidr.rpartition(".")[0] + "."
    for at in range(routers):
        copy = text
        for each in ids:
            copy = copy.replace(each[:8] + "-", f"{zlib.crc32(f'{each}/{at}'.encode()):08x}-")
        for mac in macs:
            crc = f"{zlib.crc32(f'{mac}/{at}'.encode()):08x}"
            copy = copy.replace(mac, f"fa:16:{crc[:2]}:{crc[2:4]}:{crc[4:6]}:{crc[6:]}")
        copy = copy.replace(f"vxlan-{vni}", f"vxlan-{vni + at}").replace(f'_id":{vni}', f'_id":{vni + at}')
        copy = copy.replace(inside, f"10.{100 + at // 200}.{at % 200}.")
        for number, address in enumerate(sorted(own_ips)):
            copy = copy.replace(f"{address}/24", f"{address}/16")
            copy = copy.replace(address, f"203.0.{10 + at // 100}.{2 * (at % 100) + number + 1}")
        made = msgspec.json.decode(copy, type=kind)
        if isinstance(made, Link):  # the two ends of a veth know each other by their indexes
            peer = made.peer_index and made.peer_index + 10_000 * at
            made = msgspec.structs.replace(made, index=made.index + 10_000 * at, peer_index=peer)
        yield made


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _cidr(seen: Snapshot, net: Network) -> str:
    found = next(each.cidr for each in seen.all(Subnet) if each.network_id == net.id)
    return str(ipaddress.ip_network(found))


if __name__ == "__main__":
    main()
