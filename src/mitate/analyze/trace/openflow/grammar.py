"""The words of ``ovs-ofctl dump-flows`` made into actions.

What is not modelled becomes ``Unknown`` and is said where it is met. Source of the grammar: ovs-actions(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

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
    Nat,
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
from mitate.analyze.trace.openflow.fields import FIELDS, PORTS, Field, field, flags, masked, value
from mitate.analyze.trace.openflow.match import port_number

_DEPTH = 16


def parse(text: str, ports: Mapping[str, int] = {}, depth: int = 0) -> tuple[Action, ...]:
    """The actions of a flow. ports: numbers by name. Raises ValueError for words that are no actions.

    >>> parse("load:0x5->NXM_NX_REG0[0..3],resubmit(,60)")[1]
    Resubmit(port=None, table=60)
    """
    if depth > _DEPTH:
        raise ValueError("actions within actions, too deep")
    return tuple(_one(word, ports, depth) for word in split(text))


_MARKS = re.compile(r'["(),]')


def split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket and no quotes.

    >>> split('ct(commit,zone=5),output:"a,b",NORMAL')
    ['ct(commit,zone=5)', 'output:"a,b"', 'NORMAL']
    """
    found, start, depth, quoted = [], 0, 0, False
    for mark in _MARKS.finditer(text):
        char = mark[0]
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif depth == 0:
            found.append(text[start : mark.start()])
            start = mark.end()
        if depth < 0:
            break
    if depth or quoted:
        raise ValueError(f"a bracket or quote without its other: {text[:60]}")
    return [word.strip() for word in (*found, text[start:]) if word.strip()]


_HEAD = re.compile(r"([a-z_0-9]+)[:(]?", re.IGNORECASE)
_QUIET = frozenset(
    [
        "controller",
        "note",
        "meter",
        "set_queue",
        "pop_queue",
        "fin_timeout",
        "sample",
        "pause",
        "delete_learned",
        "userspace",
        "set_mpls_ttl",
        "debug_recirc",
        "debug_slow",
        "reset_counts",
    ]
)


def _one(word: str, ports: Mapping[str, int], depth: int) -> Action:
    head = _HEAD.match(word)
    if head is None:
        if word.startswith('"'):
            return _output(word, ports)
        raise ValueError(f"not an action: {word[:60]}")
    name = head[1].lower()
    inside = word[head.end() :]
    if word[head.end() - 1] == "(":
        if not inside.endswith(")"):
            raise ValueError(f"not an action: {word[:60]}")
        inside = inside[:-1]
    if name in ("clone", "write_actions", "apply_actions"):
        actions = parse(inside, ports, depth + 1)
        return Write(actions) if name == "write_actions" else Clone(actions)
    if name == "ct":
        return _track(inside, ports, depth)
    if name in _READERS:
        return _READERS[name](inside, ports)
    if name in _QUIET:
        return Nothing(name)
    if name.upper() in PORTS or name.isdecimal():
        return _output(word, ports)
    return Unknown(name, ends=name not in ("set_tunnel_id", "delete_field"))


def _output(inside: str, ports: Mapping[str, int]) -> Action:
    if inside.startswith(("NXM_", "OXM_", "reg", "xreg")) or "[" in inside:
        return OutputField(field(inside))
    if inside.startswith("port="):  # output(port=1,max_len=100)
        inside = split(inside)[0][5:]
    return Output(port_number(inside, ports), inside.strip('"')[:64])


def _resubmit(inside: str, ports: Mapping[str, int]) -> Action:
    parts = inside.split(",")
    if len(parts) > 2:
        return Unknown("resubmit(…,ct)")
    port = None if parts[0] in ("", "IN_PORT", "in_port") else port_number(parts[0], ports)
    if port is None and parts[0] not in ("", "IN_PORT", "in_port"):
        return Unknown(f"resubmit to {parts[0][:40]}, which no port is called")
    return Resubmit(port, _table(parts[1]) if len(parts) == 2 and parts[1] else None)


def _table(text: str) -> int:
    found = value(text)
    if found > 254:
        raise ValueError(f"not a table: {text[:20]}")
    return found


