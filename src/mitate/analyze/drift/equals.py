"""Who is compared with whom, and what of a value is a host's own and therefore differs rightly.

Equals are hosts with the same roles (control, compute, network, storage) that run the same service with the
same kind of compute driver. A host's own are its names and the addresses of its devices: where a value holds
one as a word, a mark stands for it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

import msgspec

from mitate.analyze.drift.reading import Reading
from mitate.model.host import HostIdentity
from mitate.model.net import Address

OWN = "«own»"
LOOPBACK = re.compile(r"127\.|::1$|fe80:|0\.0\.0\.0$|::$")
FEW = 5
"""Fewer equals than this: whoever is not of the majority is an exception."""
RARE = 0.2
"""Of FEW or more, this share at most is an exception; more is a kind of its own."""

K = TypeVar("K", bound=Hashable)


class Own(msgspec.Struct, frozen=True):
    """The names and addresses of each host."""

    words: Mapping[str, tuple[str, ...]]

    def left_out(self, host: str, text: str) -> str:
        """The text with a mark in place of what is the host's own.

        >>> Own({"c1": ("10.0.0.21", "c1")}).left_out("c1", "10.0.0.21:80, 10.0.0.211 and c1")
        '«own»:80, 10.0.0.211 and «own»'
        """
        words = [word for word in self.words.get(host, ()) if word in text]
        if not words:
            return text
        return _pattern(tuple(words)).sub(OWN, text)


@lru_cache(maxsize=10_000)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    each = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{each})(?![\w-]|\.\w)")


def own(identities: Iterable[HostIdentity], addresses: Iterable[Address]) -> Own:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for identity in identities:
        host = identity.source.host
        for name in (host, identity.hostname, host.partition(".")[0], identity.hostname.partition(".")[0]):
            if name:
                found[host][name] = None
    for address in addresses:
        if not address.namespace and not LOOPBACK.match(address.ip):
            found[address.source.host][address.ip] = None
    return Own({host: tuple(words) for host, words in found.items()})


def roles(services: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Of each host; services: (host, service) of all that runs or should."""
    found: dict[str, set[str]] = defaultdict(set)
    for host, service in services:
        found[host].add(_role(service))
    return {host: tuple(sorted(names - {""})) for host, names in found.items()}


def _role(service: str) -> str:
    if service == "nova-compute":
        return "compute"
    if service in ("neutron-l3-agent", "neutron-dhcp-agent"):
        return "network"
    if service in ("cinder-volume", "cinder-backup", "manila-share"):
        return "storage"
    if service == "keystone" or re.search(r"-(api|server|scheduler|conductor|engine|worker)$", service):
        return "control"
    return ""


def groups(found: Mapping[tuple[str, str], Reading]) -> dict[tuple[str, ...], list[str]]:
    """Hosts by service, driver and roles, sorted; only where there are several."""
    of = roles(found)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (host, service), reading in found.items():
        driver = ""
        if service == "nova-compute":
            setting = reading.get(("DEFAULT", "compute_driver"))
            driver = (setting.value or "").rpartition(".")[2] if setting else ""
        alike[service, driver, *of[host]].append(host)
    return {key: sorted(hosts) for key, hosts in alike.items() if len(hosts) > 1}


class Vote(msgspec.Struct, frozen=True):
    """usual: what most have; None when no more than half have the same. exceptions: hosts that have another.
    split: they are too many to be exceptions: there are two kinds, or there is no majority."""

    usual: object
    exceptions: tuple[str, ...]
    split: bool = False


def vote(has: Mapping[str, K], later: Iterable[str] = ()) -> Vote | None:
    """None when all have the same. later: hosts, the last to change first: of two it is the exception."""
    counts = Counter(has.values())
    if len(counts) < 2:
        return None
    (usual, most), *_ = counts.most_common(1)
    if 2 * most > len(has):
        others = tuple(host for host in has if has[host] != usual)
        return Vote(usual, others, split=len(has) >= FEW and len(others) > RARE * len(has))
    if len(has) == 2:
        last = next((host for host in later if host in has), max(has))
        return Vote(next(key for host, key in has.items() if host != last), (last,))
    return Vote(None, tuple(has), split=True)
