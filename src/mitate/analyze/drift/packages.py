"""Packages and kernels that differ among equals: hosts of one operating system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mitate.analyze.drift.equals import roles, vote
from mitate.analyze.subjects import host_subject
from mitate.model.change import Package
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import Difference, Kind
from mitate.model.host import HostIdentity, Process
from mitate.model.snapshot import Snapshot

CHECK = "package_differs_among_equals"
SHOWN = 3
SIDE_BY_SIDE = ("linux-image", "kernel")
"""Of these several versions are installed at a time."""


def packages_that_differ(snapshot: Snapshot) -> Iterator[Difference]:
    """One for each host. A version that most hosts have is the usual one, whatever else they run: Nova is of
    one version on controllers and computes. A package that is missing somewhere is no difference."""
    systems = {each.source.host: each.os for each in snapshot.all(HostIdentity)}
    by_name: dict[tuple[str, str], dict[str, Package]] = defaultdict(dict)
    for package in snapshot.all(Package):
        if not package.name.startswith(SIDE_BY_SIDE):
            by_name[systems.get(package.source.host, ""), package.name][package.source.host] = package
    odd: dict[str, list[tuple[Package, Package | None]]] = defaultdict(list)
    split: dict[str, bool] = {}
    equals: dict[str, set[str]] = defaultdict(set)
    for _, packages in sorted(by_name.items()):
        later = sorted(packages, key=lambda host: _at(packages[host]), reverse=True)
        voted = vote({host: each.version for host, each in packages.items()}, later)
        if voted is None:
            continue
        usual = next((each for each in packages.values() if each.version == voted.usual), None)
        for host in voted.exceptions:
            odd[host].append((packages[host], usual))
            split[host] = split.get(host, True) and voted.split
            equals[host].update(packages)
    for host, found in odd.items():
        yield _difference(host, found, split[host], equals[host])


def _difference(
    host: str, found: list[tuple[Package, Package | None]], split: bool, equals: set[str]
) -> Difference:
    words = [
        f"{here.name} {here.version} ({there.version if there else 'no two are the same'})"
        for here, there in found[:SHOWN]
    ]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    times = [here.installed_at for here, _ in found if here.installed_at]
    first, usual = found[0]
    return Difference(
        kind=Kind.PACKAGE,
        check=CHECK,
        severity=Severity.INFO if split else Severity.WARNING,
        subject=host_subject(host),
        what=", ".join(here.name for here, _ in found[:SHOWN]) + more,
        says=f"{host} has other versions than its equals (theirs in brackets): {', '.join(words)}{more}",
        here=first.version,
        there=usual.version if usual else "",
        hosts=(host,),
        equals=tuple(sorted(equals)),
        since=max(times, default=None),
        evidence=tuple(Evidence.of(each) for pair in found[:SHOWN] for each in pair if each is not None),
    )


def kernels_that_differ(snapshot: Snapshot) -> Iterator[Difference]:
    """Of hosts with the same roles and system. It alarms nobody: hardware may ask for it."""
    of = roles({(each.source.host, each.service) for each in snapshot.all(Process) if each.service})
    alike: dict[tuple[object, ...], dict[str, HostIdentity]] = defaultdict(dict)
    for each in snapshot.all(HostIdentity):
        if each.kernel and of.get(each.source.host):
            alike[of[each.source.host], each.os][each.source.host] = each
    for hosts in alike.values():
        voted = vote({host: each.kernel for host, each in hosts.items()})
        for host in voted.exceptions if voted else ():
            yield _kernel(host, hosts, str(voted.usual) if voted and voted.usual else "others")


def _kernel(host: str, hosts: Mapping[str, HostIdentity], usual: str) -> Difference:
    here = hosts[host]
    return Difference(
        kind=Kind.PACKAGE,
        check=CHECK,
        severity=Severity.INFO,
        subject=host_subject(host),
        what="kernel",
        says=f"{host} runs the kernel {here.kernel}, its equals run {usual}",
        here=here.kernel,
        there=usual,
        hosts=(host,),
        equals=tuple(sorted(hosts)),
        since=here.booted_at,
        evidence=(Evidence.of(here),),
    )


def _at(package: Package) -> float:
    return package.installed_at.timestamp() if package.installed_at else 0.0
