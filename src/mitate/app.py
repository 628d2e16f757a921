"""The story: look, check, find the causes. The only place that wires the rooms together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mitate.analyze.causes import causes
from mitate.analyze.check import Check, all_checks, run_checks
from mitate.collect.look import Progress, look
from mitate.collect.place import Place
from mitate.model.diagnosis import Diagnosis
from mitate.model.errors import CannotStart
from mitate.model.host import HostContact


class Truth(msgspec.Struct, frozen=True):
    """Where the truth comes from: a live cloud, a bundle, or sosreports (--cloud, --bundle, --sosreport).

    hosts: patterns; only hosts that match one are asked. ssh_config, clouds_file: in place of the user's own.
    timeout_s: for each host, all in all.
    """

    cloud: str | None = None
    inventory: Path | None = None
    bundle: Path | None = None
    sosreports: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    ssh_config: Path | None = None
    clouds_file: Path | None = None
    timeout_s: float = 30.0


async def check_up(
    truth: Truth,
    *,
    only: Iterable[str] | None = None,
    progress: Progress | None = None,
    record_to: Path | None = None,
) -> Diagnosis:
    """One look at a cloud, and what it means. Raises CannotStart when nothing can be asked at all.

    Cancelled, it tells what had been seen by then.
    """
    started = time.monotonic()
    checks = chosen(only)
    eyes = open_eyes(truth)
    snapshot = await look(
        eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at, progress, truth.hosts
    )
    outcomes = run_checks(snapshot, checks)
    return Diagnosis(
        cloud=snapshot.cloud,
        taken_at=snapshot.taken_at,
        took_s=round(time.monotonic() - started, 3),
        causes=causes(snapshot, outcomes),
        outcomes=outcomes,
        gaps=snapshot.gaps,
        api_requests=getattr(eyes.api, "requests", 0),
        hosts_asked=len(snapshot.all(HostContact)),
    )


def chosen(only: Iterable[str] | None) -> Sequence[Check]:
    """The checks named, or all. Raises CannotStart for a name that is none."""
    if only is None:
        return all_checks()
    known = {check.id: check for check in all_checks()}
    wanted = list(only)
    for name in wanted:
        if name not in known:
            raise CannotStart(f"there is no check {name!r}; `mitate explain` lists them")
    return [known[name] for name in wanted]


class Eyes(msgspec.Struct, frozen=True):
    """Whoever can be asked about one cloud. more_hosts: makes places of hosts that only the API names."""

    cloud: str
    taken_at: datetime
    api: Place | None
    hosts: Sequence[Place]
    more_hosts: Callable[[Sequence[str]], Sequence[Place]] | None = None


def open_eyes(truth: Truth) -> Eyes:
    """The places of a live cloud. Nothing is sent yet. Raises CannotStart."""
    # the ways to ask are slow to import, and each run needs only one of them
    from mitate.collect.transport.clouds import open_cloud  # noqa: PLC0415
    from mitate.collect.transport.ssh import Ssh  # noqa: PLC0415

    ssh = Ssh(truth.ssh_config, total_s=truth.timeout_s)
    api = open_cloud(truth.cloud, truth.clouds_file)
    return Eyes(api.cloud, datetime.now(UTC), api, [], ssh.named)
