"""What the API wants and the data plane lacks; who answered in whose place: failures of a whole question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from mitate.analyze.proxies import proxies
from mitate.analyze.trace.ends import End, whose
from mitate.analyze.trace.packet import OUTSIDE, Packet, ip
from mitate.analyze.trace.router import source_is_fine
from mitate.model.cloud import FloatingIp, Network, Port, Router
from mitate.model.diagnosis import Confidence, Evidence
from mitate.model.host import Process
from mitate.model.net import Address, IptablesRule, Namespace, NftRule
from mitate.model.path_reasons import BY_CODE
from mitate.model.source import Fact
from mitate.model.trace import At, Direction, Disposition, Failure

if TYPE_CHECKING:
    from mitate.analyze.trace.endpoints import Endpoint
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.verdict import Question
    from mitate.analyze.trace.walk import Walk
    from mitate.analyze.trace.world import World


def of_the_api(world: World, sender: Endpoint, receiver: Endpoint) -> list[Failure]:
    """Reasons that the API itself gives: what is switched off, unbound, or not there at all."""
    found: list[Failure] = []
    for each in (sender, receiver):
        if each.port is not None:
            found += _of_port(world, each.port)
        if each.server is not None and each.server.status not in (
            "ACTIVE",
            "REBOOT",
            "PASSWORD",
            "MIGRATING",
        ):
            says = f"server {each.server.name} is {each.server.status}"
            found.append(failure("EP_NOT_RUNNING", says, At(each.server.host), (each.server,)))
    floating = receiver.floating
    if floating is not None:
        found += _stale(world, sender, floating)
        if not floating.port_id:
            says = f"floating IP {floating.address} belongs to no port"
            found.append(failure("FIP_NOT_ASSOCIATED", says, At(""), (floating,)))
        elif floating.router_id:
            found += _of_router(world, floating.router_id, False)
    elif receiver.outside and sender.port is not None:
        for router in _routers_of(world, sender.port):
            found += _of_router(world, router, True)
    return found


def _stale(world: World, sender: Endpoint, floating: FloatingIp) -> list[Failure]:
    """Connections of this client that still go to whoever had the floating IP before (OSSN-0020)."""
    for space in world.spaces_named(f"qrouter-{floating.router_id}") if floating.fixed_ip else ():
        for entry in world.connections.get((space.host, space.name), ()):
            if (entry.src, entry.dst) == (ip(sender.address), floating.address) and entry.reply_src not in (
                floating.fixed_ip,
                floating.address,
            ):
                says = (
                    f"connections of {entry.src} to {floating.address} still go to {entry.reply_src}, "
                    f"not to {floating.fixed_ip}; new ones do not"
                )
                return [failure("FIP_STALE_CT", says, At(space.host, space.name), (entry, floating))]
    return []


def _of_port(world: World, port: Port) -> list[Failure]:
    found = []
    net = world.networks.get(port.network_id)
    if net is not None and not net.admin_up:
        says = f"network {net.name or net.id} is switched off (admin_state_up is false)"
        found.append(failure("NET_ADMIN_DOWN", says, At(""), (net,)))
    if not port.admin_up:
        says = f"port {port.id} is switched off (admin_state_up is false)"
        found.append(failure("PORT_ADMIN_DOWN", says, At(port.host, "", port.tap), (port,)))
    if port.vif_type == "binding_failed":
        says = f"Neutron could not bind port {port.id} on {port.host}"
        found.append(failure("PORT_BINDING_FAILED", says, At(port.host), (port,)))
    if port.vnic_type in ("direct", "direct-physical", "macvtap"):
        says = f"port {port.id} is a {port.vnic_type} one (SR-IOV): its packets pass no bridge"
        found.append(failure("UNSUPPORTED_SRIOV", says, At(port.host), (port,), Confidence.INFERRED))
    if port.vif_type in ("vhostuser",):
        says = f"port {port.id} is served by DPDK: its packets pass no device of the kernel"
        found.append(failure("UNSUPPORTED_DPDK", says, At(port.host), (port,), Confidence.INFERRED))
    if port.vif_type == "midonet":
        says = f"port {port.id} belongs to MidoNet"
        found.append(failure("UNSUPPORTED_MIDONET", says, At(port.host), (port,), Confidence.INFERRED))
    return found


def _of_router(world: World, router_id: str, outwards: bool) -> list[Failure]:
    router = next((each for each in world.snapshot.all(Router) if each.id == router_id), None)
    if router is None:
        return []
    name, found = router.name or router.id, []
    if not router.admin_up:
        says = f"router {name} is switched off (admin_state_up is false)"
        found.append(failure("RTR_ADMIN_DOWN", says, At(""), (router,)))
    if outwards and not router.gateway_network_id:
        says = f"router {name} has no external gateway"
        found.append(failure("RTR_NO_GATEWAY", says, At(""), (router,)))
    if (
        not router.distributed
        and world.snapshot.all(Namespace)
        and not world.snapshot.blind(Namespace)
        and not world.spaces_named(f"qrouter-{router_id}")
    ):
        says = f"no host that was seen has the namespace of router {name}"
        found.append(failure("RTR_NOT_SCHEDULED", says, At(""), (router,)))
    return found


def _routers_of(world: World, port: Port) -> list[str]:
    """The routers at the gateway of a port's subnets."""
    found = []
    for subnet_id, _ in port.fixed_ips:
        subnet = world.subnets.get(subnet_id)
        for each in world.ports_of_ip.get(subnet.gateway_ip, ()) if subnet else ():
            if each.network_id == port.network_id and each.device_owner.startswith("network:"):
                found.append(each.device_id)
    return found


