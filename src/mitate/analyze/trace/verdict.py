"""The question as a whole: there, back, and the errors home; then what it all comes to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mitate.analyze.trace import endpoints, refusals, router, wire
from mitate.analyze.trace.book import Common, Lost
from mitate.analyze.trace.endpoints import Endpoint
from mitate.analyze.trace.ends import End, whose
from mitate.analyze.trace.packet import BROADCAST, ECHO_REPLY, FRAG_NEEDED, OUTSIDE, UNREACHABLE, Packet, ip
from mitate.analyze.trace.packet import number as _number
from mitate.analyze.trace.space import Device
from mitate.analyze.trace.walk import Walk
from mitate.analyze.trace.world import World
from mitate.model.cloud import Network, Router
from mitate.model.diagnosis import Confidence
from mitate.model.path_reasons import BY_CODE
from mitate.model.trace import At, Direction, Disposition, Failure, Path, Trace, Verdict

SMALL = 84
"""A ping's size with the usual 56 bytes of data."""


class Wanted(msgspec.Struct, frozen=True):
    """What is sent. port: 0 for none. sizes: bytes at layer 3, () for those that tell (``auto``).
    source_address: the one that the source uses in place of its own."""

    proto: str = "icmp"
    port: int = 0
    sizes: tuple[int, ...] = ()
    source_address: str = ""


def trace(world: World, source: str, destination: str, wanted: Wanted = Wanted()) -> Path:  # noqa: B008 - frozen
    """Where a packet goes, where it dies, and whether the reply comes home. Raises CannotStart when an end is
    not to be found."""
    return question(world, source, destination, wanted).answer()


def question(world: World, source: str, destination: str, wanted: Wanted) -> Question:
    """The same, not yet answered. Raises CannotStart."""
    sender = endpoints.source(world, source)
    if wanted.source_address:
        sender = msgspec.structs.replace(sender, address=endpoints.address(wanted.source_address))
    receiver = endpoints.destination(world, destination, sender)
    return Question(world, sender, receiver, wanted)


