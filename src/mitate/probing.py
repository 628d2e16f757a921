"""``--live``: a plan of real packets out of a question that was walked, and what they showed, put beside it.

The second place, with ``app.py``, that wires rooms together: the walk (pure) says what to send from where and
where to listen, ``collect.probe`` does it, and ``analyze.trace.live`` and ``witness`` say what it means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from mitate.analyze.trace.live import agree
from mitate.analyze.trace.packet import OUTSIDE, ip
from mitate.analyze.trace.space import Device
from mitate.analyze.trace.verdict import Question
from mitate.analyze.trace.witness import Guest, drop_reasons, guest_reasons, underlay_reason, upstream_reason
from mitate.app import Eyes, Truth, open_eyes
from mitate.collect.probe.plan import How, Plan, Shot, knock
from mitate.collect.probe.run import came_home, run_probe
from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.ssh import SshPlace
from mitate.model.errors import CannotStart
from mitate.model.trace import At, Direction, Failure, Hop, Live, Path, Verdict

SMALL = 84
PORT = 47123
"""The port that a probe comes from: nobody's, and high."""
TIMES = 2
_PLAIN = (Verdict.REACHABLE, Verdict.UNREACHABLE_FORWARD, Verdict.UNREACHABLE_RETURN, Verdict.UNDETERMINED)


class Probe(msgspec.Struct, frozen=True):
    """plan: what will be done. small: the number of the shot that was asked about. pair: of a small and a
    full one, on_link: of one from beside the server; None for what is not sent."""

    plan: Plan
    question: Question
    path: Path
    guest: Guest | None
    edge: At | None
    gateway_mac: str
    small: int
    pair: tuple[int, int] | None
    on_link: int | None


def plan_probe(question: Question, path: Path) -> Probe:
    """What to send for a question that ``path`` answers. Raises CannotStart when it cannot be sent."""
    shot = _shot(question, path)
    shots = [shot]
    pair = None
    if shot.size > SMALL:
        pair = (1, 0)
        shots.append(msgspec.structs.replace(shot, size=SMALL, times=1, extra=True))
    elif path.path_mtu and path.path_mtu > SMALL:
        pair = (0, 1)
        shots.append(msgspec.structs.replace(shot, size=path.path_mtu, times=1))
    guest, near = _guest(question), None
    if guest is not None:
        near = _neighbourly(question, guest)
    on_link = None
    if near is not None:
        shots.append(near[0])
        on_link = len(shots)
        shots.append(near[1])
    if guest is not None:
        shots.append(knock(guest.tap.host, guest.tap.namespace, guest.tap.device, guest.address))
    edge = _edge(question, path)
    floating = question.receiver.floating
    leg = _gateway(question)
    watch = _watched(path, shots, guest, leg)
    if edge is not None:
        watch[edge.host].add("")
    addresses = {ip(question.sender.address), ip(question.receiver.fixed), ip(question.receiver.address)}
    addresses |= {a for each in (guest,) if each for a in (each.address, each.gateway) if a}
    try:
        plan = Plan(
            watch={host: tuple(sorted(names)) for host, names in sorted(watch.items())},
            shots=tuple(shots),
            addresses=tuple(sorted(addresses)),
            overhear=(floating.address,) if question.sender.outside and floating is not None else (),
        )
    except ValueError as why:
        raise CannotStart(f"this cannot be probed: {why}") from None
    return Probe(plan, question, path, guest, edge, leg.mac if leg else "", 0, pair, on_link)


async def probe(truth: Truth, ready: Probe) -> Path:
    """Send it, listen, and say what it showed. Raises CannotStart when no host can be reached so."""
    live = await run_probe(ready.plan, await _places(open_eyes(truth), ready.plan))
    return _merged(ready, live)


async def _places(eyes: Eyes, plan: Plan) -> list[SshPlace | LocalPlace]:
    wanted = set(plan.watch)
    found = [*eyes.hosts]
    known = {place.name for place in found}
    if eyes.more_hosts is not None:
        found += eyes.more_hosts(sorted(wanted - known))
    return [place for place in found if isinstance(place, SshPlace | LocalPlace)]


# -- what is sent ---------------------------------------------------------------------------------------