# -- at the source --------------------------------------------------------------------------------------


def no_source(walk: Walk, sender: Endpoint) -> End:
    """The sender's own device was not seen."""
    port = sender.port
    if port is not None and port.host:
        hidden = (
            walk.world.hides(port.host) if walk.world.space(port.host) else f"host {port.host} was not seen"
        )
        if hidden:
            walk.unseen("INSUFFICIENT_INFO_HOST", hidden, None)
            return End(Disposition.INSUFFICIENT_INFO)
    seen = (port,) if port is not None else ()
    return walk.stop(
        "RTR_IFACE_MISSING", f"{sender.says} has no device that was seen", "originate", None, seen=seen
    )


# -- at the edge ----------------------------------------------------------------------------------------


def no_entrance(walk: Walk, nets: Sequence[Network]) -> End:
    """No card of any host is on the external network."""
    names = ", ".join(net.name or net.id for net in nets) or "the outside"
    for host in walk.world.hosts:
        if hidden := walk.world.hides(host):
            walk.unseen("INSUFFICIENT_INFO_HOST", f"who has a card on {names} cannot be told: {hidden}", None)
            return End(Disposition.INSUFFICIENT_INFO)
    bridges = _bridges(walk, nets)
    if bridges:
        return _edge_missing(walk, bridges[0], names)
    for host, mapped in sorted(walk.world.mappings.items()):
        for where, physical in mapped.items():
            switch = walk.world.switches.get(host)
            bridge = switch.bridges.get(where) if switch is not None else None
            if bridge is not None and any(net.physical_network == physical for net in nets):
                ports = ", ".join(sorted(bridge.interfaces)) or "none"
                says = f"{where} of Open vSwitch on {host} has no card in it: {names} ends there"
                seen = (Evidence.of(bridge.fact, f"{where} has the ports {ports}"),)
                space = walk.world.space(host)
                return walk.stop("EXT_BRIDGE_PORT_MISSING", says, "ovs_table", space, seen=seen)
    walk.unseen("INSUFFICIENT_INFO_HOST", f"no host that was seen has a card on {names}", None)
    return End(Disposition.INSUFFICIENT_INFO)


