"""The story: look, check, find the causes. The only place that wires the rooms together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mitate.analyze.causes import causes
from mitate.analyze.check import Check, all_checks, run_checks
from mitate.analyze.trace.world import NEEDS, World
from mitate.collect.look import Progress, look
from mitate.collect.place import Place
from mitate.collect.question import all_sources
from mitate.collect.transport.recording import Recording
from mitate.model.diagnosis import Diagnosis
from mitate.model.errors import CannotStart
from mitate.model.host import HostContact


class Truth(msgspec.Struct, frozen=True):
    """Where the truth comes from: a live cloud, a bundle, sosreports or log files (--cloud, --bundle,
    --sosreport, --logs).

    hosts: patterns; only hosts that match one are asked. ssh_config, clouds_file: in place of the user's own.
    timeout_s: for each host, all in all. thorough: also what takes a host seconds of CPU.
    """

    cloud: str | None = None
    inventory: Path | None = None
    bundle: Path | None = None
    sosreports: tuple[Path, ...] = ()
    logs: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    ssh_config: Path | None = None
    clouds_file: Path | None = None
    timeout_s: float = 30.0
    thorough: bool = False


async def look_at_network(truth: Truth, progress: Progress | None = None) -> World:
    """What a packet can meet, and no more: one look, from which any number of packets can be walked.

    Raises CannotStart when nothing can be asked at all.
    """
    eyes = open_eyes(truth)
    snapshot = await look(
        eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at, progress, truth.hosts, NEEDS
    )
    return World(snapshot)


class NotRecorded(CannotStart):
    """The look went well, but its recording could not be kept (a full disk, say); the diagnosis is here."""

    def __init__(self, why: str, diagnosis: Diagnosis) -> None:
        super().__init__(why)
        self.diagnosis = diagnosis


async def check_up(
    truth: Truth,
    *,
    only: Iterable[str] | None = None,
    progress: Progress | None = None,
    record_to: Path | None = None,
) -> Diagnosis:
    """One look at a cloud, and what it means. record_to: keep all answers there as well.

    Raises CannotStart when nothing can be asked at all, NotRecorded. Cancelled, it tells what had been seen.
    """
    started = time.monotonic()
    checks = chosen(only, truth.thorough)
    thorough = truth.thorough or any(map(is_costly, checks))
    eyes = open_eyes(truth)
    recording = Recording(record_to, eyes.cloud, eyes.taken_at) if record_to else None
    if recording:
        eyes = eyes.around(recording.of)
    try:
        snapshot = await look(
            eyes.cloud,
            eyes.api,
            eyes.hosts,
            eyes.more_hosts,
            eyes.taken_at,
            progress,
            truth.hosts,
            thorough=thorough,
        )
        not_kept = recording.finish() if recording else ""
    finally:
        if recording:
            recording.discard()
    outcomes = run_checks(snapshot, checks)
    diagnosis = Diagnosis(
        cloud=snapshot.cloud,
        taken_at=snapshot.taken_at,
        took_s=round(time.monotonic() - started, 3),
        causes=causes(snapshot, outcomes),
        outcomes=outcomes,
        gaps=snapshot.gaps,
        api_requests=getattr(eyes.api, "requests", 0),
        hosts_asked=len(snapshot.all(HostContact)),
    )
    if not_kept:
        raise NotRecorded(not_kept, diagnosis)
    return diagnosis


def chosen(only: Iterable[str] | None, thorough: bool = True) -> Sequence[Check]:
    """The checks named, or all: without those that only a thorough look can answer, where it is none. Raises
    CannotStart for a name that is none."""
    if only is None:
        return [each for each in all_checks() if thorough or not is_costly(each)]
    known = {check.id: check for check in all_checks()}
    wanted = list(only)
    for name in wanted:
        if name not in known:
            raise CannotStart(f"there is no check {name!r}; `mitate explain` lists them")
    return [known[name] for name in wanted]


def is_costly(check: Check) -> bool:
    """Whether it needs the answer to a costly question."""
    costly = {kind for each in all_sources().values() if each.question.costly for kind in each.tells}
    return not costly.isdisjoint(check.needs)


class Eyes(msgspec.Struct, frozen=True):
    """Whoever can be asked about one cloud. more_hosts: makes places of hosts that only the API names."""

    cloud: str
    taken_at: datetime
    api: Place | None
    hosts: Sequence[Place]
    more_hosts: Callable[[Sequence[str]], Sequence[Place]] | None = None

    def around(self, wrap: Callable[[Place], Place]) -> Eyes:
        """The same, with every place wrapped."""
        more = self.more_hosts
        return Eyes(
            self.cloud,
            self.taken_at,
            wrap(self.api) if self.api else None,
            [wrap(host) for host in self.hosts],
            (lambda names: [wrap(host) for host in more(names)]) if more else None,
        )


def open_eyes(truth: Truth) -> Eyes:
    """The places that ``truth`` names. Nothing is sent yet. Raises CannotStart."""
    # each way to ask is slow to import, and a run needs only one of them
    if truth.bundle:
        from mitate.collect.transport.bundle import open_bundle  # noqa: PLC0415

        bundle = open_bundle(truth.bundle)
        return Eyes(bundle.cloud, bundle.taken_at, bundle.api, bundle.hosts)
    if truth.sosreports:
        from mitate.collect.transport.sosreport import open_sosreports  # noqa: PLC0415

        reports = open_sosreports(truth.sosreports)
        return Eyes("sosreports", max(report.contact.source.at for report in reports), None, reports)
    return _live(truth)


def _live(truth: Truth) -> Eyes:
    from mitate.collect.transport.clouds import open_cloud  # noqa: PLC0415
    from mitate.collect.transport.inventory import read_inventory  # noqa: PLC0415
    from mitate.collect.transport.local import LocalPlace  # noqa: PLC0415
    from mitate.collect.transport.ssh import Ssh  # noqa: PLC0415

    api = open_cloud(truth.cloud, truth.clouds_file)
    ssh = Ssh(truth.ssh_config, total_s=truth.timeout_s)
    now = datetime.now(UTC)
    if truth.inventory is None:
        return Eyes(api.cloud, now, api, [], ssh.named)
    targets = read_inventory(truth.inventory)
    here = [LocalPlace(target.name, truth.timeout_s) for target in targets if target.local]
    return Eyes(api.cloud, now, api, [*here, *ssh.places([t for t in targets if not t.local])])
