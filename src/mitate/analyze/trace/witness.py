"""Reasons that only real packets show: what a server does inside, what a wire does between two hosts.

Pure, and careful: no reason without the sightings that prove it, none where a place was not watched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mitate.model.diagnosis import Confidence, Evidence
from mitate.model.path_reasons import BY_CODE
from mitate.model.trace import At, Direction, Drop, Failure, Live, Sighting

ASKED = "packet sockets, while a marked probe was sent"
BROADCAST = "ff:ff:ff:ff:ff:ff"
DROPS = {
    ("IP_RPFILTER", ""): "RTR_RPFILTER",
    ("IP_INADDRERRORS", "ip_error"): "RTR_FORWARD_OFF",
    ("IP_INNOROUTES", ""): "RTR_NO_ROUTE",
    ("IP_INHDR", "ip_forward"): "RTR_TTL",
    ("VXLAN_VNI_NOT_FOUND", ""): "TUN_VNI_MISMATCH",
    ("IP_OUTNOROUTES", "vxlan_xmit_one"): "TUN_NO_ROUTE",
    ("NO_TX_TARGET", "vxlan_xmit"): "TUN_REMOTE_MISSING",
}
"""What the kernel calls it, and in which function ("" in any): the reasons that mean one thing only."""


class Guest(msgspec.Struct, frozen=True):
    """A server's port as it is known outside of it. tap: where its frames come and go on its host."""

    name: str
    tap: At
    address: str
    mac: str
    gateway: str = ""
    client: str = ""
    """Who asks it, as the address stands in the packet that reaches the server."""


def guest_reasons(
    live: Live, guest: Guest, probe: int = 0, on_link: int | None = None
) -> tuple[Failure, ...]:
    """Why a server that the probe reached does not answer. Empty when it was not reached, or answers.

    probe: the shot whose packet goes to the server. on_link: a shot that asks it from an address of its own
    network (of the router or DHCP namespace there). ARP into its tap (``knock`` of the plan) shows whether it
    hears and speaks at all, even if its neighbours remember it, or a switch answers in its stead.
    """
    seen = [s for s in live.sightings if s.at == guest.tap and not s.tunnel]
    to, of = [s for s in seen if s.way == "out"], [s for s in seen if s.way == "in"]
    reached = [s for s in to if s.probe == probe and s.kind == "request"]
    answers = [s for s in of if s.probe == probe and s.kind in ("reply", "reset", "error")]
    owners = _owners(live, guest)
    if len(owners) > 1:
        macs = " and ".join(sorted(owners))
        return (
            _failure(
                "EP_DUP_IP",
                guest.tap,
                f"{guest.address} has two owners: {macs} both answer ARP",
                owners.values(),
            ),
        )
    if answers:
        return _refused(guest, reached, answers)
    asked = [s for s in to if s.kind == "arp-request" and s.dst == guest.address]
    # what comes out of the tap: a switch may answer ARP in the guest's stead (l2population)
    owns = [s for s in of if s.kind == "arp-reply" and s.src == guest.address]
    if asked and not owns:
        return _no_arp(guest, asked, of)
    if not reached:
        return ()
    overlap = [s for s in of if s.kind == "arp-request" and guest.client and s.dst == guest.client]
    if overlap:
        says = (
            f"server {guest.name} takes {guest.client} for a neighbour, since it lies in its own subnet, and"
            " asks for it by ARP instead of sending the answer to its router"
        )
        return (_failure("EP_SRC_ONLINK_OVERLAP", guest.tap, says, (*reached[:1], *overlap[:1])),)
    if on_link is None or not owns:
        return ()
    near = [s for s in to if s.probe == on_link and s.kind == "request"]
    if not near:
        return ()
    if any(s.probe == on_link and s.reply for s in of):
        # asked of all, that is: it may ask the gateway itself whether it is still there, without needing it
        if any(s.kind == "arp-request" and s.dst == guest.gateway and s.dmac == BROADCAST for s in of):
            return ()
        says = (
            f"server {guest.name} answers its neighbours, but nobody beyond, and does not ask for its gateway"
            f"{f' {guest.gateway}' if guest.gateway else ''}: it has no route there"
        )
        answer = [s for s in of if s.probe == on_link and s.reply]
        return (
            _failure(
                "EP_NO_DEFAULT_ROUTE", guest.tap, says, (*reached[:1], *answer[:1]), Confidence.CONFIRMED
            ),
        )
    says = f"server {guest.name} answers ARP, but nothing that is sent to it, not even a neighbour's packet"
    return (
        _failure(
            "EP_GUEST_FIREWALL",
            guest.tap,
            says,
            (*reached[:1], *near[:1], *owns[:1]),
            Confidence.CONFIRMED,
        ),
    )


def _owners(live: Live, guest: Guest) -> dict[str, Sighting]:
    """Who says by ARP that it has the server's address: MAC and one sighting each."""
    return {s.smac: s for s in live.sightings if s.kind == "arp-reply" and s.src == guest.address}