def nobody_outside(
    walk: Walk,
    receiver: Endpoint,
    packet: Packet,
    failures: Sequence[Failure],
    cards: Sequence[Device],
    blind: bool,
) -> End:
    """Out there somebody asks who has the address, and nobody answers. Goes on with whoever should have.
    blind: the question met what could not be seen, so that no answer says nothing."""
    owner = _should_answer(walk, receiver, packet)
    failures = failures or _on_the_way_to(walk, owner, packet, cards)
    for each in failures:
        walk.adopt(each, Disposition.NEIGH_UNRESOLVED)
    if failures:
        walk.step("neigh", f"who has {ip(packet.dst)}? {failures[0].says}", None, failures[0].code)
    elif blind:
        walk.step("neigh", f"who has {ip(packet.dst)}? The question goes where nobody could see")
    elif bridge := next(
        (b for b in _bridges(walk, list(walk.world.networks.values())) if _no_card(b, cards)), None
    ):
        _edge_missing(walk, bridge, "the external network")
    elif receiver.floating is not None:
        _floating_lost(walk, receiver, owner, packet)
    else:
        says = f"nobody answers for {ip(packet.dst)} on the wire of {cards[0].name} of {cards[0].space.host}"
        walk.fail(
            "EXT_NO_ROUTE_TO_FIP", says, "neigh", cards[0], Disposition.NEIGH_UNRESOLVED, (cards[0].link,)
        )
    if owner is None:
        return End(Disposition.NEIGH_UNRESOLVED)
    walk.visits[-1].leaves = ""
    walk.step("exit", "in from outside, as if it had been answered")
    return walk.receive(owner, packet.but(smac=OUTSIDE, dmac=owner.mac))


def no_way_back(walk: Walk, forward: Walk, card: Device, reply: Packet) -> End:
    """The request left with an address that is only known within: nobody out there knows a way to it."""
    code, why = "FIP_SNAT_MISSING", "which no rule translated"
    if forward.untracked is not None:
        code, why = "NAT_NOTRACK", "since connections are not tracked there"
    says = f"the request left as {ip(reply.dst)}, {why}: no answer finds the way back"
    return walk.stop(code, says, "neigh", None, Disposition.NO_ROUTE, (forward.untracked, card.link))


def _on_the_way_to(
    walk: Walk, owner: Device | None, packet: Packet, cards: Sequence[Device]
) -> Sequence[Failure]:
    """What fails between the wire and whoever should have answered, when only they are asked."""
    asking = walk.aside()
    for card in cards:
        if owner is not None and card.space.host == owner.space.host:
            asking.begin(None, f"who has {ip(packet.dst)}?")
            asking.receive(card, Packet(src=packet.src, dst=packet.dst, arp=1, smac=OUTSIDE, dmac=owner.mac))
    return asking.failures


def _should_answer(walk: Walk, receiver: Endpoint, packet: Packet) -> Device | None:
    """The router's leg outside, for a floating IP; else whoever has the address."""
    floating = receiver.floating
    if floating is not None and floating.router_id:
        for space in walk.world.spaces_named(f"qrouter-{floating.router_id}"):
            for device in space.devices.values():
                if device.name.startswith("qg-"):
                    return device
        return None
    return next(iter(walk.world.owners_of(packet.dst)), None)


def _floating_lost(walk: Walk, receiver: Endpoint, leg: Device | None, packet: Packet) -> None:
    floating = receiver.floating
    assert floating is not None
    address = floating.address
    if leg is None:
        router = _router_of(walk.world, receiver)
        spaces = walk.world.spaces_named(f"qrouter-{floating.router_id}")
        if spaces:
            says = f"{whose(spaces[0])} has no leg on the external network, so nobody answers for {address}"
            walk.fail(
                "RTR_IFACE_MISSING",
                says,
                "neigh",
                spaces[0],
                Disposition.NEIGH_UNRESOLVED,
                (floating, router),
            )
            return
        says = f"the router of floating IP {address} is on no host that was seen"
        walk.fail("RTR_NOT_SCHEDULED", says, "neigh", None, Disposition.NEIGH_UNRESOLVED, (floating, router))
        return
    router = _router_of(walk.world, receiver)
    if router is not None and router.ha and not leg.addresses:
        says = f"router {router.name} is active on no host that was seen, so nobody answers for {address}"
        walk.fail("RTR_HA_NO_MASTER", says, "neigh", leg, Disposition.NEIGH_UNRESOLVED, (leg.link, router))
        return
    if packet.dst in leg.space.addresses and source_is_fine(walk, leg, packet) is not True:
        return  # who fails the reverse path gets no answer to ARP either
    here = ", ".join(each.ip for each in leg.addresses) or "none"
    says = f"{leg.name} of {whose(leg.space)} lacks {address}, so nobody answers for it out there"
    seen: list[Fact | Evidence] = [leg.evidence(f"{leg.name} has the addresses {here}"), floating]
    walk.fail("FIP_ADDR_MISSING", says, "neigh", leg, Disposition.NEIGH_UNRESOLVED, seen)