class Question:
    """Who asks whom for what; ``answer`` walks it. forward: the walk there, once it was answered."""

    def __init__(self, world: World, sender: Endpoint, receiver: Endpoint, wanted: Wanted) -> None:
        self.world = world
        self.sender = sender
        self.receiver = receiver
        self.wanted = wanted
        self.common = Common(world)
        self.forward: Walk | None = None
        self.sizes = wanted.sizes or _telling_sizes(world, sender, receiver)

    def answer(self) -> Path:
        forward, end = self._forward()
        self.forward = forward
        back, home = None, None
        meant = self._is_meant(end)
        if meant and self.receiver.service:
            for each in refusals.service_down(self, end):
                forward.adopt(each, Disposition.DROPPED)
        if end.accepted and end.packet is not None and (meant or end.device is not None):
            back, home = self._back(forward, end)
        traces = [*self._traces(forward, end, meant)]
        errors = self._errors(forward)
        if back is not None and home is not None:
            traces += self._traces(back, home, self._is_home(home))
            errors += self._errors(back)
        traces += [trace for trace, _ in errors]
        return self._verdict(forward, end, meant, back, home, traces)

    # -- there --------------------------------------------------------------------------------------------

    def _packet(self) -> Packet:
        wanted = self.wanted
        packet = Packet(
            src=self.sender.address, dst=self.receiver.address, proto=wanted.proto, dport=wanted.port
        )
        if self.receiver.service == "metadata":
            return packet.but(proto="tcp", dport=80)
        if self.receiver.service == "dhcp":
            mac = self.sender.device.mac if self.sender.device else ""
            return packet.but(src=0, proto="udp", sport=68, dport=67, df=False, smac=mac, dmac=BROADCAST)
        return packet

    def _forward(self) -> tuple[Walk, End]:
        walk = Walk(self.common, Direction.FORWARD, self.sizes, self.sender.address)
        packet = self._packet()
        if self.sender.outside:
            return walk, self._from_outside(walk, packet)
        device = self.sender.device
        if device is None:
            walk.begin(None, str(packet), told=f"{self.sender.says} sends it")
            return walk, refusals.no_source(walk, self.sender)
        walk.begin(device.space, str(packet), told=f"{self.sender.says} sends it")
        if not device.up:
            return walk, walk.down(device)
        if self.receiver.service == "dhcp":
            port = self.sender.port
            servers = [p for p in self.world.ports if p.device_owner == "network:dhcp"]
            servers = [p for p in servers if port is not None and p.network_id == port.network_id]
            insides = [self.world.inside(each) for each in servers]
            hidden = [self.world.hides(each.host) for each in servers]
            if not any(insides) and any(hidden):
                walk.unseen("INSUFFICIENT_INFO_HOST", next(filter(None, hidden)), None)
                return walk, End(Disposition.INSUFFICIENT_INFO)
            walk.wanted = frozenset(id(each.space) for each in insides if each is not None)
            return walk, walk.transmit(device, packet)
        return walk, router.output(walk, device.space, packet)

    def _from_outside(self, walk: Walk, packet: Packet) -> End:
        """Who has the address, asked on the wire of the external network; then the packet comes in there."""
        walk.begin(None, str(packet), told=f"{self.sender.says} sends it")
        nets = endpoints.entry_networks(self.world, packet.dst, packet.src)
        cards = wire.entrances(self.world, nets)
        if not cards:
            return refusals.no_entrance(walk, nets)
        return self._come_in(walk, packet, self.receiver, nets, cards)

    def _come_in(
        self, walk: Walk, packet: Packet, receiver: Endpoint, nets: Sequence[Network], cards: Sequence[Device]
    ) -> End:
        """In by one of the cards, to the MAC that answers there for the packet's destination."""
        asker = self.world.upstream(nets, packet.src)
        question = Packet(src=asker, dst=packet.dst, arp=1, smac=OUTSIDE, dmac=BROADCAST)
        asking, before = walk.aside(), self.common.blind
        asking.begin(None, f"who has {ip(packet.dst)}?")
        asking.best([lambda card=card: asking.receive(card, question) for card in cards], every=True)  # type: ignore[misc]
        macs = dict(asking.heard)
        if not macs:
            blind = self.common.blind > before
            return refusals.nobody_outside(walk, receiver, packet, asking.failures, cards, blind)
        mac = next(iter(macs))
        if len(macs) > 1 or len(asking.answerers) > 1:
            mac = refusals.two_outside(walk, receiver, packet, macs, list(asking.answerers.values()))
        walk.step("neigh", f"who has {ip(packet.dst)}? {mac} answers")
        walk.visits[-1].leaves = ""
        walk.step("exit", "in from outside")
        walk.sent = frame = packet.but(smac=OUTSIDE, dmac=mac, ttl=packet.ttl - 1)
        found = walk.best([lambda card=card: walk.receive(card, frame) for card in cards])  # type: ignore[misc]
        return found or End(Disposition.DROPPED)

    def _is_meant(self, end: End) -> bool:
        """Whether the packet came to whom it was for."""
        if not end.accepted:
            return False
        if self.receiver.outside:
            return end.device is None
        if end.device is None:
            return False
        if self.receiver.service == "metadata":
            return not end.device.space.guest and end.packet is not None and end.packet.dport != 80
        if self.receiver.service == "dhcp":
            return True
        return self.receiver.device is not None and end.device.space is self.receiver.device.space

    # -- back ---------------------------------------------------------------------------------------------

    def _back(self, forward: Walk, end: End) -> tuple[Walk, End]:
        """The reply to what arrived, from where it arrived."""
        walk = Walk(self.common, Direction.RETURN, self.sizes, self.sender.address)
        arrived = end.packet
        assert arrived is not None
        reply = reply_to(arrived)
        if end.device is None:
            walk.begin(None, str(reply), "reply_build", f"{self.receiver.says} answers")
            return walk, self._outside_answers(walk, forward, reply)
        walk.begin(end.device.space, str(reply), "reply_build", f"{whose(end.device.space)} answers")
        if (
            self.receiver.service == "dhcp"
            and self.sender.port is not None
            and self.sender.device is not None
        ):
            own = end.device.addresses[0].ip if end.device.addresses else ip(0)
            offer = reply.but(
                src=_number(own),
                dst=self.sender.address,
                sport=67,
                dport=68,
                smac=end.device.mac,
                dmac=self.sender.device.mac,
            )
            return walk, walk.transmit(end.device, offer)
        if not end.device.up:
            return walk, walk.down(end.device)
        return walk, router.output(walk, end.device.space, reply)

    def _outside_answers(self, walk: Walk, forward: Walk, reply: Packet) -> End:
        """Somebody out there answers: the reply comes in by the card that the request left by, to whoever
        answers there for its address; to the sender of the request where nothing was translated by intent."""
        card, frame = forward.exit if forward.exit else (None, None)
        if card is None or frame is None:
            return End(Disposition.EXITS_SNAPSHOT, None, reply, False)
        if self.world.has_fixed(reply.dst):
            if not any(each.snat is False for each in self.world.snapshot.all(Router)):
                return refusals.no_way_back(walk, forward, card, reply)
            walk.step("exit", "in from outside")
            return walk.receive(card, reply.but(smac=OUTSIDE, dmac=frame.smac, vlan=frame.vlan, ttl=63))
        if frame.vlan is not None:
            walk.step("exit", "in from outside")
            return walk.receive(card, reply.but(smac=OUTSIDE, dmac=frame.smac, vlan=frame.vlan, ttl=63))
        address = ip(reply.dst)
        asked = Endpoint(address, reply.dst, floating=self.world.floating.get(address))
        nets = endpoints.entry_networks(self.world, reply.dst, reply.src)
        return self._come_in(walk, reply, asked, nets, [card])

    def _is_home(self, end: End) -> bool:
        """Whether the reply reached the one who asked, with the addresses and ports that it expects."""
        packet = end.packet
        if not end.accepted or packet is None:
            return False
        if self.receiver.service == "dhcp":
            return end.device is not None and end.device is self.sender.device
        if packet.src != self.receiver.address or packet.dst != self.sender.address:
            return False
        asked = self._packet()
        if (packet.sport if asked.proto == "icmp" else packet.dport) != asked.sport:
            return False
        if self.sender.outside:
            return end.device is None
        return (
            end.device is not None
            and self.sender.device is not None
            and end.device.space is self.sender.device.space
        )

    # -- errors home --------------------------------------------------------------------------------------

    def _errors(self, walk: Walk) -> list[tuple[Trace, bool]]:
        """ICMP "fragmentation needed" of each limit that sends it, walked to whoever sent the packet."""
        found = []
        for lost in walk.lost:
            if lost.emitter is None or lost.offending is None:
                continue
            errand = Walk(self.common, Direction.ICMP_ERROR, (576,), self.sender.address)
            end = _send_error(errand, lost)
            back = walk.direction is Direction.RETURN
            wanted = self.receiver if back else self.sender
            home = (
                not errand.failures
                and end.accepted
                and (
                    end.device is None
                    if wanted.outside
                    else end.device is not None
                    and wanted.device is not None
                    and end.device.space is wanted.device.space
                )
            )
            disposition = end.disposition if home else (errand.ended or Disposition.MISDELIVERED)
            code = "" if home else (errand.failures[0].code if errand.failures else "RTR_PMTUD_BLACKHOLE")
            trace = Trace(
                Direction.ICMP_ERROR,
                max(lost.sizes),
                f"fragmentation needed ({lost.limit}) about {lost.offending}",
                errand.hops,
                disposition if home or not disposition.succeeds else Disposition.DROPPED,
                code,
            )
            if not home:
                self._untold(walk, lost, errand)
            found.append((trace, home))
        return found

    def _untold(self, walk: Walk, lost: Lost, errand: Walk) -> None:
        """A limit whose error does not come home is a black hole."""
        why = errand.failures[0] if errand.failures else None
        says = f"packets of more than {lost.limit} bytes are lost, and the sender never hears of it"
        if why is not None:
            says += f": {why.says}"
        failure = Failure(
            "RTR_PMTUD_BLACKHOLE",
            BY_CODE["RTR_PMTUD_BLACKHOLE"].layer,
            why.at if why else lost.failure.at,
            Confidence.PREDICTED,
            says,
            (BY_CODE["RTR_PMTUD_BLACKHOLE"].fix,),
            (*(why.evidence if why else ()), *lost.failure.evidence),
            walk.direction,
        )
        at = walk.lost.index(lost)
        walk.lost[at] = msgspec.structs.replace(lost, failure=failure, disposition=Disposition.TOO_BIG_SILENT)

    # -- what it comes to ---------------------------------------------------------------------------------

    def _traces(self, walk: Walk, end: End, meant: bool) -> list[Trace]:
        assumed = tuple(self.common.assumptions)
        flow = walk.flow
        found = []
        if walk.sizes:
            disposition, reason = end.disposition, ""
            if walk.failures and walk.ended is not None:
                disposition, reason = walk.ended, walk.failures[0].code
            elif not meant:
                disposition, reason = _astray(self, walk, end)
            found += [
                Trace(walk.direction, size, flow, walk.hops, disposition, reason, assumed)
                for size in walk.sizes
            ]
        for lost in walk.lost:
            found += [
                Trace(walk.direction, size, flow, lost.hops, lost.disposition, lost.failure.code, assumed)
                for size in lost.sizes
            ]
        return sorted(found, key=lambda each: each.size)

    def _verdict(
        self,
        forward: Walk,
        end: End,
        meant: bool,
        back: Walk | None,
        home: End | None,
        traces: list[Trace],
    ) -> Path:
        reasons = refusals.of_the_api(self.world, self.sender, self.receiver)
        said = {each.code for each in reasons}
        failures = [*forward.failures, *(back.failures if back else ())]
        if back is not None and back.failures and not forward.failures:
            reasons += refusals.lookalike(self)
        reasons += [each for each in failures if each.code not in said]
        limits = [each for walk in (forward, back) if walk for each in walk.lost]
        silent = [each for each in limits if each.disposition is Disposition.TOO_BIG_SILENT]
        silent = [each for each in silent if min(each.sizes) <= self._largest_sent(each.failure.direction)]
        unseen = list(self.common.unseen.values())
        duplicate = any(
            each.code in ("EP_DUP_IP", "FIP_ON_TWO_NODES", "RTR_HA_SPLIT_BRAIN") for each in failures[:1]
        )
        if duplicate:
            verdict = Verdict.AMBIGUOUS
        elif forward.failures:
            verdict = Verdict.UNREACHABLE_FORWARD
        elif not meant:
            verdict = self._astray(end, back, home)
            reasons += refusals.wrong_node(self, end, forward) if end.accepted else []
        elif back is None or home is None:
            verdict = Verdict.UNDETERMINED
        elif back.failures:
            verdict = Verdict.UNREACHABLE_RETURN
        elif not self._is_home(home):
            verdict = Verdict.UNREACHABLE_RETURN if home.packet is not None else Verdict.UNDETERMINED
            reasons += refusals.wrong_reply(self, home)
        elif unseen:
            verdict = Verdict.UNDETERMINED
        elif silent:
            verdict = Verdict.REACHABLE_SMALL_ONLY
        else:
            verdict = Verdict.REACHABLE
        if (
            forward.failures
            and verdict is Verdict.UNREACHABLE_FORWARD
            and forward.failures[0].layer == "unseen"
        ):
            verdict = Verdict.UNDETERMINED
        reasons += [each.failure for each in silent]
        reasons += [*unseen, *self.common.doubts.values()]
        both = set(self.sizes)
        for walk in (forward, back):
            both &= set(walk.sizes) if walk is not None else set()
        arrives = verdict in (Verdict.REACHABLE, Verdict.REACHABLE_SMALL_ONLY)
        limit = min([each.limit for each in limits], default=max(both, default=0))
        return Path(
            cloud=self.world.snapshot.cloud,
            taken_at=self.world.snapshot.taken_at,
            source=self.sender.says,
            destination=self.receiver.says,
            asked=_asked(self),
            verdict=verdict,
            path_mtu=(limit or None) if arrives else None,
            traces=tuple(traces),
            reasons=tuple(_once(reasons)),
            as_wanted=tuple(sorted(self.common.as_wanted)),
        )

    def _astray(self, end: End, back: Walk | None, home: End | None) -> Verdict:
        """Somebody else has the packet; whether he is heard at the other end is another question."""
        if not end.accepted or end.device is None or refusals.rules_unseen(self, end.device):
            return Verdict.UNDETERMINED
        heard = back is not None and not back.failures and home is not None and self._is_home(home)
        return Verdict.ANSWERED_BY_WRONG_NODE if heard else Verdict.UNREACHABLE_FORWARD

    def _largest_sent(self, direction: Direction) -> int:
        """The MTU of whoever sends in a direction: larger packets are not even made."""
        sender = self.receiver if direction is Direction.RETURN else self.sender
        return sender.device.mtu if sender.device is not None else max(self.sizes)


