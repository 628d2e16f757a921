"""One packet through the flows of a switch: lookups, actions, patches to other bridges.

The semantics are those of ``ofproto-dpif-xlate.c``: what a table did to the packet stays after a resubmit,
``ct`` with a table goes on with a copy, nothing is sent back to where it came from unless IN_PORT is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mitate.analyze.trace.openflow.actions import (
    Action,
    CheckLarger,
    Clear,
    ClearTrack,
    Clone,
    Conjunction,
    DecTtl,
    Drop,
    Exit,
    Goto,
    Group,
    Learn,
    Members,
    Move,
    Nothing,
    Output,
    OutputField,
    Pop,
    PopVlan,
    Push,
    PushVlan,
    Put,
    Resubmit,
    SetVlan,
    Track,
    Unknown,
    Write,
)
from mitate.analyze.trace.openflow.bridge import QINQ, TUNNELS, Bridge, Port, into_tunnel
from mitate.analyze.trace.openflow.change import (
    change,
    in_order,
    packet_of,
    through_patch,
    untrack,
)
from mitate.analyze.trace.openflow.fields import (
    CT_LABEL,
    CT_MARK,
    CT_STATE,
    CT_ZONE,
    DL_SRC,
    DL_TYPE,
    FIELDS,
    IN_PORT,
    IPV4,
    NW_TTL,
    PORTS,
    TAGGED,
    TUN_DST,
    TUN_ID,
    TUN_SRC,
    VLAN,
    Key,
)
from mitate.analyze.trace.openflow.groups import alive, buckets
from mitate.analyze.trace.openflow.tables import learnt
from mitate.analyze.trace.openflow.tracker import Tracked, Tracker, reversed_
from mitate.analyze.trace.openflow.trail import Death, Left, Note, Trail
from mitate.analyze.trace.packet import Packet
from mitate.model.source import Fact

DEPTH, RESUBMITS, COPIES, PASSES = 64, 4096, 8192, 64
"""Limits of Open vSwitch: how deep tables nest and how often they are looked into before it drops the packet.
COPIES: its limit is 64 kB of actions, at some eight bytes each. PASSES: through connection tracking."""

_NORMAL, _FLOOD, _ALL, _CONTROLLER, _NONE, _TABLE, _IN = (
    PORTS[name] for name in ("NORMAL", "FLOOD", "ALL", "CONTROLLER", "NONE", "TABLE", "IN_PORT")
)


class TooDeep(Exception):
    """The flows send the packet round and round."""


class _Context:
    """The packet in one bridge, as it is now."""

    __slots__ = ("bridge", "depth", "exited", "key", "set", "stack", "table")

    def __init__(self, bridge: Bridge, key: Key, depth: int = 0) -> None:
        self.bridge, self.key, self.depth = bridge, key, depth
        self.table = -1
        self.set: list[Action] = []
        self.stack: list[int] = []
        self.exited = False

    def fork(self) -> _Context:
        made = _Context(self.bridge, self.key.copy(), self.depth)
        made.table, made.set, made.stack = self.table, self.set.copy(), self.stack.copy()
        return made


class Run:
    """peers: (bridge, port) at the other end of a patch, by the port's name."""

    def __init__(
        self,
        host: str,
        peers: Callable[[Port], tuple[Bridge, Port] | None],
        packet: Packet,
        tracker: Tracker,
    ) -> None:
        self.host, self.peers, self.packet, self.tracker = host, peers, packet, tracker
        self.local = 0  # where the tunnel ended that the packet came by: it is not sent back there
        self.left: list[Left] = []
        self.deaths: list[Death] = []
        self.assumptions: dict[str, None] = {}
        self.resubmits = 0
        self._waiting: list[tuple[_Context, Trail | None]] = []  # copies that connection tracking sent on
        self._moves = 0  # outputs, tables, groups so far: a rule that adds none to it drops the packet

    def go(self, bridge: Bridge, key: Key) -> None:
        """The packet, then every copy that went through connection tracking, each with limits of its own."""
        context = _Context(bridge, key.copy())
        self._pass(context, None, lambda: self._enter(context, None))
        for _ in range(PASSES):
            if not self._waiting:
                return
            context, trail = self._waiting.pop(0)
            self._pass(context, trail, partial(self._resume, context, trail))
        self._die("loop", context, None, "connection tracking sends it on without end")

    def _pass(self, context: _Context, trail: Trail | None, walk: Callable[[], None]) -> None:
        """What left the switch in a pass that went too deep did not leave it."""
        left, waiting, self.resubmits = len(self.left), len(self._waiting), 0
        self.local = context.key[TUN_DST]
        try:
            walk()
        except (TooDeep, RecursionError):
            del self.left[left:], self._waiting[waiting:]
            self._die("loop", context, trail, "its flows send it round and round")

    def _resume(self, context: _Context, trail: Trail | None) -> None:
        self._table(context, context.table, trail)
        self._finish(context, trail)

    def _enter(self, context: _Context, trail: Trail | None) -> None:
        """From the bridge's first table on."""
        bridge = context.bridge
        if not bridge.flows and bridge.seen and bridge.fact.fail_mode != "secure":
            self.assume(f"{bridge.name} has no flows and is not secure: it forwards as a plain switch")
            self._normal(context, Trail(trail, note=Note("bridge_lookup", f"{bridge.name} has no flows")))
            return
        self._table(context, 0, trail)
        self._finish(context, trail)

    def assume(self, text: str) -> None:
        self.assumptions[text] = None

    def _die(
        self, kind: str, context: _Context, trail: Trail | None, says: str, fact: Fact | None = None
    ) -> None:
        self.deaths.append(Death(kind, context.bridge, context.table, context.key.copy(), trail, says, fact))

    def _table(self, context: _Context, table: int, trail: Trail | None, in_port: int | None = None) -> None:
        self.resubmits += 1
        if context.depth >= DEPTH or self.resubmits > RESUBMITS or len(self.left) > COPIES:
            raise TooDeep
        bridge, key = context.bridge, context.key
        new = self.tracker.flows.get((self.host, bridge.name, table), ())
        own, before = key[IN_PORT], context.table
        if in_port is not None:
            key[IN_PORT] = in_port
        found = bridge.table(table)
        rule, doubtful = found.lookup(key, [rule for rule in new if rule.match.holds(key)])
        key[IN_PORT] = own
        for doubt in doubtful:
            words = ", ".join(doubt.match.unknown)
            self.assume(f"{bridge.name}: a flow of table {table} matches {words}, which is not modelled")
        self._moves += 1
        context.table = table
        if rule is None:
            self._die("miss", context, trail, f"no flow of table {table} takes it")
        else:
            trail = Trail(trail, bridge.name, table, rule)
            moves, deeper = self._moves, table <= before  # going on to a later table nests nothing
            context.depth += deeper
            self._do(context, rule.actions, trail)
            context.depth -= deeper
            if self._moves == moves:
                self._die("drop", context, trail, f"table {table} drops it", rule.fact)
        context.table = before

    def _finish(self, context: _Context, trail: Trail | None) -> None:
        """Run the action set, when the tables are done; ``exit`` ended that too."""
        if context.set and not context.exited:
            actions, context.set = in_order(context.set), []
            self._do(context, actions, trail)

    def _do(self, context: _Context, actions: list[Action] | tuple[Action, ...], trail: Trail | None) -> None:
        """One action after another, until one of them ends it."""
        for action in actions:
            handler = _HANDLERS[type(action)]
            if handler is None:
                if problem := change(context.key, action):
                    self._unknown(context, trail, problem)
                    return
            elif handler(self, context, action, trail) or context.exited:
                return

    def _unknown(self, context: _Context, trail: Trail | None, what: str) -> None:
        self._moves += 1
        self.assume(f"{context.bridge.name}: {what} is not modelled")
        self._die("unknown", context, trail, f"{what} is not modelled")

    # -- ways out ---------------------------------------------------------------------------------------

    def _output(self, context: _Context, action: Output, trail: Trail | None) -> None:
        if action.port is None:
            self._moves += 1
            self._die("stale", context, trail, f"it goes to {action.text}, which no port is called", None)
        else:
            self._send(context, action.port, trail)

    def _output_field(self, context: _Context, action: OutputField, trail: Trail | None) -> None:
        self._send(context, action.source.read(context.key) & 0xFFFF, trail)

    def _send(self, context: _Context, port: int, trail: Trail | None) -> None:
        if port == _NORMAL:
            self._normal(context, trail)
            return
        if port == _TABLE:
            self._table(context, 0, trail)
            return
        self._moves += 1
        came = context.key[IN_PORT]
        if port in (_FLOOD, _ALL):
            for number, each in context.bridge.ports.items():
                if number != came:
                    self._emit(context, each, context.key.copy(), trail)
        elif port == _CONTROLLER:
            self._die("controller", context, trail, "it goes to the controller of the switch")
        elif port in (came, _NONE):
            self._die("back", context, trail, "it would go out where it came in")
        else:
            out = context.bridge.ports.get(came if port == _IN else port)
            if out is None:
                self._die("stale", context, trail, f"it goes to port {port}, which does not exist")
            else:
                self._emit(context, out, context.key.copy(), trail)

    def _emit(self, context: _Context, port: Port, key: Key, trail: Trail | None) -> None:
        """Out of a port, through a patch, or into a tunnel. key: belongs to the one who leaves."""
        if port.fact.type == "patch":
            peer = self.peers(port)
            if peer is None:
                says = f"the patch {port.name} has no other end: {port.peer or 'no peer'}"
                self._die("patch", context, trail, says, port.fact)
                return
            bridge, other = peer
            went = Note("exit", f"{port.name} → {other.name} of {bridge.name}", port.fact)
            assert other.number is not None
            into = through_patch(key, other.number)
            self._enter(_Context(bridge, into, context.depth), Trail(trail, note=went))
            return
        if port.fact.type in TUNNELS:
            if problem := into_tunnel(port, key, self.local):
                if key[TUN_DST] == self.local:  # then Open vSwitch forgets to put back what the port changed
                    for slot in (TUN_ID, TUN_SRC, TUN_DST):
                        context.key[slot] = key[slot]
                self._die("tunnel", context, trail, problem, port.fact)
                return
        elif port.fact.type.startswith("dpdk"):
            self.assume(f"{port.name} is a {port.fact.type} port, behind which nothing was seen")
        self.left.append(Left(port, key, trail))

    def _normal(self, context: _Context, trail: Trail | None) -> None:
        self._moves += 1
        bridge, key = context.bridge, context.key
        inside = bridge.ports.get(key[IN_PORT])
        if inside and inside.mode == QINQ and key[VLAN] & TAGGED:
            self._unknown(context, trail, f"a second VLAN tag, which {inside.name} ({QINQ}) puts on,")
            return
        learnt = self.tracker.macs.get((self.host, bridge.name), {})
        went = bridge.normal(key, learnt)
        if went.bar not in ("unknown_port", "reserved", "vlan"):
            self.tracker.saw(self.host, bridge.name, went.vlan << 48 | key[DL_SRC], key[IN_PORT])
        if went.bar:
            self._die(went.bar, context, trail, f"{bridge.name}: {went.says}")
            return
        trail = Trail(trail, note=Note("bridge_lookup", f"{bridge.name}: {went.says}"))
        for port in (inside, *(port for port, _ in went.outs)):
            if port and port.mode == QINQ:
                self.assume(f"{bridge.name}: {port.name} is a {QINQ} port, taken to let untagged frames pass")
        for port, tci in went.outs:
            copy = key.copy()
            copy[VLAN] = tci
            self._emit(context, port, copy, trail)

    # -- other tables -----------------------------------------------------------------------------------

    def _resubmit(self, context: _Context, action: Resubmit, trail: Trail | None) -> None:
        port = _own(context, action.port)
        self._table(context, context.table if action.table is None else action.table, trail, port)

    def _goto(self, context: _Context, action: Goto, trail: Trail | None) -> bool:
        self._table(context, action.table, trail)
        return True

    def _write(self, context: _Context, action: Write, _: Trail | None) -> None:
        self._moves += 1
        context.set.extend(action.actions)

    def _clear(self, context: _Context, _: Clear, __: Trail | None) -> None:
        context.set.clear()

    def _clone(self, context: _Context, action: Clone, trail: Trail | None) -> None:
        copy = context.fork()
        self._do(copy, action.actions, trail)
        self._finish(copy, trail)

    def _group(self, context: _Context, action: Group, trail: Trail | None) -> None:
        self._moves += 1
        group = context.bridge.groups.get(action.number)
        if group is None:
            self._unknown(context, trail, f"group {action.number}, which was not seen,")
            return
        try:
            found = buckets(group, context.bridge.numbers)
        except ValueError as bad:
            self._unknown(context, trail, f"group {action.number} ({bad})")
            return
        if group.type in ("select", "ff", "fast_failover"):
            found = [bucket for bucket in found if alive(bucket, context.bridge)]
            if len(found) > 1 and group.type == "select":
                self.assume(
                    f"{context.bridge.name}: group {action.number} spreads over {len(found)} ways: the first"
                )
            found = found[:1]
        if not found:
            self._die("stale", context, trail, f"no way of group {action.number} lives", group)
        for bucket in found:  # each on a copy of the packet; the action set and the stack are the same
            copy = context.fork()
            copy.set, copy.stack = context.set, context.stack
            self._do(copy, in_order(list(bucket.actions)), trail)

    # -- connection tracking ------------------------------------------------------------------------------

    def _track(self, context: _Context, action: Track, trail: Trail | None) -> None:
        key = context.key
        zone = action.zone if isinstance(action.zone, int) else action.zone.read(key)
        packet = packet_of(key, self.packet)
        found = self.tracker.look(self.host, zone, packet)
        if action.commit:
            found = self.tracker.commit(self.host, zone, packet, found, action.force)
            if action.run and found.connection:
                made = context.fork()
                made.key[CT_MARK], made.key[CT_LABEL] = found.mark, found.label
                self._do(made, action.run, trail)
                found.connection.mark, found.connection.label = made.key[CT_MARK], made.key[CT_LABEL]
        if action.translate:
            if action.nat and action.nat.many:
                self.assume(f"{context.bridge.name}: NAT gives out the first address of its range")
            self._translate(context, action, zone, found)
        if action.table is not None:
            copy = context.fork()
            copy.depth, copy.table = 0, action.table
            if not copy.key[VLAN] & TAGGED:
                copy.key[VLAN] = 0
            copy.key[CT_STATE], copy.key[CT_ZONE] = found.state, zone
            copy.key[CT_MARK], copy.key[CT_LABEL] = found.mark, found.label
            note = Note("conntrack_lookup", f"zone {zone}: {found}")
            self._moves += 1
            self._waiting.append((copy, Trail(trail, note=note)))
        untrack(key)

    def _translate(self, context: _Context, action: Track, zone: int, found: Tracked) -> None:
        """NAT: as a new connection is told to, or as its connection has it."""
        made, nat = found.connection, action.nat
        if made is None:
            return
        if nat and action.commit and made.answer == reversed_(made.origin):
            made.translate(nat.source, nat.address, nat.port)
            self.tracker.keep(self.host, zone, made)
        protocol, *ends = reversed_(made.origin if found.reverse else made.answer)
        names = (
            ("ip_src", "ip_dst", "tp_src", "tp_dst") if protocol in ("tcp", "udp") else ("ip_src", "ip_dst")
        )
        for name, end in zip(names, ends, strict=False):
            FIELDS[name].write(context.key, end)

    def _untrack(self, context: _Context, _: ClearTrack, __: Trail | None) -> None:
        untrack(context.key)

    # -- the rest -------------------------------------------------------------------------------------------

    def _learn(self, context: _Context, action: Learn, _: Trail | None) -> None:
        """The flow that is learnt takes part in what is left of this walk."""
        self.tracker.learn(self.host, context.bridge.name, action.table, learnt(action, context.key))

    def _larger(self, context: _Context, action: CheckLarger, _: Trail | None) -> None:
        frame = self.packet.size + 14 + (4 if context.key[VLAN] & TAGGED else 0)
        action.target.write(context.key, int(frame > action.size))

    def _members(self, context: _Context, action: Members, trail: Trail | None) -> None:
        ports = context.bridge.ports
        up = [port for port in action.ports if port in ports and ports[port].fact.link_up is not False]
        if len(up) > 1:
            self.assume(f"{context.bridge.name}: a bundle of {len(up)} ports uses the first")
        if action.target:
            action.target.write(context.key, up[0] if up else PORTS["NONE"])
        elif up:
            self._send(context, up[0], trail)
        else:
            self._moves += 1
            self._die("stale", context, trail, "no port of a bundle lives")

    def _ttl(self, context: _Context, _: DecTtl, trail: Trail | None) -> bool:
        key = context.key
        if key[DL_TYPE] != IPV4:
            return False
        if key[NW_TTL] > 1:
            key[NW_TTL] -= 1
            return False
        self._moves += 1
        self._die("ttl", context, trail, "its time to live is over")
        return True

    def _push(self, context: _Context, action: Push, _: Trail | None) -> None:
        if len(context.stack) < RESUBMITS:
            context.stack.append(action.source.read(context.key))

    def _pop(self, context: _Context, action: Pop, _: Trail | None) -> None:
        if context.stack:
            action.target.write(context.key, context.stack.pop())

    def _exit(self, context: _Context, _: Exit, __: Trail | None) -> bool:
        context.exited = True
        return True

    def _said(self, context: _Context, action: Unknown, trail: Trail | None) -> bool:
        if action.ends:
            self._unknown(context, trail, action.text)
            return True
        self.assume(f"{context.bridge.name}: {action.text} is not modelled, and left out")
        return False

    def _nothing(self, _: _Context, __: Action, ___: Trail | None) -> None:
        pass


def _own(context: _Context, port: int | None) -> int:
    return context.key[IN_PORT] if port is None or port == _IN else port


_HANDLERS: Mapping[type[Action], Callable[[Run, _Context, Any, Trail | None], bool | None] | None] = {
    **dict.fromkeys((Put, SetVlan, Move, PushVlan, PopVlan)),
    Output: Run._output,
    OutputField: Run._output_field,
    Resubmit: Run._resubmit,
    Goto: Run._goto,
    Write: Run._write,
    Clear: Run._clear,
    Clone: Run._clone,
    Group: Run._group,
    Track: Run._track,
    ClearTrack: Run._untrack,
    Learn: Run._learn,
    CheckLarger: Run._larger,
    Members: Run._members,
    DecTtl: Run._ttl,
    Push: Run._push,
    Pop: Run._pop,
    Exit: Run._exit,
    Unknown: Run._said,
    Conjunction: Run._nothing,
    Nothing: Run._nothing,
    Drop: Run._nothing,
}
