"""The smallest changes that would give a host: of what is asked for, or of the cloud.

A host is given by a set of mends that cures each of its refusals. Sets of one mend come first; only where no
host has one, sets of two are looked for, then of three.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

import msgspec

from mitate.analyze.placement.answers import Mend, Refusal
from mitate.analyze.placement.capacity import alike, fitting, open_to, spaces
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.filters._mends import ASK_ELSE, ask_again
from mitate.analyze.placement.judge import Judged
from mitate.model.diagnosis import Confidence
from mitate.model.placement import Change, Wanted

AT_MOST = 8
OF_A_KIND = 2
_TRIED = 200
"""Hosts of which sets of two and three are looked for, those with the fewest refusals first."""


def smallest_changes(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> tuple[Change, ...]:
    """At most AT_MOST, the easiest first; of a kind (enable a host, free memory, …) at most OF_A_KIND."""
    refused = [each for each in hosts if each.refusals]
    for size in (1, 2, 3):
        found = list(_of_size(size, refused))
        if size == 1:
            found += _other_flavor(wanted, refused, cloud)
        if found:
            return tuple(_chosen(found))
    return ()


def _of_size(size: int, hosts: Sequence[Judged]) -> Iterator[Change]:
    """Every set of so many mends that cures a host."""
    mends: dict[str, Mend] = {}
    sets: dict[frozenset[str], set[str]] = defaultdict(set)
    unsure: set[str] = set()
    if size > 1:
        hosts = sorted(hosts, key=lambda each: len(each.refusals))[:_TRIED]
    for each in hosts:
        if not all(refusal.mends for refusal in each.refusals):
            continue
        for cure in _cures(size, each.refusals):
            mends.update(cure)
            sets[frozenset(cure)].add(each.host.host)
        if each.unknown:
            unsure.add(each.host.host)
    for keys, given in _most(sets).items():
        chosen = sorted((mends[key] for key in keys), key=lambda mend: (mend.effort, mend.key))
        yield Change(
            " and ".join(mend.change for mend in chosen),
            tuple(sorted(given)),
            tuple(command for mend in chosen for command in mend.commands),
            "; ".join(dict.fromkeys(mend.risk for mend in chosen if mend.risk)),
            sum(mend.effort for mend in chosen),
            Confidence.INFERRED if given <= unsure else Confidence.PREDICTED,
        )


def _cures(size: int, refusals: Sequence[Refusal]) -> Iterator[dict[str, Mend]]:
    """Sets of exactly so many mends, one for each refusal."""
    if size == 1:
        common = set.intersection(*({mend.key for mend in each.mends} for each in refusals))
        for mend in refusals[0].mends:
            if mend.key in common:
                yield {mend.key: mend}
        return
    for chosen in islice(product(*(each.mends for each in refusals)), 500):
        cure = {mend.key: mend for mend in chosen}
        if len(cure) == size:
            yield cure


def _most(sets: dict[frozenset[str], set[str]]) -> dict[frozenset[str], set[str]]:
    """Asking for less cures whoever is cured by asking for more: of several amounts the largest is kept, with
    the hosts that it is enough for."""
    best: dict[tuple[frozenset[str], str], tuple[int, frozenset[str]]] = {}
    kept: dict[frozenset[str], set[str]] = {}
    for keys, hosts in sets.items():
        asked = [key for key in keys if key.startswith("ask ")]
        if not asked:
            kept[keys] = hosts
            continue
        kind = " ".join(sorted(key.rpartition(" ")[0] for key in asked))
        amount = sum(int(key.rpartition(" ")[2]) for key in asked)
        other = keys - set(asked)
        if (other, kind) not in best or amount > best[other, kind][0]:
            best[other, kind] = (amount, keys)
    for _, keys in best.values():
        kept[keys] = sets[keys]
    return kept


def _other_flavor(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> Iterator[Change]:
    """The largest of the cloud's smaller flavours, with the same properties, that a host takes which refused
    nothing but the size."""
    space = spaces(open_to(hosts), cloud)
    for flavor in alike(wanted, cloud):
        if flavor.vcpus > wanted.vcpus or flavor.ram_mb > wanted.ram_mb or flavor.disk_gb > wanted.disk_gb:
            continue
        given = sorted(host for host, offers in space.items() if fitting(flavor, offers, wanted))
        if given:
            size = f"{flavor.vcpus} VCPUs, {flavor.ram_mb} MB, {flavor.disk_gb} GB"
            command = ask_again(msgspec.structs.replace(wanted, flavor_name=flavor.name))
            change = f"take flavour {flavor.name} ({size}), the largest that fits"
            yield Change(change, tuple(given), (command,), effort=ASK_ELSE)
            return


def _chosen(found: Iterable[Change]) -> Iterator[Change]:
    """The easiest, and not all of one kind."""
    kinds: Counter[str] = Counter()
    for change in sorted(found, key=_easiest)[:1000]:
        kind = change.change.partition(" ")[0]
        kinds[kind] += 1
        if kinds[kind] <= OF_A_KIND and sum(min(number, OF_A_KIND) for number in kinds.values()) <= AT_MOST:
            yield change


def _easiest(change: Change) -> tuple[int, int, str]:
    return (change.effort, -len(change.hosts_then), change.change)
