"""A packet through the router of ``kernel``: as the model says that it goes, and as the kernel sent it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mitate.analyze.trace.conntrack import Sessions, Tracked
from mitate.analyze.trace.netfilter import Crossed, Firewall, Way
from mitate.analyze.trace.packet import Packet, ip, number
from mitate.model.net import IpSet, IptablesChain, IptablesRule, NftChain, NftRule, NftSet
from mitate.model.source import Source
from tests.trace.netfilter import kernel
from tests.trace.netfilter.kernel import Seen

SOURCE = Source("router", "iptables-save", datetime(2026, 1, 1, tzinfo=UTC))
OWN = frozenset(number(one) for one in ("10.1.0.1", "10.2.0.1", "10.1.9.1", "127.0.0.1"))


def facts(
    text: str, legacy: bool = False, family: str = "ip"
) -> tuple[list[IptablesChain], list[IptablesRule]]:
    """What iptables-save printed."""
    chains, rules, table = [], [], ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":"):
            name, policy = line[1:].split()[:2]
            chains.append(
                IptablesChain(
                    source=SOURCE,
                    namespace="r",
                    table=table,
                    chain=name,
                    policy=policy,
                    legacy=legacy,
                    family=family,
                )
            )
        elif line.startswith("-A"):
            rules.append(
                IptablesRule(
                    source=SOURCE,
                    namespace="r",
                    table=table,
                    chain=line.split()[1],
                    rule=line.strip(),
                    legacy=legacy,
                    family=family,
                )
            )
    return chains, rules


def sets(text: str) -> list[IpSet]:
    """What ipset save printed."""
    kinds: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split(maxsplit=2)
        if words[0] == "create":
            kinds[words[1]] = words[2].split()[0]
            members[words[1]] = []
        elif words[0] == "add":
            members[words[1]].append(words[2])
    return [
        IpSet(source=SOURCE, namespace="r", name=name, type=kind, members=tuple(members[name]))
        for name, kind in kinds.items()
    ]


def nft_facts(text: str) -> tuple[list[NftChain], list[NftRule], list[NftSet]]:
    """What nft -j list ruleset printed, without the tables that iptables made."""
    chains, rules, found = [], [], []
    for item in msgspec.json.decode(text)["nftables"]:
        ((kind, value),) = item.items()
        if kind in ("metainfo", "table"):
            continue
        own = {"source": SOURCE, "namespace": "r", "family": value["family"], "table": value["table"]}
        if value["table"] in ("filter", "nat", "mangle", "raw"):
            continue
        if kind == "chain":
            chains.append(
                NftChain(
                    **own,
                    chain=value["name"],
                    type=value.get("type", ""),
                    hook=value.get("hook", ""),
                    priority=value.get("prio"),
                    policy=value.get("policy", ""),
                )
            )
        elif kind == "rule":
            text = msgspec.json.encode(value["expr"]).decode()
            rules.append(NftRule(**own, chain=value["chain"], handle=value["handle"], expression=text))
        elif kind in ("set", "map"):
            text = msgspec.json.encode(value.get("elem", [])).decode()
            found.append(NftSet(**own, name=value["name"], elements=text))
    return chains, rules, found


class Predicted(msgspec.Struct, frozen=True):
    """at: "" when nothing is to be seen. why: what was decided, for the message of a failed comparison."""

    at: str
    packet: Packet | None
    why: tuple[str, ...]
    assumed: tuple[str, ...] = ()


def device(address: int) -> str:
    return "ra" if address >> 16 == number("10.1.0.0") >> 16 else "rb"


class Walk:
    """The router's part in the life of packets: hooks, and routes as simple as its own."""

    def __init__(self, firewall: Firewall) -> None:
        self.firewall = firewall
        self.sessions = Sessions()
        self.says: list[str] = []
        self.assumed: list[str] = []
        self.refused = False

    def send(self, way: str, packet: Packet) -> Predicted:
        self.says, self.assumed, self.refused = [], [], False
        end = self._output(packet, None) if way == "router" else self._enter(way, packet, None)
        return Predicted(end[0], end[1], tuple(self.says), tuple(self.assumed))

    def _cross(self, hook: str, packet: Packet, way: Way, track: Tracked | None) -> Crossed:
        crossed = self.firewall.cross(hook, packet, way, self.sessions, track)
        self.says.append(f"{hook} {crossed.verdict}: " + "; ".join(step.did for step in crossed.steps))
        self.refused |= crossed.verdict != "accept"  # the sessions now hold what did not come to be
        self.assumed += crossed.assumptions
        return crossed

    def _enter(self, iif: str, packet: Packet, track: Tracked | None) -> tuple[str, Packet | None]:
        pre = self._cross("PREROUTING", packet, Way(iif=iif), track)
        if pre.verdict != "accept":
            return "", None
        if pre.packet.dst in OWN:
            into = self._cross("INPUT", pre.packet, Way(iif=iif), pre.track)
            return ("local", into.packet) if into.verdict == "accept" else self._rejected(into)
        oif = device(pre.packet.dst)
        forward = self._cross(
            "FORWARD", pre.packet.but(ttl=pre.packet.ttl - 1), Way(iif=iif, oif=oif), pre.track
        )
        if forward.verdict != "accept":
            return self._rejected(forward)
        post = self._cross("POSTROUTING", forward.packet, Way(oif=oif), forward.track)
        return (oif, post.packet) if post.verdict == "accept" else ("", None)

    def _output(self, packet: Packet, track: Tracked | None) -> tuple[str, Packet | None]:
        out = self._cross("OUTPUT", packet, Way(oif=device(packet.dst)), track)
        if out.verdict != "accept":
            return self._rejected(out)
        if out.packet.dst in OWN:
            post = self._cross("POSTROUTING", out.packet, Way(oif="lo"), out.track)
            return self._enter("lo", post.packet, post.track) if post.verdict == "accept" else ("", None)
        oif = device(out.packet.dst)
        post = self._cross("POSTROUTING", out.packet, Way(oif=oif), out.track)
        return (oif, post.packet) if post.verdict == "accept" else ("", None)

    def _rejected(self, crossed: Crossed) -> tuple[str, Packet | None]:
        answer = crossed.answer
        if answer is None:
            return "", None
        if answer.dst in OWN:  # it stays inside, but may itself be refused, and that be told to another
            end = self._output(answer.but(src=answer.src or answer.dst), crossed.answer_track)
            return end if end[0] in ("ra", "rb") else ("", None)
        if not answer.src:
            answer = answer.but(src=number("10.1.0.1" if device(answer.dst) == "ra" else "10.2.0.1"))
        return self._output(answer, crossed.answer_track)


