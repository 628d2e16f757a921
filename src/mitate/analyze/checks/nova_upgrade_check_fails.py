from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.words import listed, short
from mitate.model.diagnosis import Severity, Subject
from mitate.model.placement import UpgradeCheck
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap

PRESENT = ("Cells v2", "Placement API", "Cinder API")
"""The checks of how the cloud works as it stands; the others ask what the next release will want."""


@walk_check(UpgradeCheck, severity=Severity.WARNING, symptom=True)
def nova_upgrade_check_fails(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """Nova's own check before an upgrade fails in what it needs today.

    What it means
        Cells v2: cells or hosts are not mapped, so that servers cannot be placed or found. Placement API,
        Cinder API: the controller does not reach it with its own configuration, or it is too old. What only
        the next release will want is no problem today, and is said as a note. All this takes a controller
        seconds of CPU: it is asked with --thorough only.
    Why it happens
        A new cell or compute that was not mapped, a service that is away, credentials or an endpoint in
        nova.conf that are wrong, an upgrade that was left half done.
    Look again
        nova-status upgrade check
        mitate check --thorough
    Fix
        Each check says what to do. For cells: nova-manage cell_v2 discover_hosts, or simple_cell_setup
    """
    later: set[str] = set()
    for each in snapshot.all(UpgradeCheck):
        if each.result == "success":
            continue
        if each.result == "failure" and each.name in PRESENT:
            yield Problem(
                subject=Subject("upgrade_check", each.name, f"Nova's check of {each.name}", each.source.host),
                says=f"nova-status finds fault with {each.name}: {short(each.details) or 'it says no more'}",
                seen=(each,),
                fix=("nova-status upgrade check",),
            )
        else:
            later.add(each.name)
    if later:
        yield f"before its next upgrade Nova asks to see to: {listed(sorted(later))}"
