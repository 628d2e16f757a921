"""From the words of a rule to the rule that runs. What is not understood makes it doubtful, never wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mitate.analyze.trace.netfilter import ebtables, headers, targets
from mitate.analyze.trace.netfilter.chain import Chain
from mitate.analyze.trace.netfilter.headers import Test
from mitate.analyze.trace.netfilter.matches import MODULES, Sets, in_set
from mitate.analyze.trace.netfilter.rule import ACCEPT, Act, Jump, Rule
from mitate.analyze.trace.netfilter.words import Doubtful, Option, Words, read
from mitate.analyze.trace.packet import network
from mitate.model.net import IptablesChain, IptablesRule

_KEYS = {"-i": "iif", "-o": "oif", "--physdev-in": "physin", "--physdev-out": "physout"}


def compile_rule(fact: IptablesRule, number: int, sets: Sets) -> Rule:
    """A rule of iptables. Never fails: see ``Rule.doubt``."""
    try:
        words = read(fact.rule)
    except ValueError as error:
        return Rule(fact, number, does="?", doubt=f"it cannot be read ({error})")
    if fact.family == "bridge":
        return _bridge_rule(fact, number, words)
    tests: list[Test] = []
    doubts: list[str] = []

    def ask(what: str, make: Callable[[], Sequence[Test]]) -> None:
        try:
            tests.extend(make())
        except Doubtful as doubt:
            doubts.append(str(doubt) if str(doubt).startswith("-") else f"{what}: {doubt}")
        except (ValueError, LookupError) as error:
            doubts.append(f"{what} cannot be read ({error})")

    for option in words.plain:
        if option.name == "-f":
            tests.append(headers.fragment(option.inverted))
        elif option.name != "-c":
            ask(option.name, lambda option=option: list(headers.plain([option])))  # type: ignore[misc]
    for module, options in words.matches:
        if module == "set":
            ask("-m set", lambda o=options: list(in_set(o, sets)))  # type: ignore[misc]
        elif module in MODULES:
            ask(f"-m {module}", lambda m=module, o=options: list(MODULES[m](o)))  # type: ignore[misc]
        else:
            doubts.append(f"-m {module} is not modelled")
    act, jump = _target(words, doubts, targets.TARGETS, targets.QUIET)
    quiet = act is None and not jump
    return Rule(
        fact,
        number,
        () if quiet else tests,
        act,
        words.target,
        jump=Jump(jump, words.goto) if jump else None,
        doubt="" if quiet else "; ".join(doubts),
        keys=_keys(words),
    )


def _bridge_rule(fact: IptablesRule, number: int, words: Words) -> Rule:
    # The watchers --log and --nflog stand behind the target, as do the options of the target
    tests, doubts = ebtables.tests(words.plain)
    act, jump = _target(words, doubts, ebtables.TARGETS, ebtables.QUIET)
    quiet = act is None and not jump
    keys = {"physin" if one.name == "-i" else "physout": one.value for one in words.plain if _is_device(one)}
    return Rule(
        fact,
        number,
        () if quiet else tests,
        act,
        words.target,
        jump=Jump(jump) if jump else None,
        doubt="" if quiet else "; ".join(doubts),
        keys=keys,
    )


def _is_device(option: Option) -> bool:
    return (
        option.name in ("-i", "-o")
        and not option.inverted
        and len(option.arguments) == 1
        and not option.arguments[0].endswith("+")
    )


def _target(
    words: Words,
    doubts: list[str],
    known: Mapping[str, Callable[[Sequence[Option]], Act]],
    quiet: frozenset[str],
) -> tuple[Act | None, str]:
    """(what the target does, the chain that it jumps to). What cannot be done joins the doubts."""
    name = words.target
    if name in quiet:
        return None, ""
    if name in known:
        try:
            return known[name](words.aims), ""
        except (ValueError, LookupError) as error:
            doubts.append(f"-j {name} cannot be followed ({error})")
            return targets.nothing(()), ""
    if words.aims or name in _UNMODELLED:
        doubts.append(f"-j {name} is not modelled")
        return targets.nothing(()), ""
    return None, name


_UNMODELLED = frozenset({"TPROXY", "SYNPROXY", "HL", "SET", "HMARK", "BPF"})
"""Targets that stand without options too. A chain of that name cannot be."""


def _keys(words: Words) -> dict[str, object]:
    """Fields that must have one value for the rule to match."""
    keys: dict[str, object] = {}
    options = [*words.plain, *(one for module, its in words.matches if module == "physdev" for one in its)]
    for option in options:
        if option.inverted or len(option.arguments) != 1:
            continue
        value = option.arguments[0]
        if option.name in _KEYS and not value.endswith("+"):
            keys[_KEYS[option.name]] = value
        elif option.name in ("-s", "-d"):
            try:
                address, _, bits = network(value)
            except ValueError:
                continue
            if bits == 32:
                keys["src" if option.name == "-s" else "dst"] = address
    return keys


class Chains:
    """The chains of one table of one backend, each compiled when it is first asked for."""

    def __init__(self, sets: Sets) -> None:
        self._sets = sets
        self._facts: dict[str, IptablesChain | None] = {}
        self._rules: dict[str, list[IptablesRule]] = {}
        self._ready: dict[str, Chain] = {}

    def declare(self, name: str, fact: IptablesChain | None = None) -> None:
        if fact is not None or name not in self._facts:
            self._facts[name] = fact

    def add(self, rule: IptablesRule) -> None:
        self.declare(rule.chain)
        self._rules.setdefault(rule.chain, []).append(rule)

    def get(self, name: str) -> Chain | None:
        """None when there is no such chain."""
        chain = self._ready.get(name)
        if chain is None and name in self._facts:
            fact = self._facts[name]
            rules = [
                compile_rule(rule, number, self._sets)
                for number, rule in enumerate(self._rules.get(name, ()), start=1)
            ]
            policy = fact.policy.lower() if fact is not None else ACCEPT
            chain = self._ready[name] = Chain(name, rules, "" if policy == "-" else policy, fact)
        return chain


def tables(
    chains: Iterable[IptablesChain], rules: Iterable[IptablesRule], sets: Sets
) -> dict[tuple[str, bool, str], Chains]:
    """(family, legacy, table) → its chains."""
    found: dict[tuple[str, bool, str], Chains] = {}
    for chain in chains:
        key = (chain.family, chain.legacy, chain.table)
        found.setdefault(key, Chains(sets)).declare(chain.chain, chain)
    for rule in rules:
        key = (rule.family, rule.legacy, rule.table)
        found.setdefault(key, Chains(sets)).add(rule)
    return found