def _refused(guest: Guest, reached: Sequence[Sighting], answers: Sequence[Sighting]) -> tuple[Failure, ...]:
    refusals = [s for s in answers if s.kind == "reset" or (s.kind == "error" and "3/3" in s.packet)]
    if not refusals:
        return ()
    how = "a TCP reset" if refusals[0].kind == "reset" else 'ICMP "port unreachable"'
    says = f"server {guest.name} refuses with {how}: nobody listens there"
    return (_failure("EP_NO_LISTENER", guest.tap, says, (*reached[:1], *refusals[:1])),)


def _no_arp(guest: Guest, asked: Sequence[Sighting], of: Sequence[Sighting]) -> tuple[Failure, ...]:
    """Nobody says that it has the server's address."""
    other = [s for s in of if s.smac == guest.mac and s.src not in ("", "0.0.0.0", guest.address)]  # noqa: S104
    if other:
        says = f"server {guest.name} does not own {guest.address}: it speaks as {other[0].src}"
        return (_failure("EP_WRONG_IP", guest.tap, says, (*asked[:1], *other[:1])),)
    if of:
        says = (
            f"server {guest.name} is there, but does not own {guest.address}: it does not answer ARP for it"
        )
        return (_failure("EP_NO_IPV4", guest.tap, says, (*asked[:1], *of[:1]), Confidence.CONFIRMED),)
    says = (
        f"server {guest.name} was asked by ARP for {guest.address} and nothing at all came out of its tap:"
        " its network interface is down"
    )
    return (_failure("EP_NIC_DOWN", guest.tap, says, asked[:2], Confidence.CONFIRMED),)


def upstream_reason(live: Live, floating: str, gateway_mac: str, device: At) -> tuple[Failure, ...]:
    """Real frames to a floating IP (overheard, not the probe's) come in with another MAC than that of the
    router's gateway port, and none with the right one from the same sender."""
    senders: dict[str, list[Sighting]] = {}
    for s in live.sightings:
        if (s.kind, s.dst, s.way, s.at) == ("other", floating, "in", device) and s.dmac not in (
            "",
            BROADCAST,
        ):
            senders.setdefault(s.smac, []).append(s)
    stale = [seen for seen in senders.values() if all(s.dmac != gateway_mac for s in seen)]
    if not stale:
        return ()
    wrong = stale[0]
    says = (
        f"packets to {floating} are sent to {wrong[0].dmac}, but the router's gateway port has {gateway_mac}"
    )
    return (_failure("FIP_UPSTREAM_ARP_STALE", device, says, wrong[:2]),)


def underlay_reason(live: Live, small: int, big: int) -> tuple[Failure, ...]:
    """Full packets leave one host in a tunnel and never come to the other, to which small ones do come."""
    carried = [s for s in live.sightings if s.tunnel and s.kind in ("request", "reply")]
    for sent in [s for s in carried if s.probe == big and s.way == "out"]:
        arrived = [s for s in carried if s.way == "in" and s.tunnel == sent.tunnel and s.kind == sent.kind]
        if any(s.probe == big for s in arrived) or not any(s.probe == small for s in arrived):
            continue
        came = next(s for s in arrived if s.probe == small)
        says = (
            f"full packets leave {sent.at.host} by {sent.at.device} in the tunnel {sent.tunnel} and do not"
            f" come to {came.at.host}; small ones do"
        )
        return (_failure("TUN_UNDERLAY_MTU", sent.at, says, (sent, came)),)
    return ()


def drop_reasons(live: Live, probe: int = 0) -> tuple[Failure, ...]:
    """What the kernel itself named, where that means one thing only. Nothing when the probe was answered."""
    if live.answered is not False:
        return ()
    found: dict[tuple[str, At], Failure] = {}
    for drop in live.drops:
        code = DROPS.get((drop.reason, drop.location)) or DROPS.get((drop.reason, ""))
        if code and drop.probe == probe and drop.kind in ("request", "reply", "reset"):
            found.setdefault((code, drop.at), _dropped(code, drop))
    return tuple(found.values())


def _dropped(code: str, drop: Drop) -> Failure:
    where = f" in {drop.location}" if drop.location else ""
    named = f"{drop.reason}{where}, device {drop.at.device or 'unknown'}"
    evidence = (
        (Evidence(drop.at.host, "the tracepoint skb:kfree_skb, during the probe", drop.time, named),)
        if drop.time
        else ()
    )
    direction = Direction.FORWARD if drop.kind == "request" else Direction.RETURN
    reason = BY_CODE[code]
    says = f"the kernel of {drop.at.host} dropped it at {drop.at}: {named}"
    return Failure(code, reason.layer, drop.at, Confidence.PROVED, says, (reason.fix,), evidence, direction)


def _failure(
    code: str, at: At, says: str, seen: Iterable[Sighting], confidence: Confidence = Confidence.PROVED
) -> Failure:
    reason = BY_CODE[code]
    evidence = tuple(Evidence(s.at.host, ASKED, s.time, f"{s.at} {s.way}: {s.packet}") for s in seen)
    direction = (
        Direction.FORWARD
        if code in ("EP_NIC_DOWN", "FIP_UPSTREAM_ARP_STALE", "TUN_UNDERLAY_MTU")
        else Direction.RETURN
    )
    return Failure(code, reason.layer, at, confidence, says, (reason.fix,), evidence, direction)
