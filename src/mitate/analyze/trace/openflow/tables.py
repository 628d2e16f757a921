"""The flows of one table, found as Open vSwitch's own classifier does: tuple space search.

Flows that test the same bits stand in one hash, so that a lookup costs as many probes as there are different
sets of bits, and not as many as there are flows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from mitate.analyze.trace.openflow.actions import Action, Conjunction, Learn, Output, Put, Unknown
from mitate.analyze.trace.openflow.fields import CONJ_ID, Key
from mitate.analyze.trace.openflow.grammar import parse
from mitate.analyze.trace.openflow.match import Match, match
from mitate.model.ovs import OvsFlow

_CONJUNCTION = re.compile(r"conjunction\(")


class Rule:
    """A flow, compiled when it is first needed. fact: None of one that was learnt within this walk."""

    __slots__ = ("_actions", "fact", "match", "ports", "priority", "text")

    def __init__(
        self,
        priority: int,
        tests: Match,
        fact: OvsFlow | None = None,
        ports: Mapping[str, int] = {},
        actions: tuple[Action, ...] | None = None,
    ) -> None:
        self.priority, self.match, self.fact, self.ports = priority, tests, fact, ports
        self.text = fact.actions if fact else "learnt on the way"
        self._actions = actions

    @property
    def actions(self) -> tuple[Action, ...]:
        if self._actions is None:
            try:
                self._actions = parse(self.text, self.ports)
            except ValueError as bad:
                self._actions = (Unknown(str(bad)[:100]),)
        return self._actions

    @property
    def clauses(self) -> tuple[Conjunction, ...]:
        """Its clauses, when it is part of conjunctive matches and nothing else."""
        if "conjunction(" not in self.text:
            return ()
        return tuple(action for action in self.actions if isinstance(action, Conjunction))


class _Same:
    """The rules that test the same bits, by the values they want; highest priority first."""

    __slots__ = ("bits", "rows", "top")

    def __init__(self, bits: tuple[tuple[int, int], ...]) -> None:
        self.bits = bits
        self.rows: dict[tuple[int, ...], list[Rule]] = {}
        self.top = 0

    def add(self, rule: Rule) -> None:
        self.rows.setdefault(tuple(want for _, _, want in rule.match.tests), []).append(rule)

    def done(self) -> None:
        for rules in self.rows.values():
            rules.sort(key=lambda rule: -rule.priority)
        self.top = max((rules[0].priority for rules in self.rows.values()), default=0)

    def hits(self, key: Key) -> list[Rule] | None:
        return self.rows.get(tuple([key[slot] & mask for slot, mask in self.bits]))


class Table:
    """The flows of a table. Raises nothing: a flow whose match cannot be read is kept in ``unreadable``."""

    def __init__(self, flows: Iterable[OvsFlow], ports: Mapping[str, int]) -> None:
        spaces: dict[tuple[tuple[int, int], ...], _Same] = {}
        self.unreadable: list[OvsFlow] = []
        self.size = 0
        self.conjunctive = False
        for flow in flows:
            self.size += 1
            try:
                tests = match(flow.match, ports)
            except ValueError:
                self.unreadable.append(flow)
                continue
            if tests.never:
                continue
            bits = tuple([(slot, mask) for slot, mask, _ in tests.tests])
            if bits not in spaces:
                spaces[bits] = _Same(bits)
            spaces[bits].add(Rule(flow.priority, tests, flow, ports))
            self.conjunctive = self.conjunctive or _CONJUNCTION.search(flow.actions) is not None
        for space in spaces.values():
            space.done()
        self._spaces = sorted(spaces.values(), key=lambda space: -space.top)

    def lookup(self, key: Key, more: Iterable[Rule] = ()) -> tuple[Rule | None, list[Rule]]:
        """The rule that takes a packet, and rules that stood before it with matches that are not modelled.

        more: rules learnt within this walk.
        """
        doubtful: list[Rule] = []
        hits: Iterable[Rule]
        if not self.conjunctive and not more:
            best: Rule | None = None
            for space in self._spaces:
                if best is not None and best.priority >= space.top:
                    break
                for rule in space.hits(key) or ():
                    if best is not None and best.priority >= rule.priority:
                        break
                    if rule.match.unknown:
                        doubtful.append(rule)
                        continue
                    best = rule
                    break
            least = best.priority if best else -1
            return best, [rule for rule in doubtful if rule.priority >= least]
        hits = sorted((*self._matching(key), *more), key=lambda rule: -rule.priority)
        for _, group in groupby(hits, key=lambda rule: rule.priority):
            level = list(group)
            doubtful += [rule for rule in level if rule.match.unknown]
            sure = [rule for rule in level if not rule.match.unknown]
            number = _satisfied(rule for rule in sure if rule.clauses)
            if number is not None:
                found = self._with_conjunction(key, number)
                if found:
                    return found, doubtful
            for rule in sure:
                if not rule.clauses:
                    return rule, doubtful
        return None, doubtful

    def _matching(self, key: Key) -> Iterator[Rule]:
        for space in self._spaces:
            yield from space.hits(key) or ()

    def _with_conjunction(self, key: Key, number: int) -> Rule | None:
        """The rule that takes the packet once conj_id is set; clauses are not looked at again."""
        key = key.copy()
        key[CONJ_ID] = number
        plain = (rule for rule in self._matching(key) if not rule.clauses and not rule.match.unknown)
        return max(plain, key=lambda rule: rule.priority, default=None)

    def rules(self) -> Iterator[Rule]:
        """Every rule that could be read, in no order."""
        for space in self._spaces:
            for rules in space.rows.values():
                yield from rules


def _satisfied(rules: Iterable[Rule]) -> int | None:
    """The id of a conjunction of which a rule for every clause is among these."""
    seen: dict[int, set[int]] = {}
    for rule in rules:
        for part in rule.clauses:
            clauses = seen.setdefault(part.number, set())
            clauses.add(part.clause)
            if len(clauses) == part.clauses:
                return part.number
    return None


def learnt(action: Learn, key: Key) -> Rule:
    """The flow that ``learn`` makes of a packet."""
    tests: dict[int, tuple[int, int]] = {}
    for target, given in action.matches:
        want = given if isinstance(given, int) else given.read(key)
        mask, old = tests.get(target.slot, (0, 0))
        bits = target.mask << target.shift
        tests[target.slot] = (mask | bits, (old & ~bits) | (want << target.shift & bits))
    puts: list[Action] = [
        Put(target, given if isinstance(given, int) else given.read(key), target.mask)
        for target, given in action.loads
    ]
    ways: list[Action] = [Output(source.read(key) & 0xFFFF) for source in action.outputs]
    made = Match(tuple((slot, mask, want) for slot, (mask, want) in sorted(tests.items())))
    return Rule(action.priority, made, actions=(*puts, *ways))
