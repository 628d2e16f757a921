"""One name per host: what the API calls it wins over the inventory's word and the host's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase


class Names:
    """The hosts as the API calls them, in the order it told them. Letter case never matters.

    >>> names = Names(["compute1.example.org", "network"])
    >>> names.of("10.0.0.21", "compute1"), names.of("NETWORK", ""), names.of("backup", "bk")
    ('compute1.example.org', 'network', 'backup')
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.known = list(dict.fromkeys(name for name in known if name))
        self._exact = {name.casefold(): name for name in reversed(self.known)}
        shorts = Counter(short(name) for name in self._exact)
        self._short = {short(name): whole for name, whole in self._exact.items() if shorts[short(name)] == 1}

    def of(self, *own: str) -> str:
        """The API's name for a host that is known by these names, the best first; else the first of them."""
        folded = [name.casefold() for name in own if name]
        for name in folded:
            if name in self._exact:
                return self._exact[name]
        for name in folded:
            if not _is_address(name) and short(name) in self._short:
                return self._short[short(name)]
        return own[0]


def short(name: str) -> str:
    return name.casefold().partition(".")[0]


def wanted(name: str, patterns: Iterable[str]) -> bool:
    """Whether a host is meant by one of the patterns (``compute*``); all are when there is none."""
    patterns = list(patterns)
    folded = name.casefold()
    return not patterns or any(
        fnmatchcase(folded, pattern.casefold()) or fnmatchcase(short(name), pattern.casefold())
        for pattern in patterns
    )


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
