"""What runs with what was replaced since it started: configuration, certificates, packages, libraries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from mitate.analyze.drift.projects import project_of
from mitate.analyze.life import is_agent, lives
from mitate.analyze.subjects import agent_named, service_subject
from mitate.model.change import DeletedFile, Package
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Evidence, Severity, Subject
from mitate.model.drift import Difference, Kind
from mitate.model.host import ConfigFile, Container, Process, Unit
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact

SLACK = timedelta(seconds=3)
"""ps tells whole seconds; a file is often written in the very second in which the service is restarted."""
SHOWN = 4
PYTHON = "python3-"


class Runs(msgspec.Struct, frozen=True):
    """A service that runs, and since when."""

    host: str
    service: str
    process: Process
    since: datetime
    subject: Subject


def running(snapshot: Snapshot) -> list[Runs]:
    """Every service whose main process tells when it started."""
    rows = {(row.host, row.binary): row for row in snapshot.all(NetworkAgent)}
    found = []
    for (host, service), life in lives(
        snapshot.all(Process), snapshot.all(Unit), snapshot.all(Container)
    ).items():
        main = life.main
        if main is not None and main.started_at is not None:
            subject = (
                agent_named(service, host, rows) if is_agent(service) else service_subject(service, host)
            )
            found.append(Runs(host, service, main, main.started_at, subject))
    return found


def configuration_newer(snapshot: Snapshot) -> Iterator[Difference]:
    """A file is newer than the service that reads it. Where another service that reads it was started since,
    whoever changed it may have known which of them need it: that is told, but alarms nobody."""
    files: dict[tuple[str, str], list[ConfigFile]] = defaultdict(list)
    for file in snapshot.all(ConfigFile):
        files[file.source.host, file.service].append(file)
    runs = running(snapshot)
    readers: dict[tuple[str, str], list[Runs]] = defaultdict(list)
    for each in runs:
        for file in files.get((each.host, each.service), ()):
            readers[each.host, file.path].append(each)
    for each in runs:
        newer = [
            file for file in files.get((each.host, each.service), ()) if file.changed_at > each.since + SLACK
        ]
        if not newer:
            continue
        taken_up = all(
            any(other.since > file.changed_at for other in readers[each.host, file.path]) for file in newer
        )
        names = _listed(sorted({file.path for file in newer}))
        first = min(newer, key=lambda file: file.changed_at)
        yield Difference(
            kind=Kind.STALE,
            check="config_newer_than_process",
            severity=Severity.INFO if taken_up else Severity.WARNING,
            subject=each.subject,
            what=names,
            says=f"{each.subject.name} runs since {_clock(each.since)} and does not know what {names} says "
            f"since {_clock(first.changed_at)}"
            + ("; other services that read it were started since" if taken_up else ""),
            here=_clock(each.since),
            there=_clock(first.changed_at),
            where=first.path,
            service=each.service,
            hosts=(each.host,),
            since=first.changed_at,
            evidence=(Evidence.of(each.process), *map(Evidence.of, newer[:SHOWN])),
            fix=_restart(each),
        )


def packages_newer(snapshot: Snapshot) -> Iterator[Difference]:
    """A package of the service's own project, or a library that it has loaded, was replaced since it started.

    What runs in a container has its packages in there, and is left out.
    """
    installed: dict[str, list[Package]] = defaultdict(list)
    for package in snapshot.all(Package):
        if package.installed_at is not None:
            installed[package.source.host].append(package)
    gone: dict[tuple[str, str], list[DeletedFile]] = defaultdict(list)
    for file in snapshot.all(DeletedFile):
        gone[file.source.host, file.service].append(file)
    for each in running(snapshot):
        if each.process.container:
            continue
        newer = [
            package
            for package in installed.get(each.host, ())
            if package.installed_at
            and package.installed_at > each.since + SLACK
            and _is_of(package.name, each)
        ]
        lost = gone.get((each.host, each.service), [])
        if not newer and not lost:
            continue
        proof: list[Fact] = [*newer[:SHOWN], *lost[:SHOWN]]
        names = _listed(sorted({package.name for package in newer} | {file.path for file in lost}))
        since = min((package.installed_at for package in newer if package.installed_at), default=None)
        yield Difference(
            kind=Kind.STALE,
            check="package_newer_than_process",
            severity=Severity.WARNING,
            subject=each.subject,
            what=names,
            says=f"{each.subject.name} runs since {_clock(each.since)}, and {names} was replaced since",
            here=_clock(each.since),
            there=_clock(since) if since else "",
            service=each.service,
            hosts=(each.host,),
            since=since,
            evidence=(Evidence.of(each.process), *map(Evidence.of, proof)),
            fix=_restart(each),
        )


def _is_of(package: str, runs: Runs) -> bool:
    """Whether it is the package of that very service, or holds its project's code."""
    project = project_of(runs.service)
    shared = (f"{project}-common", f"{PYTHON}{project}", f"openstack-{project}-common", project)
    return package.removeprefix("openstack-") in (runs.service, *shared) or package in shared


def _restart(runs: Runs) -> tuple[str, ...]:
    return (f"systemctl restart {runs.process.unit}",) if runs.process.unit else ()


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
