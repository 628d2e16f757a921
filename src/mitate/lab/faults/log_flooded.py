"""The log of nova-compute is flooded: hundreds of megabytes of one error.

The disk fills up, and what else the log holds is hard to find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Logged

if TYPE_CHECKING:
    from mitate.lab import Lab

ERROR = "Error during ComputeManager._cleanup_running_deleted_instances: [Errno 24] Too many open files"
EXPECTED = (
    Expected("log_flooded", "service", "nova-compute", "compute1"),
    Logged("nova", says="Too many open files", host="compute1"),
)
LOG = "/var/log/nova/nova-compute.log"
LINES = 1_900_000
"""300 MB: a host of the lab has no disk of its own, and no limit; what it writes fills the machine's."""

_FLOOD = f"""
awk -v now="$(date '+%F %T')" -v pid="$(systemctl show -P MainPID nova-compute)" 'BEGIN {{
    said = pid " ERROR oslo_service.periodic_task [-] {ERROR}"
    for (n = 0; n < {LINES}; n++) printf "%s.%03d %s\\n", now, n * 1000 / {LINES}, said
}}' >>{LOG}
"""
# Written again, not replaced: the service has it open, and appends.
_DRAIN = f"""
grep -qaF '{ERROR}' {LOG} || exit 0
grep -vaF '{ERROR}' {LOG} >{LOG}.drained
cat {LOG}.drained >{LOG} && rm {LOG}.drained
"""


def break_(lab: Lab) -> None:
    lab.sh("compute1", _FLOOD, timeout=180)


def mend(lab: Lab) -> None:
    lab.sh("compute1", _DRAIN, timeout=180)
