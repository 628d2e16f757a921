"""How fast a packet is walked: one pair in both directions and six sizes, every floating IP of a network node
with 500 routers, and a host with 28,000 flows of Open vSwitch; beside ``ofproto/trace`` in the same run.

The network node is made out of a real recording (a healthy one, of the practice cloud unless another is
given): its router is copied 500 times, with networks, servers, ports, addresses and floating IPs of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path as File

import msgspec
from measure import show

from mitate.analyze.paths import wishes
from mitate.analyze.trace.openflow import Tracker
from mitate.analyze.trace.packet import Packet, ip
from mitate.analyze.trace.verdict import Wanted, trace
from mitate.analyze.trace.world import World
from mitate.app import Truth, open_eyes
from mitate.collect.look import look
from mitate.collect.question import Answer, all_sources
from mitate.model.cloud import FloatingIp, Network, Port, Router, Server, Subnet
from mitate.model.net import Link
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Fact
from mitate.model.trace import Verdict

sys.path.append(str(File(__file__).parents[1]))
from tests.trace.openflow.rig import VERSIONS, Rig, missing, rig

SIZES = (84, 576, 1280, 1400, 1450, 1500)
RECORDED = File(__file__).parents[1] / "tests/recordings/healthy.tar.gz"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--routers", type=int, default=500, help="routers of the network node (%(default)s)")
    parser.add_argument("--bundle", type=File, default=RECORDED, help="the recording that is multiplied")
    options = parser.parse_args()
    seen = asyncio.run(recorded(options.bundle))
    head = ("what", "number", "median ms", "worst ms", "all s", "CPU s")
    show("Walking packets", head, [*walks(seen), *node(seen, options.routers)])
    if lacking := missing():
        print(f"Not beside ofproto/trace: {lacking}")
        return
    with tempfile.TemporaryDirectory(prefix="mitate-ovs-") as folder, rig(File(folder)) as running:
        show("A host with 28,000 flows of Open vSwitch", head, list(beside_ofproto(running)))


async def recorded(bundle: File) -> Snapshot:
    eyes = open_eyes(Truth(bundle=bundle))
    return await look(eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at)


def walks(seen: Snapshot) -> Iterator[tuple[str, ...]]:
    """One pair, walked again and again in a world that is loaded."""
    world = World(seen)
    floating = next(each for each in seen.all(FloatingIp) if each.port_id)
    servers = [server.id for server in seen.all(Server) if server.status == "ACTIVE"][:2]
    yield pair(
        world, "outside → floating IP, 6 sizes, there and back", "external:198.51.100.1", floating.address
    )
    yield pair(world, "server → server on another host, the same", servers[0], servers[-1])


def pair(world: World, name: str, source: str, destination: str) -> tuple[str, ...]:
    wanted = Wanted(sizes=SIZES)
    trace(world, source, destination, wanted)  # rules are compiled when they are first met
    return timed(name, [lambda: trace(world, source, destination, wanted)] * 200)


def node(seen: Snapshot, routers: int) -> Iterator[tuple[str, ...]]:
    """Every floating IP of one large network node, and all the rest that `mitate check` walks."""
    many = multiplied(seen, routers)
    began = time.perf_counter()
    world = World(many)
    addresses = [each.address for each in many.all(FloatingIp) if each.port_id]
    verdicts: list[Verdict] = []

    def walk(address: str) -> None:
        verdicts.append(trace(world, "external:198.51.100.1", address).verdict)

    row = timed("each floating IP", [partial(walk, address) for address in addresses])
    assert set(verdicts) == {Verdict.REACHABLE}, set(verdicts)
    facts = sum(len(kind) for kind in many.facts.values())
    yield (f"{len(addresses)} floating IPs of a node with {routers} routers, {facts:,} facts", *row[1:])
    yield ("the same, with the index made", "", "", "", f"{time.perf_counter() - began:.2f}", "")
    chosen, _ = wishes(world)
    yield timed(
        "all that a check walks there",
        [partial(trace, world, each.source, each.destination) for each in chosen],
    )


def timed(name: str, calls: Iterable[Callable[[], object]]) -> tuple[str, ...]:
    gc.collect()  # what the measurement before this one left behind is not this one's to clear away
    took, used = [], time.process_time()
    for call in calls:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    median, worst = 1000 * statistics.median(took), 1000 * max(took)
    used = time.process_time() - used
    return name, f"{len(took):,}", f"{median:.2f}", f"{worst:.1f}", f"{sum(took):.2f}", f"{used:.2f}"


# -- Open vSwitch -----------------------------------------------------------------------------------------

TAPS, RULES = 100, 271
"""Ports on the host, and rules of the security group of each: 28,000 flows, as Neutron's driver has them."""