def _shot(question: Question, path: Path) -> Shot:
    """The packet that was asked about, as its source would send it."""
    wanted, sender = question.wanted, question.sender
    if question.receiver.service == "dhcp":
        raise CannotStart("a DHCP request is not sent in a server's name: its lease is not ours to touch")
    frame = question.forward.sent if question.forward else None
    port = 80 if question.receiver.service == "metadata" else wanted.port
    proto = "tcp" if question.receiver.service == "metadata" else wanted.proto
    common = {
        "proto": proto,
        "src": ip(sender.address),
        "dst": ip(question.receiver.address),
        "sport": PORT,
        "dport": port,
        "size": wanted.sizes[0] if wanted.sizes else SMALL,
        "sender": sender.says,
        "times": TIMES,
    }
    if sender.outside:
        card = _entrance(question, path)
        if card is None or frame is None:
            raise CannotStart("no card of any host is on the external network: there is nowhere to send from")
        mac = _upstream_mac(question, card) or OUTSIDE
        return _made(common, card, How.INJECT, mac, frame.dmac)
    device = sender.device
    if device is None:
        raise CannotStart(f"{sender.says} has no device that was seen: there is nowhere to send from")
    if not device.space.guest:
        return _made(common, device, How.STACK)
    tap = question.world.tap(sender.port) if sender.port is not None else None
    if tap is None:
        raise CannotStart(f"the tap of {sender.says} was not seen: there is nowhere to send from")
    if frame is None or not frame.dmac:
        raise CannotStart(f"nobody knows where {sender.says} would send its packet")
    return _made(common, tap, How.INJECT, device.mac, frame.dmac)


def _made(common: dict[str, object], device: Device, how: How, smac: str = "", dmac: str = "") -> Shot:
    space = device.space
    try:
        return Shot(
            host=space.host,
            namespace=space.name,
            device=device.name if how is How.INJECT else "",
            how=how,
            smac=smac,
            dmac=dmac,
            **common,  # type: ignore[arg-type]
        )
    except ValueError as why:
        raise CannotStart(f"this cannot be probed: {why}") from None


def _neighbourly(question: Question, guest: Guest) -> tuple[Shot, Shot] | None:
    """ARP, and an echo request from beside it: from the router's or the DHCP server's own address."""
    world, port = question.world, question.receiver.port
    if port is None:
        return None
    for each in sorted(world.ports, key=lambda p: (p.device_owner != "network:router_interface", p.id)):
        if each.network_id != port.network_id or not each.device_owner.startswith("network:"):
            continue
        device = world.inside(each)
        own = next((a.ip for a in device.addresses), "") if device is not None else ""
        if device is None or not own:
            continue
        place = {"host": device.space.host, "namespace": device.space.name, "src": own, "dst": guest.address}
        arp = Shot(how=How.STACK, proto="arp", device=device.name, size=28, extra=True, **place)  # type: ignore[arg-type]
        echo = Shot(how=How.STACK, proto="icmp", sport=PORT, extra=True, **place)  # type: ignore[arg-type]
        return arp, echo
    return None


def _guest(question: Question) -> Guest | None:
    """The server at the far end, where one is and nobody looked into it."""
    receiver = question.receiver
    if receiver.port is None or receiver.device is None or not receiver.device.space.guest:
        return None
    tap = question.world.tap(receiver.port)
    if tap is None:
        return None
    gateways = (
        question.world.subnets[subnet].gateway_ip
        for subnet, _ in receiver.port.fixed_ips
        if subnet in question.world.subnets
    )
    return Guest(
        name=receiver.device.space.guest,
        tap=At(tap.space.host, tap.space.name, tap.name),
        address=ip(receiver.fixed),
        mac=receiver.device.mac,
        gateway=next(gateways, ""),
        client=ip(question.sender.address),
    )


def _entrance(question: Question, path: Path) -> Device | None:
    """The card by which the packet comes in from outside."""
    for hop in _hops(path):
        space = question.world.space(hop.host, hop.namespace) if hop.host else None
        if space is not None and hop.enters in space.devices:
            return space.devices[hop.enters]
    return None


def _edge(question: Question, path: Path) -> At | None:
    card = _entrance(question, path) if question.sender.outside else None
    return At(card.space.host, card.space.name, card.name) if card is not None else None