def two_outside(
    walk: Walk, receiver: Endpoint, packet: Packet, macs: Collection[str], devices: Sequence[Device]
) -> str:
    """Two answer for an address out there. Goes on with the one that has it by right."""
    leg = _should_answer(walk, receiver, packet)
    mac = leg.mac if leg is not None and leg.mac in macs else min(macs)
    where = " and ".join(sorted(f"{each.name} on {each.space.host}" for each in devices)) or ", ".join(macs)
    says = f"{where} both answer for {ip(packet.dst)} out there"
    code = "FIP_ON_TWO_NODES" if receiver.floating is not None else "EP_DUP_IP"
    router = _router_of(walk.world, receiver)
    if router is not None and router.ha:
        code, says = "RTR_HA_SPLIT_BRAIN", f"{says}: router {router.name} is active on both"
    seen: list[Fact | None] = [each.link for each in devices[:2]] or [receiver.floating]
    walk.fail(code, says, "neigh", None, Disposition.MISDELIVERED, seen)
    return mac


def _router_of(world: World, receiver: Endpoint) -> Router | None:
    id_ = receiver.floating.router_id if receiver.floating is not None else ""
    return next((each for each in world.snapshot.all(Router) if each.id == id_), None)


def _bridges(walk: Walk, nets: Sequence[Network]) -> list[Device]:
    """The bridges of provider networks, under the Linux bridge agent."""
    names = {f"brq{net.id[:11]}" for net in nets if net.physical_network or net.external}
    return [
        device
        for space in walk.world.hosts_spaces()
        for device in space.devices.values()
        if device.name in names and device.kind == "bridge"
    ]


def _no_card(bridge: Device, cards: Sequence[Device]) -> bool:
    return all(port.port is not None or port.kind in ("tun", "vxlan") for port in bridge.ports)


def _edge_missing(walk: Walk, bridge: Device, names: str) -> End:
    ports = ", ".join(each.name for each in bridge.ports) or "none"
    says = f"{bridge.name} on {bridge.space.host} has no card in it: {names} ends there"
    seen = (bridge.evidence(f"{bridge.name} has the ports {ports}"),)
    return walk.stop("EXT_BRIDGE_PORT_MISSING", says, "bridge_lookup", bridge, seen=seen)


# -- somebody else --------------------------------------------------------------------------------------


def wrong_node(question: Question, end: End, walk: Walk) -> list[Failure]:
    """The packet came to an end, but not to whom it was for."""
    receiver = question.receiver
    device = end.device or _last_routed(walk)
    if device is None or rules_unseen(question, device):
        return []
    space = device.space
    at = At(space.host, space.name, device.name)
    own = next((each for each in space.of(Address) if end.packet and each.ip == ip(end.packet.dst)), None)
    if receiver.service == "metadata":
        says = f"{whose(space)} has no rule that gives what is for the metadata service to its proxy"
        return [failure("META_NO_REDIRECT", says, at, (own or device.link,))]
    if end.device is None:
        return []
    if walk.untracked is not None:
        says = f"{whose(space)} itself answers: connections are not tracked there, so nothing is translated"
        return [failure("NAT_NOTRACK", says, at, (walk.untracked, own or device.link))]
    if receiver.floating is not None and end.packet and ip(end.packet.dst) == receiver.floating.address:
        says = (
            f"{whose(space)} itself answers for floating IP {receiver.floating.address}: no rule passes it "
            f"on to {receiver.floating.fixed_ip or 'a server'}"
        )
        return [failure("FIP_DNAT_MISSING", says, at, (own or device.link, receiver.floating))]
    says = f"{whose(space)} has the address too, and answers in place of {receiver.says}"
    return [failure("EP_DUP_IP", says, at, (own or device.link,))]


