"""A chain of rules, and a packet's way through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mitate.analyze.trace.netfilter.rule import BREAK, FIELDS, RETURN, Jump, Rule
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.model.net import IptablesChain, NftChain

DEEPEST = 64
"""Chains within chains; the kernel's own limit is 16 for nftables and the number of chains for iptables."""
_SHORT = 6
"""Rules that are sooner looked at than looked up."""
_REMEMBERED = 4096


class Chain:
    """policy: what becomes of a packet that no rule decided; "" in a chain that was jumped to: back to where
    it came from. fact: None when nobody told about the chain."""

    __slots__ = ("_always", "_by", "_fields", "_found", "fact", "name", "policy", "rules")

    def __init__(
        self, name: str, rules: Sequence[Rule], policy: str = "", fact: IptablesChain | NftChain | None = None
    ) -> None:
        self.name = name
        self.rules = tuple(rules)
        self.policy = policy
        self.fact = fact
        self._by: dict[str, dict[object, list[int]]] = {}
        self._always: list[int] = []
        if len(rules) > _SHORT:
            for place, rule in enumerate(rules):
                field = next((field for field in FIELDS if field in rule.keys), "")
                if field:
                    self._by.setdefault(field, {}).setdefault(rule.keys[field], []).append(place)
                else:
                    self._always.append(place)
        self._fields = tuple(self._by.items())
        self._found: dict[tuple[object, ...], tuple[Rule, ...]] = {}

    def candidates(self, skb: Skb) -> tuple[Rule, ...]:
        """The rules that the packet may match, in order."""
        if not self._fields:
            return self.rules
        key = tuple(
            [value if (value := getattr(skb, name)) in known else None for name, known in self._fields]
        )
        found = self._found.get(key)
        if found is None:
            places = list(self._always)
            for (_, known), value in zip(self._fields, key, strict=True):
                if value is not None:
                    places += known[value]
            found = tuple(self.rules[place] for place in sorted(places))
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[key] = found
        return found


class Table(Protocol):
    """Chains by name."""

    def get(self, name: str, /) -> Chain | None: ...


def run(chains: Table, chain: Chain, skb: Skb, depth: int = 0) -> str | None:
    """The verdict of the chain and those that it jumps to; None when it came to its end without one.

    ``skb.trail`` holds the chains on the way, down to the one that decided.
    """
    trail = skb.trail
    trail.append(chain.name)
    candidates = chain.candidates(skb)
    skb.left -= len(candidates)
    if depth > DEEPEST or skb.left < 0:
        skb.assume(
            f"{chain.name}: the chains go round in circles; what is left of them is taken to do nothing"
        )
        trail.pop()
        return None
    for rule in candidates:
        for test in rule.tests:
            if not test(skb):
                break
        else:
            if rule.doubt and not _taken(rule, skb):
                continue
            verdict = rule.act(skb, rule) if rule.act is not None else None
            if verdict is None:
                verdict = rule.jump
            if isinstance(verdict, Jump):
                verdict = _follow(chains, rule, verdict, skb, depth)
            if verdict == RETURN:
                trail.pop()
                return None
            if verdict is not None and verdict != BREAK:
                return verdict
    if depth and chain.policy and chain.policy != RETURN:  # ebtables: chains of users have policies too
        skb.by = chain.fact
        return chain.policy
    trail.pop()
    return None


def _follow(chains: Table, rule: Rule, jump: Jump, skb: Skb, depth: int) -> str | None:
    target = chains.get(jump.chain)
    if target is None:
        skb.assume(f"{rule.where(skb.hook)}: the chain {jump.chain} was not seen; it is taken to be empty")
        return None
    verdict = run(chains, target, skb, depth + 1)
    return RETURN if verdict is None and jump.goto else verdict


def _taken(rule: Rule, skb: Skb) -> bool:
    """Whether a rule in doubt is taken to match, which is said."""
    taken = rule.does in ("ACCEPT", "RETURN")
    skb.assume(
        f"{rule.where(skb.hook)} {rule.does}: {rule.doubt}; "
        f"it is taken {'to match' if taken else 'not to match'}"
    )
    return taken