class BridgeWalk(Walk):
    """The bridge's part: its own rules around those of iptables."""

    def frame(self, port: str, packet: Packet, ports: dict[str, str]) -> set[str]:
        """The ports at which the packet is to be seen. ports: by MAC; others are flooded."""
        self.says, self.assumed = [], []
        way = Way(iif="br0", physin=port, bridged=True)
        first = self._bridge("PREROUTING", packet, way)
        if first is None:
            return set()
        track = None
        if not packet.arp:
            crossed = self._cross("PREROUTING", first, way, None)
            if crossed.verdict != "accept":
                return set()
            first, track = crossed.packet, crossed.track
        known = ports.get(first.dmac)
        out = {known} if known else set(ports.values())
        # a bridge floods to the port that joined it last first
        towards = sorted(out - {port}, reverse=True)
        return {to for to in towards if self._leaves(port, to, first, track)}

    def _leaves(self, port: str, to: str, packet: Packet, track: Tracked | None) -> bool:
        way = Way(iif="br0", oif="br0", physin=port, physout=to, bridged=True)
        for hook in ("FORWARD", "POSTROUTING"):
            moved = self._bridge(hook, packet, way)
            if moved is None:
                return False
            if not packet.arp:
                crossed = self._cross(hook, moved, way, track)
                if crossed.verdict != "accept":
                    return False
                moved, track = crossed.packet, crossed.track
            packet = moved
        return True

    def _bridge(self, hook: str, packet: Packet, way: Way) -> Packet | None:
        crossed = self.firewall.cross_bridge(hook, packet, way)
        self.says.append(f"bridge {hook} {crossed.verdict}: " + "; ".join(step.did for step in crossed.steps))
        self.assumed += crossed.assumptions
        return crossed.packet if crossed.verdict == "accept" else None


def tell(packet: Packet | None) -> str:
    """What is compared."""
    if packet is None:
        return "nothing"
    ports = f" {packet.sport} {packet.dport}" if packet.proto != "icmp" else f" type {packet.icmp_type}"
    if packet.inner is not None:
        code, quoted = packet.icmp_code, tell(packet.inner)
        return f"{packet.proto} {ip(packet.src)} > {ip(packet.dst)}{ports}/{code} [{quoted}]"
    flags = "".join(sorted(packet.flags)) if packet.proto == "tcp" else ""
    ident = f" id {packet.sport}" if packet.proto == "icmp" else ""
    return f"{packet.proto} {ip(packet.src)} > {ip(packet.dst)}{ports}{ident} {flags}".strip()


def is_answer(packet: Packet) -> bool:
    return packet.inner is not None or (packet.proto == "tcp" and "R" in packet.flags)


def compare(box: kernel.Box, walk: Walk, way: str, packet: Packet) -> tuple[str, Seen | None]:
    """Send one packet. ("" or what differs, what was seen)"""
    mark = box.next()
    predicted = walk.send(way, packet)
    box.send(way, packet, mark)
    found = box.collect(mark, bool(predicted.at))
    if not (predicted.packet is not None and is_answer(predicted.packet)):
        # what the router answers itself, to itself, is none of the rules'
        found = [one for one in found if one.at != "local" or not is_answer(one.packet)]
    if any(one.at == "local" for one in found):
        found = [one for one in found if one.at == "local"]
    seen = found[0] if found else None
    have = (seen.at, tell(seen.packet)) if seen else ("", "nothing")
    want = (predicted.at, tell(predicted.packet))
    if have == want:
        return "", seen
    why = "\n    ".join((*predicted.why, *predicted.assumed))
    return f"{way}: {tell(packet)}\n  predicted {want}\n  seen      {have}\n    {why}", seen
