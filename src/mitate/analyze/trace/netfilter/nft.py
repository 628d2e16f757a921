"""Rules of nftables that iptables did not write (firewalld, libvirt, an administrator), from their JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from mitate.analyze.trace.netfilter import nat, targets
from mitate.analyze.trace.netfilter.chain import Chain
from mitate.analyze.trace.netfilter.headers import Test
from mitate.analyze.trace.netfilter.nft_values import Named, bits, elements, fits, fits_exactly, value
from mitate.analyze.trace.netfilter.rule import ACCEPT, BREAK, Act, Jump, Rule
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful
from mitate.model.net import NftChain, NftRule, NftSet

Effect: TypeAlias = Callable[[Skb, Rule], str | Jump | None]

_QUIET = frozenset({"counter", "log", "quota", "set", "meter", "ct helper", "ct timeout", "ct expectation"})
_QUIET |= {"comment", "flow", "dup", "last", "secmark"}
"""Statements that count, tell, or remember; none of them decides."""
_KEYS = {"iifname": "iif", "oifname": "oif", "iif": "iif", "oif": "oif"}
_ADDRESS_KEYS = {("ip", "saddr"): "src", ("ip", "daddr"): "dst"}
BROKEN = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading JSON of another shape raises."""


class _Draft:
    """A rule while its statements are read."""

    def __init__(self) -> None:
        self.tests: list[Test] = []
        self.effects: list[Effect] = []
        self.doubts: list[str] = []
        self.keys: dict[str, object] = {}
        self.ends: list[tuple[Test | None, str, Act | None, Jump | None]] = []
        """(test of its own, what it does, act, where it jumps to); several where a map decides."""


def compile_nft(fact: NftRule, number: int, named: Named) -> list[Rule]:
    """One rule, or several where a map holds the verdicts. Never fails: see ``Rule.doubt``."""
    draft = _Draft()
    try:
        statements = msgspec.json.decode(fact.expression)
        for statement in statements:
            _read(statement, draft, named, fact.family == "bridge")
    except Doubtful as why:
        draft.doubts.append(str(why))
    except BROKEN as error:
        draft.doubts.append(f"it cannot be read ({str(error)[:80]})")
    doubt = "; ".join(draft.doubts)
    if not draft.ends and not draft.effects:
        # Nothing decided and nothing changed; what stopped the reading may have hidden a verdict
        if not doubt or _only_tells(fact.expression):
            return [Rule(fact, number)]
        return [Rule(fact, number, draft.tests, does="?", doubt=doubt)]
    ends = [
        Rule(fact, number, (own,) if own else (), act, does, jump=jump) for own, does, act, jump in draft.ends
    ]
    if draft.effects:
        does = ends[0].does if len(ends) == 1 else ""
        return [
            Rule(fact, number, draft.tests, _both(draft.effects, ends), does, doubt=doubt, keys=draft.keys)
        ]
    for end in ends:
        end.tests, end.doubt, end.keys = (*draft.tests, *end.tests), doubt, draft.keys
    return ends


def _only_tells(expression: str) -> bool:
    return not any(
        f'"{word}"' in expression for word in (*_VERDICTS, "jump", "goto", "vmap", "mangle", "notrack")
    )


def _both(effects: Sequence[Effect], ends: Sequence[Rule]) -> Act:
    """What the rule changes, then what it decides; a map has its say after the change, hit or miss."""

    def act(skb: Skb, _rule: Rule) -> str | Jump | None:
        for effect in effects:
            if effect(skb, _rule) == BREAK:
                return BREAK
        for end in ends:
            if all(test(skb) for test in end.tests):
                verdict = end.act(skb, end) if end.act is not None else None
                return end.jump if verdict is None else verdict
        return None

    return act


def _read(statement: Any, draft: _Draft, named: Named, bridge: bool) -> None:
    ((what, detail),) = statement.items()
    if what in _QUIET:
        return
    if what == "match":
        if draft.effects:
            raise Doubtful("it asks after it has changed something")
        try:
            draft.tests.append(_match(detail, named, bridge))
            if not bridge:
                _note_key(detail, draft)
        except Doubtful as doubt:
            draft.doubts.append(str(doubt))
    elif what == "limit":
        draft.doubts.append("rates are not modelled")
    elif what == "ct count":
        draft.doubts.append("how many connections there are was not counted")
    elif what == "vmap":
        kind, get = value(detail["key"], named, bridge)
        for element in elements(detail["data"], named):
            key, then = element["elem"]["val"] if isinstance(element, dict) else element
            exact, test = fits_exactly(kind, key, named)
            draft.ends.append((_own(get, exact, test), *_verdict(then, draft)))
    elif what in ("mangle", "notrack"):
        draft.effects.append(_effect(what, detail, named, bridge))
    else:
        # nft adds "meta l4proto tcp" before a reset, and does not show it
        resets = what == "reject" and _reject_with(detail) == "tcp-reset"
        draft.ends.append((_is_tcp if resets else None, *_verdict(statement, draft, named)))