def beside_ofproto(running: Rig) -> Iterator[tuple[str, ...]]:
    """The same packets through the evaluator and through ofproto/trace, by its socket and by a fork each."""
    running.bridge("br-int", *(f"tap{number}" for number in range(1, TAPS + 1)))
    running.flows("br-int", list(neutron_flows()))
    text = running.run("ovs-ofctl", "-O", VERSIONS, "dump-flows", "br-int")
    answer = Answer("ovs_flows", "compute1", "", datetime.now(UTC), f"# br-int\n{text}")
    parse = all_sources()["ovs_flows"].parse
    yield timed(
        f"{text.count(chr(10)) - 1:,} flows read ({len(text) / 1e6:.1f} MB)", [lambda: list(parse(answer))]
    )
    switch = running.switch()
    sent = [(a, 1 + (a * 7) % TAPS) for a in range(1, TAPS + 1)]

    def evaluate(a: int, b: int) -> None:
        packet = Packet(src=_ip(a), dst=_ip(b), smac=_mac(a), dmac=_mac(b))
        assert switch.receive(f"tap{a}", packet, Tracker()).outs

    yield timed("the first packet, tables compiled", [lambda: evaluate(*sent[0])])
    ours = timed("mitate, one packet through the pipeline", [partial(evaluate, *pair) for pair in sent])
    yield ours

    def flow(a: int, b: int) -> str:
        return f"in_port={a},icmp,dl_src={_mac(a)},dl_dst={_mac(b)},nw_src={ip(_ip(a))},nw_dst={ip(_ip(b))}"

    def by_socket(a: int, b: int) -> str:
        return running.ask("ofproto/trace", "br-int", flow(a, b))

    def by_fork(a: int, b: int) -> str:
        return running.run("ovs-appctl", "-t", "ovs-vswitchd", "ofproto/trace", "br-int", flow(a, b))

    for name, ask in (("by its socket", by_socket), ("by a fork each, as ovn-trace's users do", by_fork)):
        theirs = timed(f"ofproto/trace {name}", [partial(ask, *pair) for pair in sent[:100]])
        yield (f"{theirs[0]} ({float(theirs[2]) / float(ours[2]):.1f} × ours)", *theirs[1:])


def neutron_flows() -> Iterator[str]:
    """The shape of Neutron's openvswitch firewall, one port after the other, without connection tracking."""
    yield "table=0,priority=0,actions=resubmit(,60)"
    yield "table=60,priority=0,actions=resubmit(,94)"
    yield "table=94,priority=0,actions=drop"
    for a in range(1, TAPS + 1):
        mac, address = _mac(a), ip(_ip(a))
        own = f"load:{a}->NXM_NX_REG5[],load:1->NXM_NX_REG6[]"
        port = f"reg5={a},in_port={a},dl_src={mac}"
        yield f"table=60,priority=100,in_port={a},actions={own},resubmit(,71)"
        yield f"table=60,priority=90,dl_dst={mac},actions={own},resubmit(,81)"
        yield f"table=71,priority=95,arp,{port},arp_spa={address},actions=resubmit(,94)"
        yield f"table=71,priority=65,ip,{port},nw_src={address},actions=resubmit(,72)"
        yield f"table=71,priority=10,reg5={a},in_port={a},actions=drop"
        yield f"table=72,priority=77,icmp,reg5={a},actions=resubmit(,94)"
        yield f"table=94,priority=10,reg6=1,dl_dst={mac},actions=load:{a}->NXM_NX_REG5[],resubmit(,81)"
        yield f"table=81,priority=90,reg5={a},dl_dst={mac},actions=resubmit(,82)"
        yield f"table=82,priority=77,icmp,reg5={a},actions=output:{a}"
        for number in range(1000, 1000 + RULES):
            yield f"table=82,priority=77,tcp,reg5={a},tp_dst={number},actions=output:{a}"


def _ip(number: int) -> int:
    return (10 << 24) + (10 << 16) + number


def _mac(number: int) -> str:
    return f"fa:16:3e:00:{number >> 8:02x}:{number & 255:02x}"


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
