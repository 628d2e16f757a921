"""Who has this address? The neighbour table, else the question itself, walked there and back (ARP)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.analyze.trace import ends, router
from mitate.analyze.trace.packet import BROADCAST, Packet, ip
from mitate.model.diagnosis import Evidence
from mitate.model.trace import Failure

if TYPE_CHECKING:
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.walk import Walk

DEAD = ("FAILED", "INCOMPLETE", "NONE", "")
_LASTING = ("PERMANENT", "NOARP")
"""What no ARP packet changes (neigh_update); a neighbour's question changes the others, and makes new."""


class Answers:
    """What came of a question: the MACs that answered, and what went wrong on the way when none did."""

    def __init__(self) -> None:
        self.macs: dict[str, Device | None] = {}
        self.failures: list[Failure] = []
        self.unseen = False
        """The question went where nobody could see: that nobody answered says nothing."""


def resolve(walk: Walk, device: Device, target: int, src: int) -> str | None:
    """The MAC to send to for a neighbour on ``device``; None when nobody answers and nobody is known to."""
    space = device.space
    entry = space.neighbours.get((device.name, ip(target)))
    met = walk.common.met.get((id(device), target))
    if met and (entry is None or entry.state not in _LASTING):
        walk.resolved = (device, None, ip(target))
        walk.step("neigh", f"{ip(target)} is at {met}: it has just asked")
        return met
    if entry is not None and entry.state not in DEAD and entry.mac:
        walk.resolved = (device, entry, ip(target))
        walk.step("neigh", f"{ip(target)} is at {entry.mac} ({entry.state.lower()})", Evidence.of(entry))
        return entry.mac.lower()
    answers = ask(walk, device, target, src)
    walk.resolved = (device, None, ip(target))
    if len(answers.macs) == 1:
        mac = next(iter(answers.macs))
        granted = ends.is_taken_for_granted(walk, mac)
        if entry is not None and granted and not _on_the_way_to(walk, device, _question(device, target, src)):
            ends.denied(walk, device, target, entry)
        else:
            walk.step("neigh", f"who has {ip(target)}? {mac} answers")
        return mac
    if answers.macs:
        return ends.answered_twice(walk, device, target, answers.macs)
    if answers.unseen and not answers.failures:
        walk.step("neigh", f"who has {ip(target)}? The question goes where nobody could see")
        return walk.world.expected_owner(target, device)
    return ends.unanswered(walk, device, target, answers.failures, entry)


def ask(walk: Walk, device: Device, target: int, src: int) -> Answers:
    """Ask on the device's segment, as the kernel would. Within one trace each question is asked once."""
    key = (id(device), target)
    known = walk.common.answers.get(key)
    if known is not None:
        return known
    answers = Answers()
    walk.common.answers[key] = answers  # a question within the question (a tunnel's) does not come here again
    question = _question(device, target, src)
    asking = walk.aside()
    asking.begin(device.space, f"who has {ip(target)}?")
    before = walk.common.blind
    asking.transmit(device, question)
    answers.macs = dict(asking.heard)
    answers.failures = asking.failures
    answers.unseen = walk.common.blind > before
    if not answers.macs and not answers.failures and not answers.unseen:
        answers.failures = _on_the_way_to(walk, device, question)
    return answers


def _on_the_way_to(walk: Walk, device: Device, question: Packet) -> list[Failure]:
    """What fails on the way to whoever should answer: the question to all may have been answered for them
    (proxies, ARP from the flows of a switch), or have gone astray unseen."""
    for owner in walk.world.owners_of(question.dst):
        if owner is device:
            continue
        asking = walk.aside()
        asking.begin(device.space, f"who has {ip(question.dst)}?")
        asking.transmit(device, question.but(dmac=owner.mac))
        if asking.failures:
            return asking.failures
    return []


def _question(device: Device, target: int, src: int) -> Packet:
    return Packet(src=_sender(device, target, src), dst=target, arp=1, smac=device.mac, dmac=BROADCAST)


def _sender(device: Device, target: int, src: int) -> int:
    """The address that the question comes from: the packet's own if it is ours, else one of the subnet."""
    if src in device.space.addresses:
        return src
    return router.source_for(device, target)


def hear(walk: Walk, device: Device, packet: Packet) -> End:
    """An ARP packet at an IP stack: an answer to what was asked, or a question that it may answer."""
    if packet.arp == 2:
        if packet.dmac != device.mac:
            return ends.not_mine(device, packet)
        if walk.ended is None:  # else it is only told what would be, had nothing been lost
            walk.heard[packet.smac] = device
        return ends.accepted(device, packet)
    if not _answers(walk, device, packet):
        return ends.not_mine(device, packet)
    walk.step("neigh", f"{device.name} has {ip(packet.dst)} and answers")
    if packet.src and walk.ended is None:
        walk.common.met[id(device), packet.src] = packet.smac
    walk.answerers[id(device)] = device
    reply = Packet(src=packet.dst, dst=packet.src, arp=2, smac=device.mac, dmac=packet.smac)
    return walk.transmit(device, reply)


def may_answer_behind(port: Device, question: Packet) -> bool:
    """Whether it is worth while to follow a question out of a port: False when its other end is an IP stack
    that was seen, and neither has the address nor stands proxy for any."""
    stack = port.peer if port.kind == "veth" else port.space.world.card_behind(port)
    if stack is None or stack.bridge is not None or stack.vlans:
        return True
    space = stack.space
    if not space.name and not space.guest:
        return True  # the host's own namespace may pass it on: into a switch, or another bridge
    return question.dst in space.addresses or space.stands_proxy


def _answers(walk: Walk, device: Device, packet: Packet) -> bool:
    """net/ipv4/arp.c arp_process: an address of its own (arp_ignore), or one that it stands proxy for; and
    only who could be routed to it (rp_filter) gets an answer."""
    space = device.space
    if packet.src in space.addresses and packet.src:
        return False  # a question in its own name: a martian
    if packet.dst in space.addresses:
        ignore = max(space.conf("all", "arp_ignore"), space.conf(device.name, "arp_ignore"))
        holder = space.addresses[packet.dst][1]
        mine = holder is device
        if (ignore == 1 and not mine) or ignore >= 8 or (ignore == 2 and not mine):
            return False
        return not packet.src or router.source_fits(device, packet.src, packet.dst, 0)
    if not router.forwards(device):
        return False
    if (device.name, ip(packet.dst)) in space.proxied:
        return True
    if not max(space.conf("all", "proxy_arp"), space.conf(device.name, "proxy_arp")):
        return False
    choice = space.routes.choose(packet.dst, packet.src, device.name)
    return choice.route is not None and choice.route.type == "unicast" and choice.route.link != device.name