def _is_tcp(skb: Skb) -> bool:
    return skb.proto == "tcp"


def _own(get: Callable[[Skb], Any], exact: Any, test: Callable[[Any], bool] | None) -> Test:
    if test is None:
        return lambda skb: bool(get(skb) == exact)

    def fits_own(skb: Skb) -> bool:
        have = get(skb)
        return have is not None and test(have)

    return fits_own


def _match(detail: Any, named: Named, bridge: bool) -> Test:
    kind, get = value(detail["left"], named, bridge)
    sign, right = detail.get("op", "=="), detail["right"]
    if sign in ("in", "!"):
        wanted = bits(kind, right)
        if sign == "!":
            return _holds(get, lambda have: not have & wanted)
        return _holds(get, lambda have: bool(have & wanted))
    if sign in ("==", "!="):
        test = fits(kind, right, named)
        if sign == "==":
            return _holds(get, test)
        return _holds(get, lambda have: not test(have))
    limit = bits(kind, right)
    match sign:
        case "<":
            return _holds(get, lambda have: have < limit)
        case ">":
            return _holds(get, lambda have: have > limit)
        case "<=":
            return _holds(get, lambda have: have <= limit)
        case ">=":
            return _holds(get, lambda have: have >= limit)
    raise Doubtful(f"the operator {str(sign)[:10]} is not modelled")


def _holds(get: Callable[[Skb], Any], test: Callable[[Any], bool]) -> Test:
    def holds(skb: Skb) -> bool:
        have = get(skb)
        return have is not None and test(have)

    return holds


def _note_key(detail: Any, draft: _Draft) -> None:
    """One name, one address: the chain finds the rule by it."""
    left, right = detail["left"], detail["right"]
    if detail.get("op", "==") != "==" or not isinstance(right, str) or right[:1] == "@" or right[-1:] == "*":
        return
    if "meta" in left and left["meta"]["key"] in _KEYS:
        draft.keys[_KEYS[left["meta"]["key"]]] = right
    elif "payload" in left:
        field = _ADDRESS_KEYS.get((left["payload"].get("protocol"), left["payload"].get("field")))
        if field:
            draft.keys[field] = bits("address", right)


# Verdicts and effects ------------------------------------------------------------------------------------

_VERDICTS: Mapping[str, tuple[str, Callable[[Any, Named], Act]]] = {
    "accept": ("ACCEPT", lambda _detail, _named: targets.decide(ACCEPT)),
    "drop": ("DROP", lambda _detail, _named: targets.decide("drop")),
    "return": ("RETURN", lambda _detail, _named: targets.back(())),
    "continue": ("CONTINUE", lambda _detail, _named: targets.nothing(())),
    "queue": ("QUEUE", lambda _detail, _named: targets.queue(())),
    "reject": ("REJECT", lambda detail, _named: targets.rejecting(_reject_with(detail))),
    "masquerade": ("MASQUERADE", lambda detail, _named: nat.masquerade(_ports(detail))),
    "redirect": ("REDIRECT", lambda detail, _named: nat.redirect(_ports(detail))),
    "snat": ("SNAT", lambda detail, named: _nat(detail, named, nat.source)),
    "dnat": ("DNAT", lambda detail, named: _nat(detail, named, nat.destination)),
}


def _verdict(
    statement: Any, draft: _Draft, named: Named | None = None
) -> tuple[str, Act | None, Jump | None]:
    """(what it does, act, where it jumps to) of a statement that ends the rule."""
    ((what, detail),) = statement.items()
    if what in ("jump", "goto"):
        return str(detail["target"]), None, Jump(str(detail["target"]), what == "goto")
    if what not in _VERDICTS:
        draft.doubts.append(f"{str(what)[:40]} is not modelled")
        return "?", None, None
    does, make = _VERDICTS[what]
    try:
        return does, make(detail, named or {}), None
    except Doubtful as doubt:
        draft.doubts.append(str(doubt))
        return does, None, None


def _reject_with(detail: Any) -> str:
    if not detail:
        return "icmp-port-unreachable"
    if detail.get("type") == "tcp reset":
        return "tcp-reset"
    word = detail.get("expr") or "port-unreachable"
    words = {"no-route": "net-unreachable", "prot-unreachable": "proto-unreachable"}
    return f"icmp-{words.get(word, word)}"


def _ports(detail: Any) -> tuple[int, int] | None:
    port = detail.get("port") if detail else None
    if port is None:
        return None
    if isinstance(port, dict) and "range" in port:
        return bits("port", port["range"][0]), bits("port", port["range"][1])
    found = bits("port", port)
    return found, found


