"""The practice cloud with Neutron's Open vSwitch agent: each host as it was recorded, in a real ovs-vswitchd.

The packets are those of the cloud (every server, router and DHCP server to every other one, by the ports of
their own host, by the tunnels of the others, and from outside), and such as differ from them in some fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from random import Random

from mitate.analyze.trace.openflow import Switch, switches
from mitate.analyze.trace.openflow.bridge import LOCAL, TUNNELS, Bridge, Port
from mitate.analyze.trace.openflow.change import mac
from mitate.analyze.trace.openflow.fields import value
from mitate.analyze.trace.packet import BROADCAST, NOTHING, OUTSIDE, Packet, number
from mitate.model import cloud
from mitate.model.snapshot import Snapshot
from tests.trace.openflow.compare import Probe
from tests.trace.openflow.rig import Rig

METADATA, ABROAD, EVERYBODY, MDNS = "169.254.169.254", "198.51.100.7", "255.255.255.255", "224.0.0.251"
NEW, EST, REPLY = "trk,new", "trk,est", "trk,est,rpl"
STATES = (NEW, EST, REPLY, "trk,rel", "trk,rel,rpl", "trk,inv")
GROUPS = (BROADCAST, "01:00:5e:00:00:fb", "01:80:c2:00:00:0e", "33:33:00:00:00:01")


@dataclass(frozen=True)
class End:
    """Somebody with an address. port: Neutron's, "" for who is outside of the cloud."""

    mac: str
    ip: str
    port: str = ""


def load(rig: Rig, seen: Snapshot, host: str) -> Switch:
    """Make in the rig what the host has, and give the evaluator's switch of the recording itself."""
    switch = switches(seen)[host]
    for bridge in switch.bridges.values():
        _make(rig, bridge)
    for bridge in switch.bridges.values():
        flows = [
            f"table={flow.table},priority={flow.priority},{flow.match},actions={flow.actions}"
            for flow in bridge.flows
        ]
        groups = [
            f"group_id={group.group_id},type={group.type},{group.buckets}" for group in bridge.groups.values()
        ]
        rig.flows(bridge.name, flows, groups)
        for (vlan, address), port in bridge.fdb.items():
            rig.ask("fdb/add", bridge.name, bridge.ports[port].name, str(vlan), mac(address))
    return switch


def _make(rig: Rig, bridge: Bridge) -> None:
    told = [f"add-br {bridge.name}", f"set Bridge {bridge.name} datapath_type=dummy"]
    told.append(f"set Bridge {bridge.name} fail_mode={bridge.fact.fail_mode or 'standalone'}")
    for port in bridge.ports.values():
        if port.number == LOCAL:
            continue
        told.append(f"add-port {bridge.name} {port.name} {_columns(port)}")
        options = " ".join(f"options:{name}={given}" for name, given in port.fact.options)
        kind = port.fact.type or "dummy"
        told.append(f"set Interface {port.name} type={kind} ofport_request={port.number} {options}")
    rig.vsctl(*told)
    rig.ask("dpif/set-dp-features", bridge.name, "tnl_push_pop", "false")


def _columns(port: Port) -> str:
    fact = port.port
    if fact is None:
        return ""
    tag = f"tag={fact.tag}" if fact.tag is not None else ""
    trunks = f"trunks={','.join(map(str, fact.trunks))}" if fact.trunks else ""
    mode = f"vlan_mode={fact.vlan_mode}" if fact.vlan_mode else ""
    return f"{tag} {trunks} {mode}"


def ends(seen: Snapshot) -> list[End]:
    """Everybody with a port in the cloud, floating addresses (by the router's MAC) and two from outside."""
    ports = seen.all(cloud.Port)
    gateways = {port.device_id: port.mac for port in ports if port.device_owner == "network:router_gateway"}
    found = [
        End(port.mac, ip, port.id) for port in ports if port.vif_type == "ovs" for _, ip in port.fixed_ips
    ]
    for floating in seen.all(cloud.FloatingIp):
        if floating.router_id in gateways:
            found.append(End(gateways[floating.router_id], floating.address))
    return [*found, End(OUTSIDE, "203.0.113.1")]


def conversation(a: End, b: End) -> Iterator[tuple[Packet, str]]:
    """What a may send that is for b: packets, and what connection tracking says of them."""
    frame = Packet(number(a.ip), number(b.ip), smac=a.mac, dmac=b.mac)
    udp, tcp = frame.but(proto="udp"), frame.but(proto="tcp", sport=40000)
    yield frame.but(arp=1, dmac=BROADCAST), NEW
    yield frame.but(arp=1), NEW
    yield frame.but(arp=2), NEW
    yield frame.but(arp=1, dst=frame.src, dmac=BROADCAST), NEW
    yield frame, NEW
    yield frame.but(icmp_type=0), REPLY
    yield frame.but(icmp_type=3, icmp_code=4), "trk,rel,rpl"
    for port in (22, 80, 443):
        yield tcp.but(dport=port), NEW
        yield tcp.but(dport=port, flags="A", size=1450), EST
        yield tcp.but(sport=port, dport=40000, flags="SA"), REPLY
    yield udp.but(sport=40000, dport=53), NEW
    discover = udp.but(sport=68, dport=67, src=0, dst=number(EVERYBODY), dmac=BROADCAST)
    yield discover, NEW
    yield discover.but(src=frame.src, dst=frame.dst, dmac=b.mac), NEW
    yield udp.but(sport=67, dport=68), NEW
    yield udp.but(sport=67, dport=68, dst=number(EVERYBODY), dmac=BROADCAST), NEW
    yield udp.but(sport=5353, dport=5353, dst=number(MDNS), dmac="01:00:5e:00:00:fb"), NEW
    yield udp.but(sport=138, dport=138, dst=number(EVERYBODY), dmac=BROADCAST), NEW
    yield tcp.but(dport=80, dst=number(METADATA)), NEW
    yield tcp.but(sport=80, src=number(METADATA), dport=40000, flags="SA"), REPLY
    yield tcp.but(dport=443, dst=number(ABROAD)), NEW
    yield frame.but(src=number(ABROAD)), NEW