def _put(inside: str, ports: Mapping[str, int]) -> Action:
    """load:VALUE->FIELD, set_field:VALUE[/MASK]->FIELD."""
    left, arrow, right = inside.partition("->")
    if not arrow:
        raise ValueError(f"not a value for a field: {inside[:60]}")
    name = right.partition("[")[0]
    try:
        target = field(right)
    except ValueError:
        return Unknown(f"set {right[:60]}", ends=False)
    if target.needs == "never":
        return Nothing("a field of IPv6 or MPLS")
    if name in ("tcp_flags", "tun_flags") and not left[:1].isdigit():
        return Put(target, *flags(name, left))
    if name.endswith(("in_port", "IN_PORT")) and not left[:1].isdigit():
        number = port_number(left, ports)
        return Unknown(f"in_port {left[:40]}") if number is None else Put(target, number, target.mask)
    found, mask = masked(left, target.width)
    return Put(target, found, mask)


def _move(inside: str, __: Mapping[str, int]) -> Action:
    left, _, right = inside.partition("->")
    source, target = field(left), field(right)
    if source.width != target.width:
        raise ValueError(f"fields of different width: {inside[:80]}")
    return Move(source, target)


def _setter(name: str) -> Callable[[str, Mapping[str, int]], Action]:
    target = FIELDS[name]

    def read(inside: str, _: Mapping[str, int]) -> Action:
        return Put(target, *masked(inside, target.width))

    return read


def _bits(low: int, width: int, tag: int = 0) -> Callable[[str, Mapping[str, int]], Action]:
    mask = (1 << width) - 1

    def read(inside: str, _: Mapping[str, int]) -> Action:
        return SetVlan((value(inside) & mask) << low | 0x1000, mask << low | 0x1000)

    return read


def _tos(inside: str, _: Mapping[str, int]) -> Action:
    return Put(FIELDS["nw_tos"], value(inside) & 0xFC, 0xFC)


def _group(inside: str, _: Mapping[str, int]) -> Action:
    return Group(value(inside))


def _conjunction(inside: str, _: Mapping[str, int]) -> Action:
    found = re.fullmatch(r"(\d{1,10}|0x[0-9a-f]{1,8}),\s*(\d{1,2})/(\d{1,2})", inside)
    if not found or not 1 <= int(found[2]) <= int(found[3]) <= 64:
        raise ValueError(f"not a conjunction: {inside[:40]}")
    return Conjunction(value(found[1]), int(found[2]) - 1, int(found[3]))


def _larger(inside: str, _: Mapping[str, int]) -> Action:
    found = re.fullmatch(r"(\d{1,5})\)->(.+)", inside)
    if not found:
        raise ValueError(f"not a size and a bit: {inside[:40]}")
    return CheckLarger(int(found[1]), field(found[2]))


def _members(inside: str, ports: Mapping[str, int]) -> Action:
    """bundle(eth_src,0,hrw,ofport,slaves:4,8); newer releases write members."""
    ways, _, names = inside.partition("slaves:" if "slaves:" in inside else "members:")
    found = [port_number(word, ports) for word in names.split(",") if word]
    target = re.search(r",dst:([\w\[\]\.]+),|,([\w]+\[[\d.]*\]),$", ways)
    return Members(
        tuple(port for port in found if port is not None),
        field(target[1] or target[2]) if target else None,
    )


def _track(inside: str, ports: Mapping[str, int], depth: int) -> Action:
    found = Track()
    for word in split(inside):
        if word in ("commit", "force"):
            found = msgspec.structs.replace(found, **{word: True})
        elif word.startswith("zone="):
            text = word[5:]
            zone = value(text) if text[:1].isdigit() else field(text)
            found = msgspec.structs.replace(found, zone=zone)
        elif word.startswith("table="):
            found = msgspec.structs.replace(found, table=_table(word[6:]))
        elif word == "nat":
            found = msgspec.structs.replace(found, translate=True)
        elif word.startswith("nat("):
            found = msgspec.structs.replace(found, translate=True, nat=_nat(word[4:-1]))
        elif word.startswith("exec("):
            found = msgspec.structs.replace(found, run=parse(word[5:-1], ports, depth + 1))
        elif not word.startswith(("alg=", "timeout=")):
            return Unknown(f"ct({word[:40]})")
    return found