def reply_to(packet: Packet) -> Packet:
    """The answer to a packet, as its receiver sends it. Echo replies may be fragmented; others may not."""
    reply = packet.but(
        src=packet.dst,
        dst=packet.src,
        sport=packet.dport,
        dport=packet.sport,
        ttl=64,
        mark=0,
        smac="",
        dmac="",
    )
    if packet.proto == "icmp":
        return reply.but(sport=packet.sport, dport=0, icmp_type=ECHO_REPLY, df=False)
    return reply.but(flags="SA") if packet.proto == "tcp" else reply


def _send_error(errand: Walk, lost: Lost) -> End:
    emitter, about = lost.emitter, lost.offending
    assert emitter is not None and about is not None
    error = Packet(
        src=0,
        dst=about.src,
        icmp_type=UNREACHABLE,
        icmp_code=FRAG_NEEDED,
        size=576,
        df=False,
        inner=about,
    )
    errand.begin(emitter.space, f"fragmentation needed: at most {lost.limit} bytes")
    if emitter.kind == "vxlan":
        # forged by the tunnel device in the name of the inner destination, back into the bridge
        return errand.receive(emitter, error.but(src=about.dst, smac=about.dmac, dmac=about.smac))
    return router.output(errand, emitter.space, error)


def _astray(question: Question, walk: Walk, end: End) -> tuple[Disposition, str]:
    """A walk that met no failure and yet did not come to whom it was for."""
    if end.accepted and end.device is not None and refusals.rules_unseen(question, end.device):
        return Disposition.INSUFFICIENT_INFO, "INSUFFICIENT_INFO_TABLE"
    if end.accepted and end.device is not None and walk.direction is Direction.FORWARD:
        found = refusals.wrong_node(question, end, walk)
        return Disposition.ANSWERED_BY_OTHER, found[0].code if found else "FIP_DNAT_MISSING"
    if end.accepted:
        found = refusals.wrong_reply(question, end)
        return Disposition.MISDELIVERED, found[0].code if found else "FIP_SNAT_MISSING"
    return Disposition.INSUFFICIENT_INFO, "INSUFFICIENT_INFO_TABLE"


def _once(failures: Sequence[Failure]) -> list[Failure]:
    found: dict[tuple[str, At], Failure] = {}
    for each in failures:
        found.setdefault((each.code, each.at), each)
    return list(found.values())


def _asked(question: Question) -> str:
    wanted = question.wanted
    port = f" port {wanted.port}" if wanted.port else ""
    return f"{wanted.proto}{port} from {question.sender.says} to {question.receiver.says}"


def _telling_sizes(world: World, sender: Endpoint, receiver: Endpoint) -> tuple[int, ...]:
    """A small packet, and the MTU of every network that has to do with it: those are the likely limits."""
    found = {SMALL, 1500}
    ports = [each.port for each in (sender, receiver) if each.port is not None]
    for net in world.networks.values():
        if net.mtu and (net.external or any(port.network_id == net.id for port in ports)):
            found.add(net.mtu)
    for each in (sender, receiver):
        if each.device is not None:
            found.add(each.device.mtu)
    top = sender.device.mtu if sender.device is not None else max(found)
    chosen = sorted(size for size in found if size <= max(top, SMALL))
    return tuple(chosen)
