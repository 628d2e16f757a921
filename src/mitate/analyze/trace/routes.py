"""Which way: policy rules in their order, then the longest prefix of a table (``ip rule``, ``ip route``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from mitate.analyze.trace.packet import network
from mitate.model.net import PolicyRule, Route

_NAMED = {"255": "local", "254": "main", "253": "default"}


class Choice(msgspec.Struct, frozen=True):
    """The route taken. route None: no table has one. rule: the policy rule that led there, None for the usual
    ones. several: there are more next hops, and the kernel takes one by a hash."""

    route: Route | None
    rule: PolicyRule | None = None
    several: bool = False


class _Rule(msgspec.Struct, frozen=True):
    fact: PolicyRule | None
    table: str
    src: tuple[int, int]
    dst: tuple[int, int]
    mark: int
    mask: int

    def matches(self, dst: int, src: int, iif: str, oif: str, mark: int) -> bool:
        fact = self.fact
        if fact is None:
            return True
        held = (
            src & self.src[1] == self.src[0]
            and dst & self.dst[1] == self.dst[0]
            and (not fact.iif or fact.iif == (iif or "lo"))
            and (not fact.oif or fact.oif == oif)
            and (not self.mask or mark & self.mask == self.mark)
        )
        return held is not fact.inverted


class Routes:
    """The routing of one namespace, without its local table: own addresses are the namespace's."""

    def __init__(self, routes: Sequence[Route], rules: Sequence[PolicyRule]) -> None:
        self._tables: dict[str, dict[int, dict[int, list[Route]]]] = defaultdict(dict)
        for route in routes:
            if ":" in route.destination or ":" in route.via:
                continue
            try:
                base, _, prefix = network(route.destination)
            except ValueError:
                continue
            table = self._tables[_NAMED.get(route.table, route.table)]
            table.setdefault(prefix, {}).setdefault(base, []).append(route)
        self._order = {name: sorted(table, reverse=True) for name, table in self._tables.items()}
        for lengths in self._tables.values():
            for bases in lengths.values():
                for same in bases.values():
                    same.sort(key=lambda route: route.metric)
        self.rules = _rules(rules)
        self.custom = any(rule.fact is not None for rule in self.rules)

    def choose(self, dst: int, src: int = 0, iif: str = "", oif: str = "", mark: int = 0) -> Choice:
        """The route to ``dst``. An ``oif`` takes only routes by that device."""
        for rule in self.rules:
            if not rule.matches(dst, src, iif, oif, mark):
                continue
            if rule.fact is not None and rule.fact.action not in ("", "to_tbl"):
                if rule.fact.action in ("blackhole", "unreachable", "prohibit"):
                    return Choice(_as_route(rule.fact), rule.fact)
                continue
            found = self._longest(rule.table, dst, oif)
            if found:
                if found[0].type == "throw":
                    continue
                best = [route for route in found if route.metric == found[0].metric]
                return Choice(found[0], rule.fact, len(best) > 1)
        return Choice(None)

    def _longest(self, name: str, dst: int, oif: str) -> list[Route]:
        table = self._tables.get(name)
        if not table:
            return []
        for prefix in self._order[name]:
            mask = (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF
            found = table[prefix].get(dst & mask)
            if found and oif:  # a route that refuses has no device, and holds for all (fib_table_lookup)
                found = [route for route in found if route.link == oif or route.type != "unicast"]
            if found:
                return found
        return []


def _rules(facts: Sequence[PolicyRule]) -> list[_Rule]:
    """In order of priority; main and default where nobody told of rules."""
    any_ = (0, 0)
    usual = [_Rule(None, "main", any_, any_, 0, 0), _Rule(None, "default", any_, any_, 0, 0)]
    if not facts:
        return usual
    rules = []
    for fact in sorted(facts, key=lambda each: each.priority):
        if ":" in fact.src or ":" in fact.dst:
            continue
        table = _NAMED.get(fact.table, fact.table)
        if table == "local":
            continue
        plain = table in ("main", "default") and not (
            fact.src
            or fact.dst
            or fact.iif
            or fact.oif
            or fact.mark is not None
            or fact.inverted
            or fact.action
        )
        mask = 0 if fact.mark is None else (0xFFFFFFFF if fact.mask is None else fact.mask)
        rules.append(
            _Rule(
                None if plain else fact,
                table,
                _prefix(fact.src),
                _prefix(fact.dst),
                (fact.mark or 0) & mask,
                mask,
            )
        )
    return rules


def _prefix(cidr: str) -> tuple[int, int]:
    try:
        base, mask, _ = network(cidr or "default")
    except ValueError:
        return (0, 0)
    return (base, mask)


def _as_route(rule: PolicyRule) -> Route:
    return Route(
        source=rule.source,
        namespace=rule.namespace,
        table="rule",
        destination="default",
        type=rule.action,
    )
