from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import read_log, restart
from mitate.analyze.frozen import freezes
from mitate.analyze.life import lives, looping
from mitate.analyze.silence import clues, starting, why_unheard
from mitate.analyze.stopped import rows_by_key
from mitate.analyze.subjects import compute_service_subject
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity
from mitate.model.host import HostIdentity, LogLine, Process, Socket, Unit


@check(ComputeService, Process, Unit, Socket, LogLine, HostIdentity, severity=Severity.CRITICAL, helps=4)
def service_dead_to_openstack(
    rows: Sequence[ComputeService],
    processes: Sequence[Process],
    units: Sequence[Unit],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    identities: Sequence[HostIdentity],
) -> Problems:
    """A Nova service's process runs, but Nova has not heard from it for too long.

    What it means
        The host calls the service alive, the cloud calls it down: the scheduler passes the host over, and
        what is asked of its servers is not done. The finding says which of the usual reasons its own
        traces show.
    Why it happens
        It has no connection to the message broker (or the wrong user, or the wrong broker),
        nova-conductor does not take its reports, its clock is off, or it hangs within itself (a lock,
        libvirt, storage).
    Look again
        ss -tnp | grep -e 5672 -e 5671; tail the service's log
        openstack compute service list --host HOST
    Fix
        Mend what the finding names. When nothing else does: systemctl restart UNIT, after saving its log.
    """
    everything, known = lives(processes, units), rows_by_key(rows)
    frozen = {(freeze.host, freeze.service) for freeze in freezes(everything, known) if freeze.whole}
    found = clues(everything, sockets, logs, identities)
    for key, row in known.items():
        life = everything.get(key)
        if row.up or row.forced_down or not life or not life.main:
            continue
        if key in frozen or looping(life) or starting(life):
            continue
        reason = why_unheard(life, found, row.updated_at)
        unit = life.units[0] if life.units else None
        yield Problem(
            subject=compute_service_subject(row),
            says=f"{row.binary} on {row.host} runs as process {life.main.pid}, "
            f"but Nova does not hear it: {reason.says}",
            seen=(row, life.main, *reason.seen),
            since=row.updated_at,
            severity=None if row.enabled else Severity.WARNING,
            fix=(read_log(row.host, unit, row.binary), restart(row.host, unit, row.binary)),
        )
