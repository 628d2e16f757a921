"""What was changed, and when: files, packages, restarts, reboots, people and programs at work, the API; and
what of it came before the first error.

All times are the hosts' own, set right by how far each host's clock is off, as far as that is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from mitate.analyze.drift.stale import running
from mitate.model.change import Migration, Package, PackageChange, Session
from mitate.model.drift import Change, Difference, FirstError
from mitate.model.host import ConfigFile, HostIdentity, LogLine
from mitate.model.placement import Aggregate
from mitate.model.recognise import HELPERS
from mitate.model.snapshot import Snapshot

TOGETHER = timedelta(minutes=5)
"""Packages that were installed, services that came up after a reboot, logins of one: one change."""
BEFORE = timedelta(hours=24)
"""What was changed longer before the first error is not set beside it."""
FAILED = ("ERROR", "CRITICAL", "TRACE")
SHOWN = 3
ORDER = ("configuration", "package", "reboot", "api", "restart", "session")
"""What explains a failure the likeliest first, of changes that came at the same time."""
LONG = 160


def changes(snapshot: Snapshot, differences: Iterable[Difference], since: datetime) -> list[Change]:
    """By time, the oldest first."""
    found = [
        *_files(snapshot, differences),
        *_packages(snapshot),
        *_restarts(snapshot),
        *_sessions(snapshot),
        *_api(snapshot),
    ]
    right = _offsets(snapshot)
    set_right = (change if not (off := right.get(change.host)) else _moved(change, off) for change in found)
    return sorted(
        (change for change in set_right if since <= change.at <= snapshot.taken_at + TOGETHER),
        key=lambda change: (change.at, ORDER.index(change.kind), change.host, change.says),
    )


def first_error(snapshot: Snapshot, found: Sequence[Change], since: datetime) -> FirstError | None:
    """The oldest line of the logs at ERROR or above of that time, with what was changed before it."""
    right = _offsets(snapshot)
    lines = [
        (line.at - right.get(line.source.host, timedelta()), line)
        for line in snapshot.all(LogLine)
        if line.at is not None and line.level in FAILED
    ]
    lines = [(at, line) for at, line in lines if at >= since]
    if not lines:
        return None
    at, line = min(lines, key=lambda pair: (pair[0], pair[1].source.host))
    before = [change for change in found if at - BEFORE <= change.at <= at and change.kind != "session"]
    before.sort(key=lambda change: (at - change.at, ORDER.index(change.kind)))
    says = f"{line.service}: {line.message[:LONG]}"
    return FirstError(at=at, host=line.source.host, says=says, before=tuple(before))


def _offsets(snapshot: Snapshot) -> dict[str, timedelta]:
    """How far the clock of each host is ahead, where it is more than a slow answer may seem to make it."""
    return {
        each.source.host: timedelta(seconds=each.clock_offset_s)
        for each in snapshot.all(HostIdentity)
        if each.clock_offset_s is not None and 60 < abs(each.clock_offset_s) < 10 * 365 * 86_400
    }


def _moved(change: Change, off: timedelta) -> Change:
    return Change(
        at=change.at - off, host=change.host, kind=change.kind, says=change.says, options=change.options
    )


def _files(snapshot: Snapshot, differences: Iterable[Difference]) -> Iterator[Change]:
    differ: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in differences:
        path = each.where.rpartition(":")[0] or each.where
        for host in each.hosts:
            if each.what not in differ[host, path] and each.what.startswith("["):
                differ[host, path].append(each.what)
    readers: dict[tuple[str, str, datetime], list[str]] = defaultdict(list)
    for file in snapshot.all(ConfigFile):
        readers[file.source.host, file.path, file.changed_at].append(file.service)
    plain: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for (host, path, at), services in readers.items():
        options = differ.get((host, path), [])
        if options:
            read = f" (read by {_listed(sorted(set(services)))})"
            says = f"{path} changed: {', '.join(options)}{read}"
            yield Change(at=at, host=host, kind="configuration", says=says, options=tuple(options))
        else:
            plain[host].append((at, path))
    for host, told in plain.items():
        for at, paths in _gathered(told, timedelta(seconds=20)):
            yield Change(at=at, host=host, kind="configuration", says=f"{_listed(paths)} changed")


def _packages(snapshot: Snapshot) -> Iterator[Change]:
    """By the package manager's log; where it keeps none, by when each package was installed."""
    logged: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for change in snapshot.all(PackageChange):
        versions = " → ".join(filter(None, (change.before, change.after)))
        said = f"{change.action} {change.name} {versions}".strip()
        logged[change.source.host].append((change.at, said))
    installed: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for package in snapshot.all(Package):
        if package.installed_at and package.source.host not in logged:
            said = f"installed {package.name} {package.version}"
            installed[package.source.host].append((package.installed_at, said))
    for host, told in (*logged.items(), *installed.items()):
        for at, words in _gathered(told):
            yield Change(at=at, host=host, kind="package", says=_listed(words))


def _restarts(snapshot: Snapshot) -> Iterator[Change]:
    booted = {
        each.source.host: each.booted_at for each in snapshot.all(HostIdentity) if each.booted_at is not None
    }
    started: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    with_it: dict[str, int] = defaultdict(int)
    for each in running(snapshot):
        if each.service in HELPERS:
            continue
        boot = booted.get(each.host)
        if boot is not None and timedelta() <= each.since - boot < TOGETHER:
            with_it[each.host] += 1
        else:
            started[each.host].append((each.since, each.service))
    for host, boot in booted.items():
        yield Change(
            at=boot, host=host, kind="reboot", says=f"booted, {with_it[host]} services came up with it"
        )
    for host, told in started.items():
        for at, words in _gathered(told, timedelta(seconds=20)):
            yield Change(at=at, host=host, kind="restart", says=f"started: {_listed(words)}")


def _sessions(snapshot: Snapshot) -> Iterator[Change]:
    told: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for each in snapshot.all(Session):
        who = each.user or "somebody"
        said = {
            "login": f"login of {who} from {each.from_ip}",
            "sudo": f"{who} ran {each.did} by sudo",
        }.get(each.kind, f"{each.kind}: {each.did or 'ran'}")
        told[each.source.host, each.kind].append((each.at, said))
    for (host, _), words in told.items():
        for at, gathered in _gathered(words):
            yield Change(at=at, host=host, kind="session", says=_listed(gathered))


def _api(snapshot: Snapshot) -> Iterator[Change]:
    for each in snapshot.all(Migration):
        if each.at:
            way = f"from {each.from_host} to {each.to_host}"
            says = f"{each.kind} of server {each.server_id} {way}: {each.status}"
            yield Change(at=each.at, host=each.to_host or each.from_host, kind="api", says=says)
    for aggregate in snapshot.all(Aggregate):
        if aggregate.changed_at:
            yield Change(
                at=aggregate.changed_at, host="", kind="api", says=f"host aggregate {aggregate.name} changed"
            )


def _gathered(
    told: Iterable[tuple[datetime, str]], within: timedelta = TOGETHER
) -> Iterator[tuple[datetime, list[str]]]:
    """What follows one upon the other within that time, told once each."""
    began: datetime | None = None
    last: datetime | None = None
    words: dict[str, None] = {}
    for at, said in sorted(told):
        if began is None or last is None or at - last > within:
            if began is not None:
                yield began, list(words)
            began, words = at, {}
        words[said] = None
        last = at
    if began is not None:
        yield began, list(words)


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