def _nat(inside: str) -> Nat | None:
    """``src=10.0.0.1-10.0.0.9:1000-2000,random``; only a single address is certain."""
    where = split(inside)
    kind, _, text = where[0].partition("=") if where else ("", "", "")
    if kind not in ("src", "dst") or text.startswith("["):
        return None
    address, _, port = text.partition(":")
    low, _, high = address.partition("-")
    first, _, last = port.partition("-")
    return Nat(
        kind == "src",
        value(low) if low else None,
        value(first) if first else None,
        many=bool((high and high != low) or (last and last != first)),
    )


_KEYWORDS = frozenset(
    [
        "idle_timeout",
        "hard_timeout",
        "fin_idle_timeout",
        "fin_hard_timeout",
        "cookie",
        "send_flow_rem",
        "delete_learned",
        "limit",
        "result_dst",
    ]
)


def _learn(inside: str, __: Mapping[str, int]) -> Action:
    """learn(table=20,priority=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],output:…)."""
    table, priority = 1, 32768
    matches: list[tuple[Field, int | Field]] = []
    loads: list[tuple[Field, int | Field]] = []
    outputs: list[Field] = []
    for word in split(inside):
        name, equals, text = word.partition("=")
        if name == "table":
            table = _table(text)
        elif name == "priority":
            priority = value(text)
        elif name in _KEYWORDS:
            continue
        elif word.startswith("load:"):
            left, _, right = word[5:].partition("->")
            loads.append((field(right), value(left) if left[:1].isdigit() else field(left)))
        elif word.startswith("output:"):
            outputs.append(field(word[7:]))
        elif equals:
            matches.append((field(name), value(text) if text[:1].isdigit() else field(text)))
        else:
            matches.append((field(word), field(word)))
    if not all(target.width == given.width for target, given in _fields(matches, loads)):
        raise ValueError(f"fields of different width: {inside[:80]}")
    return Learn(table, priority, tuple(matches), tuple(loads), tuple(outputs))


def _fields(*pairs: list[tuple[Field, int | Field]]) -> Iterator[tuple[Field, Field]]:
    return ((target, given) for some in pairs for target, given in some if isinstance(given, Field))


def _plain(action: Action) -> Callable[[str, Mapping[str, int]], Action]:
    return lambda *_: action


_READERS: Mapping[str, Callable[[str, Mapping[str, int]], Action]] = {
    "output": _output,
    "enqueue": lambda inside, ports: _output(re.split("[:,]", inside)[0], ports),
    "resubmit": _resubmit,
    "goto_table": lambda inside, _: Goto(_table(inside)),
    "load": _put,
    "set_field": _put,
    "move": _move,
    "mod_dl_src": _setter("dl_src"),
    "mod_dl_dst": _setter("dl_dst"),
    "mod_nw_src": _setter("nw_src"),
    "mod_nw_dst": _setter("nw_dst"),
    "mod_nw_ttl": _setter("nw_ttl"),
    "mod_nw_ecn": _setter("nw_ecn"),
    "mod_nw_tos": _tos,
    "mod_tp_src": _setter("tp_src"),
    "mod_tp_dst": _setter("tp_dst"),
    "set_tunnel": _setter("tun_id"),
    "set_tunnel64": _setter("tun_id"),
    "write_metadata": _setter("metadata"),
    "mod_vlan_vid": _bits(0, 12),
    "mod_vlan_pcp": _bits(13, 3),
    "push_vlan": lambda inside, _: PushVlan() if inside == "0x8100" else Unknown(f"push_vlan:{inside[:10]}"),
    "pop_vlan": _plain(PopVlan()),
    "strip_vlan": _plain(PopVlan()),
    "dec_ttl": _plain(DecTtl()),
    "push": lambda inside, _: Push(field(inside)),
    "pop": lambda inside, _: Pop(field(inside)),
    "clear_actions": _plain(Clear()),
    "group": _group,
    "ct_clear": _plain(ClearTrack()),
    "conjunction": _conjunction,
    "learn": _learn,
    "check_pkt_larger": _larger,
    "bundle": _members,
    "bundle_load": _members,
    "exit": _plain(Exit()),
    "drop": _plain(Drop()),
}
