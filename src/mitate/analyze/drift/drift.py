"""All that drifted, in the order in which to look at it, with the time line."""

from __future__ import annotations

from datetime import datetime

from mitate.analyze.drift.earlier import changed_since, uncompared
from mitate.analyze.drift.names import but_slips, unknown_options, unread
from mitate.analyze.drift.options import options_that_differ
from mitate.analyze.drift.packages import kernels_that_differ, packages_that_differ
from mitate.analyze.drift.problems import untimed
from mitate.analyze.drift.secrets import brokers, metadata_secrets
from mitate.analyze.drift.stale import configuration_newer, packages_newer
from mitate.analyze.drift.timeline import changes, first_error
from mitate.model.change import DeletedFile, Migration, Package, PackageChange, PendingReboot, Session
from mitate.model.cloud import NetworkAgent
from mitate.model.drift import Difference, Drift, Kind
from mitate.model.host import (
    ConfigFile,
    ConfigOption,
    Container,
    HostContact,
    HostIdentity,
    LogLine,
    Process,
    Unit,
)
from mitate.model.net import Address
from mitate.model.placement import Aggregate
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact, Gap

NEEDS: tuple[type[Fact], ...] = (
    *(ConfigFile, ConfigOption, Container, HostIdentity, LogLine, Process, Unit, Address),
    *(DeletedFile, Package, PackageChange, PendingReboot, Session),
    *(Aggregate, Migration, NetworkAgent),
)
FIRST = (Kind.SECRET, Kind.NAME, Kind.OPTION, Kind.PACKAGE, Kind.STALE)


def drift(snapshot: Snapshot, since: datetime, earlier: Snapshot | None = None) -> Drift:
    """since: from when on changes are told. earlier: an older look at the same cloud, to compare with."""
    slips, notes = unknown_options(snapshot)
    secrets = list(metadata_secrets(snapshot))
    found = [
        *(each for each in secrets if isinstance(each, Difference)),
        *brokers(snapshot),
        *slips,
        *but_slips(options_that_differ(snapshot), slips),
        *packages_that_differ(snapshot),
        *kernels_that_differ(snapshot),
        *configuration_newer(snapshot),
        *packages_newer(snapshot),
    ]
    if earlier is not None:
        found += changed_since(earlier, snapshot)
        notes = [*uncompared(earlier, snapshot), *notes]
    for reboot in snapshot.all(PendingReboot):
        if reboot.wanted:
            notes.append(
                f"{reboot.source.host} asks to be rebooted ({', '.join(reboot.packages) or 'no reason'})"
            )
    notes += [f"{host}: which release of {project} it is, is not known" for host, project in unread(snapshot)]
    found.sort(key=_rank)
    line = changes(snapshot, found, since)
    return Drift(
        cloud=snapshot.cloud,
        taken_at=snapshot.taken_at,
        earlier=earlier.taken_at if earlier else None,
        differences=tuple(found),
        notes=tuple(notes),
        changes=tuple(line),
        first_error=first_error(snapshot, line, since),
        gaps=(
            *snapshot.gaps,
            *(each for each in secrets if isinstance(each, Gap)),
            *untimed(snapshot),
        ),
        hosts_asked=len(snapshot.all(HostContact)),
        compared=len(snapshot.all(ConfigOption)),
    )


def _rank(difference: Difference) -> tuple[object, ...]:
    """The severe first, then what is the likeliest to hurt, then the newest."""
    newest = -difference.since.timestamp() if difference.since else 0.0
    return (
        -difference.severity.rank,
        FIRST.index(difference.kind),
        newest,
        difference.subject.name,
        difference.what,
    )
