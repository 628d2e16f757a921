"""A rule, compiled: what it asks, what it does, and what about it could not be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from mitate.analyze.trace.netfilter.headers import Test
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.model.diagnosis import Evidence
from mitate.model.net import IptablesRule, NftRule

ACCEPT, DROP, REJECT, RETURN, BREAK = "accept", "drop", "reject", "return", "break"


class Jump(msgspec.Struct, frozen=True):
    """To another chain; goto: without coming back."""

    chain: str
    goto: bool = False


Act: TypeAlias = Callable[[Skb, "Rule"], str | Jump | None]
"""What a target does to a packet, and its verdict: None to go on (to the chain that the rule jumps to, or to
the next rule); BREAK: the rule came to nothing."""

FIELDS = ("physout", "physin", "iif", "oif", "dst", "src")
"""What chains are indexed by, the most telling first."""


class Rule:
    """number: its place in the chain, from 1. tests: all must hold. keys: tests for one value of a field, by
    which the chain finds the rule. jump: where it goes to, when its act says no more.

    doubt: why a part of it could not be told. A packet that fits all the rest is then taken to match if that
    lets it pass (ACCEPT, RETURN), and not to match otherwise; either way it becomes an assumption. A rule
    that only counts or logs is never in doubt.
    """

    __slots__ = ("_evidence", "act", "does", "doubt", "fact", "jump", "keys", "number", "tests")

    def __init__(
        self,
        fact: IptablesRule | NftRule,
        number: int,
        tests: Sequence[Test] = (),
        act: Act | None = None,
        does: str = "",
        *,
        jump: Jump | None = None,
        doubt: str = "",
        keys: Mapping[str, object] | None = None,
    ) -> None:
        self.fact = fact
        self.number = number
        self.tests = tuple(tests)
        self.act = act
        self.does = does
        self.jump = jump
        self.doubt = doubt
        self.keys = keys or {}
        self._evidence: Evidence | None = None

    @property
    def evidence(self) -> Evidence:
        if self._evidence is None:
            fact = self.fact
            self._evidence = Evidence.of(fact, fact.rule if isinstance(fact, IptablesRule) else "")
        return self._evidence

    def where(self, hook: str) -> str:
        """ "FORWARD neutron-linuxbri-i1234abcd-5: rule 7", with the table where it is not filter."""
        fact = self.fact
        chain = f"{hook} {fact.chain}" if fact.chain != hook else hook
        if fact.table != "filter" or isinstance(fact, NftRule):
            chain = f"{fact.table} {chain}"
        legacy = " (legacy)" if isinstance(fact, IptablesRule) and fact.legacy else ""
        return f"{chain}{legacy}: rule {self.number}"
