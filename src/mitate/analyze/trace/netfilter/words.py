"""A line of iptables-save or ebtables-save, cut into matches with their options and a target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

LONGEST = 8192
"""Characters of a rule that are read: an --among-src of ebtables can be long, nothing else is."""

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class Doubtful(ValueError):
    """What a rule says cannot be told from what was seen, or cannot be understood."""


class Option(msgspec.Struct, frozen=True):
    """ "! --sport 53": name "--sport", inverted, arguments ("53",)."""

    name: str
    inverted: bool
    arguments: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The one argument. Raises ValueError when there is none, or more."""
        if len(self.arguments) != 1:
            raise ValueError(f"{self.name} takes one word")
        return self.arguments[0]


class Words(msgspec.Struct, frozen=True):
    """A rule. plain: options of no module. matches: (module, its options). goto: -g instead of -j."""

    plain: tuple[Option, ...]
    matches: tuple[tuple[str, tuple[Option, ...]], ...]
    target: str = ""
    goto: bool = False
    aims: tuple[Option, ...] = ()


def read(rule: str) -> Words:
    """Cut a rule, from ``-A CHAIN`` on. Raises ValueError for what is no rule.

    >>> words = read('-A c ! -i qg-1 -p tcp -m tcp --dport 80 -m comment --comment "not -j x" -j ACCEPT')
    >>> words.plain[0]
    Option(name='-i', inverted=True, arguments=('qg-1',))
    >>> [module for module, _ in words.matches], words.target
    (['tcp', 'comment'], 'ACCEPT')
    """
    if len(rule) > LONGEST:
        raise ValueError("the rule is too long")
    options = list(_options(rule))
    if not options or options[0].name != "-A" or len(options[0].arguments) != 1:
        raise ValueError("it does not begin with -A CHAIN")
    plain: list[Option] = []
    matches: list[tuple[str, list[Option]]] = []
    aims: list[Option] = []
    target, goto, into = "", False, plain
    for option in options[1:]:
        if option.name == "-m":
            into = []
            matches.append((option.value, into))
        elif option.name in ("-j", "-g"):
            target, goto, into = option.value, option.name == "-g", aims
        elif option.name in _PLAIN and into is not aims:
            plain.append(option)
        else:
            into.append(option)
    return Words(
        tuple(plain),
        tuple((module, tuple(its)) for module, its in matches),
        target,
        goto,
        tuple(aims),
    )


_PLAIN = frozenset({"-s", "-d", "-i", "-o", "-p", "-f", "-c"})


def _options(rule: str) -> Iterator[Option]:
    name, inverted, arguments, turned = "", False, list[str](), False
    for word, quoted in _cut(rule):
        if word == "!" and not quoted:
            turned = True
        elif word.startswith("-") and not quoted:
            if name:
                yield Option(name, inverted, tuple(arguments))
            name, inverted, arguments, turned = word, turned, [], False
        elif not name:
            raise ValueError(f"a word without an option: {word[:40]}")
        else:  # "--among-src ! LIST", as ebtables may print it, has its "!" behind the option
            inverted, turned = inverted != turned, False
            arguments.append(word)
    if name:
        yield Option(name, inverted, tuple(arguments))


def _cut(rule: str) -> Iterator[tuple[str, bool]]:
    if '"' not in rule:
        return ((word, False) for word in rule.split())
    return (
        (re.sub(r"\\(.)", r"\1", hit[1]), True) if hit[1] is not None else (hit[2], False)
        for hit in _WORD.finditer(rule)
    )


def flags(options: Sequence[Option], *known: str) -> dict[str, Option]:
    """Options by name. Raises Doubtful for one that is not among the known."""
    for option in options:
        if option.name not in known:
            raise Doubtful(f"{option.name} is not modelled")
    return {option.name: option for option in options}


def whole(text: str) -> int:
    """A number as iptables takes it: 10, 0x1f. Raises ValueError."""
    if len(text) > 20:
        raise ValueError("the number is too long")
    return int(text, 0)


def masked(text: str) -> tuple[int, int]:
    """(value, mask) of "0x4000000/0xffff0000", "1"."""
    value, _, mask = text.partition("/")
    return whole(value), whole(mask) if mask else 0xFFFFFFFF


def span(text: str, separator: str = ":") -> tuple[int, int]:
    """(first, last) of "80", "1024:65535", ":1023"."""
    first, colon, last = text.partition(separator)
    if not colon:
        return int(first), int(first)
    return int(first or "0"), int(last or "65535")