def _nat(detail: Any, named: Named, make: Callable[[Any, Any], Act]) -> Act:
    if "netmap" in (detail.get("flags") or ()):
        raise Doubtful("netmap is not modelled")
    address, ports = detail.get("addr"), _ports(detail)
    if address is None:
        return make(None, ports)
    if isinstance(address, dict) and "range" in address:
        return make((bits("address", address["range"][0]), bits("address", address["range"][1])), ports)
    if isinstance(address, dict) and "map" in address:
        _, get = value(address, named)

        def by_map(skb: Skb, rule: Rule) -> str | Jump | None:
            found = get(skb)
            return make((found, found), ports)(skb, rule) if isinstance(found, int) else None

        return by_map
    if not isinstance(address, str):
        raise Doubtful("such an address is not modelled")
    found = bits("address", address)
    return make((found, found), ports)


def _effect(what: str, detail: Any, named: Named, bridge: bool) -> Effect:
    if what == "notrack":
        return targets.notrack(())
    key = detail["key"]
    if "meta" in key and key["meta"]["key"] == "mark":
        get = _computed(detail["value"], named, bridge)

        def set_mark(skb: Skb, rule: Rule) -> str | None:
            mark = get(skb)
            if mark is None:
                return BREAK
            skb.mark, skb.marked_by = mark, rule
            return None

        return set_mark
    if "ct" in key and key["ct"]["key"] == "mark":
        get = _computed(detail["value"], named, bridge)

        def set_connection_mark(skb: Skb, _rule: Rule) -> str | None:
            mark = get(skb)
            if mark is None:
                return BREAK
            if skb.tracked is not None and skb.tracked.connection is not None:
                skb.tracked.connection.mark = mark
            return None

        return set_connection_mark
    if "ct" in key and key["ct"]["key"] == "zone":
        get = _computed(detail["value"], named, bridge)

        def set_zone(skb: Skb, _rule: Rule) -> str | None:
            zone = get(skb)
            if zone is None:
                return BREAK
            if skb.tracked is None and skb.zone is None:
                skb.zone = zone
            return None

        return set_zone
    if "meta" in key and key["meta"]["key"] in ("nftrace", "priority", "secmark", "pkttype"):
        return lambda _skb, _rule: None
    raise Doubtful("changing other headers is not modelled")


def _computed(expression: Any, named: Named, bridge: bool) -> Callable[[Skb], Any]:
    if isinstance(expression, int | str):
        constant = bits("number", expression)
        return lambda _skb: constant
    return value(expression, named, bridge)[1]


# Chains --------------------------------------------------------------------------------------------------


class NftChains:
    """The chains of one table, each compiled when it is first asked for."""

    def __init__(self) -> None:
        self.facts: dict[str, NftChain] = {}
        self._rules: dict[str, list[NftRule]] = {}
        self._sets: dict[str, NftSet] = {}
        self._named: dict[str, Sequence[Any]] | None = None
        self._ready: dict[str, Chain] = {}

    def add(self, rule: NftRule) -> None:
        self._rules.setdefault(rule.chain, []).append(rule)

    def add_set(self, one: NftSet) -> None:
        self._sets[one.name] = one

    @property
    def rules(self) -> Iterable[NftRule]:
        return (rule for rules in self._rules.values() for rule in rules)

    def get(self, name: str) -> Chain | None:
        """None when there is no such chain."""
        chain = self._ready.get(name)
        if chain is None and name in self.facts:
            fact = self.facts[name]
            rules = [
                rule
                for number, one in enumerate(self._rules.get(name, ()), start=1)
                for rule in compile_nft(one, number, self._elements())
            ]
            chain = self._ready[name] = Chain(name, rules, (fact.policy or ACCEPT) if fact.hook else "", fact)
        return chain

    def _elements(self) -> Named:
        if self._named is None:
            self._named = {}
            for one in self._sets.values():
                try:
                    found = msgspec.json.decode(one.elements)
                except BROKEN:
                    continue
                if isinstance(found, list):
                    self._named[one.name] = found
        return self._named


def nft_tables(
    chains: Iterable[NftChain], rules: Iterable[NftRule], sets: Iterable[NftSet]
) -> dict[tuple[str, str], NftChains]:
    """(family, table) → its chains."""
    found: dict[tuple[str, str], NftChains] = {}
    for chain in chains:
        found.setdefault((chain.family, chain.table), NftChains()).facts[chain.chain] = chain
    for rule in rules:
        found.setdefault((rule.family, rule.table), NftChains()).add(rule)
    for one in sets:
        found.setdefault((one.family, one.table), NftChains()).add_set(one)
    return found