def _gateway(question: Question) -> Device | None:
    """The router's leg outside, of a floating IP."""
    floating = question.receiver.floating
    for space in question.world.spaces_named(f"qrouter-{floating.router_id}") if floating is not None else ():
        for device in space.devices.values():
            if device.name.startswith("qg-"):
                return device
    return None


def _upstream_mac(question: Question, card: Device) -> str:
    """The MAC of the sender out there, or of the router before it, as the cloud's router knows them."""
    leg = _gateway(question)
    if leg is None:
        return ""
    known = {
        each.ip: each.mac for each in leg.space.neighbours.values() if each.link == leg.name and each.mac
    }
    return known.get(ip(question.sender.address)) or next(iter(known.values()), "")


def _watched(path: Path, shots: list[Shot], guest: Guest | None, leg: Device | None) -> dict[str, set[str]]:
    """Every namespace on the predicted way, and those where something is sent or asked."""
    watch: dict[str, set[str]] = defaultdict(set)
    for trace in path.traces:
        for hop in trace.hops:
            if hop.host and not hop.guest:
                watch[hop.host].add(hop.namespace)
    for shot in shots:
        watch[shot.host].add(shot.namespace)
    if guest is not None:
        watch[guest.tap.host].add(guest.tap.namespace)
    if leg is not None:
        watch[leg.space.host].add(leg.space.name)
    return watch


def _hops(path: Path) -> Iterator[Hop]:
    for trace in path.traces:
        if trace.direction is Direction.FORWARD:
            yield from trace.hops
            return


# -- what it showed -------------------------------------------------------------------------------------


def _merged(ready: Probe, live: Live) -> Path:
    """The prediction with what was seen beside it; where packets prove a reason, that reason comes first."""
    path = ready.path
    size = ready.plan.shots[ready.small].size
    at_size = [t for t in path.traces if t.size == size] or [
        t for t in path.traces if t.size == min((x.size for x in path.traces), default=0)
    ]
    small_home = any(s.probe == ready.small and came_home(ready.plan, s) for s in live.sightings)
    judged = live if live.answered is None else msgspec.structs.replace(live, answered=small_home)
    judged = agree(at_size, judged, ready.plan.watch, ready.small)
    proved = list(_proved(ready, judged))
    verdict = _verdict(ready, judged, proved)
    known = {each.code for each in proved}
    reasons = (*proved, *(each for each in path.reasons if each.code not in known))
    return msgspec.structs.replace(path, live=judged, reasons=reasons, verdict=verdict)


def _proved(ready: Probe, live: Live) -> Iterator[Failure]:
    if ready.edge is not None and ready.question.receiver.floating is not None and ready.gateway_mac:
        floating = ready.question.receiver.floating.address
        yield from upstream_reason(live, floating, ready.gateway_mac, ready.edge)
    if ready.guest is not None:
        yield from guest_reasons(live, ready.guest, ready.small, ready.on_link)
    if ready.pair is not None:
        yield from underlay_reason(live, *ready.pair)
    yield from drop_reasons(live, ready.small)


def _verdict(ready: Probe, live: Live, proved: list[Failure]) -> Verdict:
    """What was seen outweighs what was predicted; where both say it fails, the prediction names the way."""
    predicted = ready.path.verdict
    codes = {each.code for each in proved}
    if "TUN_UNDERLAY_MTU" in codes:
        return Verdict.REACHABLE_SMALL_ONLY
    if "EP_DUP_IP" in codes:
        return Verdict.AMBIGUOUS
    if proved and predicted in _PLAIN:
        there = proved[0].direction is Direction.FORWARD
        return Verdict.UNREACHABLE_FORWARD if there else Verdict.UNREACHABLE_RETURN
    if live.answered is None or predicted not in _PLAIN:
        return predicted
    if live.answered:
        return Verdict.REACHABLE if predicted is not Verdict.UNREACHABLE_FORWARD else Verdict.AMBIGUOUS
    if predicted is Verdict.REACHABLE:
        replied = any(s.reply and s.probe == ready.small for s in live.sightings)
        return Verdict.UNREACHABLE_RETURN if replied else Verdict.UNREACHABLE_FORWARD
    return predicted
