"""What all formats say alike: the headline, differences that are the same on several hosts, the time line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from mitate.model.diagnosis import Severity, State
from mitate.model.drift import Change, Difference, Drift, FirstError, Kind
from mitate.report.digest.words import count, lasting, listing, moment

BESIDE = 5
"""Changes told beside the first error."""


class Alike(msgspec.Struct, frozen=True):
    """One difference, on all hosts that have it so."""

    first: Difference
    hosts: tuple[str, ...]


def alike(differences: Iterable[Difference]) -> list[Alike]:
    """Ranked as they come; what differs in nothing but the host is one, told in the words about the first."""
    found: dict[tuple[object, ...], list[Difference]] = defaultdict(list)
    for each in differences:
        found[each.kind, each.check, each.severity, each.what, each.here, each.there, each.service].append(
            each
        )
    return [
        Alike(same[0], tuple(dict.fromkeys(host for each in same for host in each.hosts)))
        for same in found.values()
    ]


def headline(drift: Drift) -> str:
    """The first line."""
    alarming = sum(each.first.severity is not Severity.INFO for each in alike(drift.differences))
    seen = f"{count(drift.compared, 'line')} of configuration on {count(drift.hosts_asked, 'host')}"
    if drift.state is State.PROBLEM:
        return f"{count(alarming, 'difference')} to look at, in {seen}"
    if drift.state is State.UNKNOWN:
        return f"Nothing differs in what could be seen ({seen}), but not all could"
    return f"Nothing differs: {seen}"


def where(one: Alike) -> str:
    """compute2, /etc/nova/nova.conf:12"""
    return ", ".join(filter(None, (listing(one.hosts), one.first.where)))


def since(difference: Difference, drift: Drift) -> str:
    """02:12:01, 14 min ago; "" where it is not known."""
    if difference.since is None:
        return ""
    ago = lasting(difference.since, drift.taken_at)
    return moment(difference.since, drift.taken_at) + (f", {ago} ago" if ago else "")


def labels(difference: Difference) -> tuple[str, str]:
    """What ``here`` and ``there`` are called."""
    named = {Kind.STALE: ("started", "changed"), Kind.NAME: ("written", "meant")}
    return named.get(difference.kind, ("here", "equals"))


def before(change: Change, error: FirstError) -> str:
    """14 min before the first error on compute2: /etc/nova/nova.conf changed: [DEFAULT] report_interval"""
    apart = lasting(change.at, error.at) if error.at - change.at >= timedelta(seconds=1) else "right"
    on = f" on {change.host}" if change.host else ""
    return f"{apart} before the first error{on}: {change.says}"