def _last_routed(walk: Walk) -> Device | None:
    """The device by which a packet that left the cloud came into the last router on its way."""
    for visit in reversed(walk.visits):
        if visit.space is not None and visit.space.name and visit.enters in visit.space.devices:
            return visit.space.devices[visit.enters]
    return None


def rules_unseen(question: Question, device: Device) -> str:
    """Why nothing follows from a rule that is missing there; "" when all rules were seen."""
    return question.world.hides(device.space.host, IptablesRule, NftRule)


def lookalike(question: Question) -> list[Failure]:
    """A port beside the server has the very address that the client outside has: the reply goes to that."""
    sender, receiver = question.sender, question.receiver
    if not sender.outside or receiver.port is None:
        return []
    for each in question.world.ports_of_ip.get(ip(sender.address), ()):
        if each.network_id == receiver.port.network_id:
            mine = ip(sender.address)
            says = f"port {each.id} on the server's own network has {mine} too: the reply goes there"
            at = At(each.host, "", each.tap)
            return [failure("EP_DUP_IP", says, at, (each,), direction=Direction.RETURN)]
    return []


def wrong_reply(question: Question, end: End) -> list[Failure]:
    """The reply came home under another address than the one that was asked, or came to somebody else."""
    packet = end.packet
    if packet is None:
        return []
    if question.sender.outside and end.device is not None and end.device.space.guest:
        owner = At(end.device.space.host, end.device.space.name)
        says = f"{whose(end.device.space)} has the address {ip(packet.dst)} too: the reply goes there"
        return [failure("EP_DUP_IP", says, owner, (end.device.link,), direction=Direction.RETURN)]
    asked = ip(question.receiver.address)
    code = "FIP_SNAT_MISSING"
    if packet.src != question.receiver.address:
        says = f"the reply comes from {ip(packet.src)}, and {asked} was asked: the asker throws it away"
    elif packet.dst != question.sender.address:
        says = f"the reply goes to {ip(packet.dst)}, and {ip(question.sender.address)} had asked"
    else:
        code = "RTR_CT_ZONE_SPLIT"
        says = (
            "the reply comes to another port than it was asked from: the router took it for a new connection"
        )
    floating = question.receiver.floating
    seen: tuple[Fact, ...] = (floating,) if floating is not None else ()
    if end.device is not None:
        seen = (*seen, end.device.link)
    at = At(end.device.space.host, end.device.space.name) if end.device else At("")
    return [failure(code, says, at, seen, direction=Direction.RETURN)]


def service_down(question: Question, end: End) -> list[Failure]:
    """The packet reached the namespace of a service: does its process run there?"""
    world = question.world
    if end.device is None or not world.saw(Process, end.device.space.host):
        return []
    space = end.device.space
    processes = world.snapshot.all(Process)
    owner = space.name.partition("-")[2]
    code, what = "META_PROXY_DOWN", "metadata proxy"
    runs = (space.host, owner) in proxies(processes).running
    if question.receiver.service == "dhcp":
        code, what = "DHCP_SERVER_DOWN", "dnsmasq"
        own = (each for each in processes if each.source.host == space.host)
        runs = any("dnsmasq" in each.command and owner in each.command for each in own)
    if runs:
        return []
    some = next((each for each in processes if each.source.host == space.host), None)
    seen = (Evidence.of(some, f"no {what} of {owner}"),) if some else (end.device.link,)
    return [
        failure(code, f"no {what} runs in {whose(space)}", At(space.host, space.name, end.device.name), seen)
    ]


def failure(
    code: str,
    says: str,
    at: At,
    seen: Sequence[Fact | Evidence],
    confidence: Confidence = Confidence.CONFIRMED,
    direction: Direction = Direction.FORWARD,
) -> Failure:
    """A failure that no single step shows."""
    evidence = tuple(each if isinstance(each, Evidence) else Evidence.of(each) for each in seen)
    reason = BY_CODE[code]
    return Failure(code, reason.layer, at, confidence, says, (reason.fix,), evidence, direction)