def real(seen: Snapshot, host: str) -> list[Probe]:
    """The cloud's traffic that meets this host's switch: by Neutron's ports from their owners, by tunnels
    from those who are elsewhere, by patches from all, and by the rest from outside."""
    switch = switches(seen)[host]
    known = ends(seen)
    ports = [port for bridge in switch.bridges.values() for port in bridge.ports.values()]
    here = {port.fact.port_id for port in ports} - {""}
    elsewhere = [end for end in known if end.port and end.port not in here]
    tags = sorted({port.tag for port in ports if port.tag is not None})
    keys = _keys(switch)
    found: list[Probe] = []
    for bridge in switch.bridges.values():
        outside = [end for end in known if not end.port]
        outside += [End(mac(address), ABROAD) for _, address in bridge.fdb]
        for port in bridge.ports.values():
            senders = [end for end in known if end.port and end.port == port.fact.port_id]
            if port.fact.type in TUNNELS:
                senders = elsewhere
            elif port.peer:
                senders = known
            for a in senders or outside:
                for b in known:
                    if a != b:
                        found += _probes(port, a, b, keys, tags)
    return found


def _probes(port: Port, a: End, b: End, keys: list[int], tags: list[int]) -> Iterator[Probe]:
    for packet, states in conversation(a, b):
        probe = Probe(port.name, packet, states=states)
        if port.fact.type in TUNNELS:
            far, near = (number(port.options[name]) for name in ("remote_ip", "local_ip"))
            yield from (replace(probe, tunnel=(key, far, near)) for key in keys)
            continue
        for tag in tags if port.peer else [None]:
            yield (tagged := replace(probe, packet=packet.but(vlan=tag)))
            if states != NEW:  # the firewall marks a connection that its rules allow no longer
                yield replace(tagged, mark=1)


def _keys(switch: Switch) -> list[int]:
    """The tunnel keys that the flows know, and one that they do not."""
    said = (
        re.findall(r"tun_id=(\w+)", flow.match) for each in switch.bridges.values() for flow in each.flows
    )
    return [*sorted({value(key) for keys in said for key in keys}), 77]


def cases(random: Random, probes: list[Probe], count: int) -> list[Probe]:
    """Half of them out of the probes, every interface as often as any other, and half unlike any of them."""
    by_interface: dict[str, list[Probe]] = {}
    for probe in random.sample(probes, len(probes)):
        by_interface.setdefault(probe.interface, []).append(probe)
    turns = zip_longest(*by_interface.values())
    chosen = list(islice((probe for turn in turns for probe in turn if probe), (count + 1) // 2))
    others = [list(each) for each in by_interface.values()]
    strange = [
        _mutated(random, random.choice(random.choice(others)), probes) for _ in range(count - len(chosen))
    ]
    return [*chosen, *strange]


def _mutated(random: Random, probe: Probe, among: list[Probe]) -> Probe:
    """The probe with one to three things another, mostly as some other probe has them."""
    for _ in range(random.randrange(1, 4)):
        probe = random.choice(_MUTATIONS)(random, probe, random.choice(among))
    return probe


def _address(random: Random, probe: Probe, other: Probe) -> Probe:
    name = random.choice(["src", "dst"])
    some = [other.packet.src, other.packet.dst, number("10.10.0.99"), random.getrandbits(32)]
    return replace(probe, packet=probe.packet.but(**{name: random.choice(some)}))


def _mac(random: Random, probe: Probe, other: Probe) -> Probe:
    name = random.choice(["smac", "dmac"])
    some = [other.packet.smac, other.packet.dmac, mac(random.getrandbits(40)), NOTHING]
    some += GROUPS if name == "dmac" else ()
    return replace(probe, packet=probe.packet.but(**{name: random.choice(some)}))


def _vlan(random: Random, probe: Probe, _: Probe) -> Probe:
    return replace(probe, packet=probe.packet.but(vlan=random.choice([None, 0, 1, 2, 3, 4094, 4095])))


def _port(random: Random, probe: Probe, other: Probe) -> Probe:
    numbers = [22, 67, 68, 80, other.packet.dport, random.getrandbits(16)]
    if probe.packet.arp:
        return replace(probe, packet=probe.packet.but(arp=random.choice([1, 2])))
    if probe.packet.proto == "icmp":
        return replace(probe, packet=probe.packet.but(icmp_type=random.choice([0, 3, 5, 8, 11, 13])))
    return replace(
        probe, packet=probe.packet.but(**{random.choice(["sport", "dport"]): random.choice(numbers)})
    )


def _entrance(_: Random, probe: Probe, other: Probe) -> Probe:
    return replace(probe, interface=other.interface, tunnel=other.tunnel, mark=0)


def _tracking(random: Random, probe: Probe, _: Probe) -> Probe:
    mark = 0 if probe.tunnel else random.choice([0, 1])
    return replace(probe, states=random.choice(STATES), mark=mark)


def _rest(random: Random, probe: Probe, other: Probe) -> Probe:
    packet = probe.packet.but(mark=random.choice([0, 0, 1]))
    if not packet.arp:
        packet = packet.but(ttl=random.choice([1, 64]), flags=random.choice(["S", "SA", "A", "R"]))
    return replace(probe, packet=packet, tos=random.choice([0, 32, 1]))


_MUTATIONS = (_address, _mac, _vlan, _port, _entrance, _tracking, _tracking, _rest)
