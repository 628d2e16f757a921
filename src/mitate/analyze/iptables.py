"""Reading rules as iptables-save prints them."""

from __future__ import annotations

import re

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
LONGEST = 4096
"""Characters of a rule that are read; Neutron's longest are some hundred."""


def option(rule: str, name: str) -> str:
    """The word after an option; "" when the rule lacks it or negates it. Comments are not looked into.

    >>> option('-A FORWARD -m comment --comment "not -j this" -j ACCEPT', "-j")
    'ACCEPT'
    >>> option("-A POSTROUTING ! -o qg-1 -j ACCEPT", "-o")
    ''
    """
    if f"{name} " not in rule:
        return ""
    words = (QUOTED.sub('""', rule[:LONGEST]) if '"' in rule else rule[:LONGEST]).split()
    for before, word, after in zip(["", *words], words, words[1:], strict=False):
        if word == name and before != "!":
            return after
    return ""


def address(value: str) -> str:
    """An address as -d prints it, without the prefix length of a single host.

    >>> address("203.0.113.10/32")
    '203.0.113.10'
    """
    return value.removesuffix("/32")
