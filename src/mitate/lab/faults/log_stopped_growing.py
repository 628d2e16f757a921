"""The log of nova-compute was moved away under it: what it writes goes where nobody looks.

Everything works. The next time that something does not, its log ends hours before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("log_stopped_growing", "service", "nova-compute", "compute2")
LOG = "/var/log/nova/nova-compute.log"

# As logrotate does it where its rules say `create` and `dateext`, and nobody has told the service. The rules
# of the lab do not, so that no other file is called so.
_ROTATE = f"""
set -e
set -- {LOG}-*
[ -e "$1" ] || {{ set -- {LOG}-$(date +%Y%m%d); mv {LOG} "$1"; }}
[ -e {LOG} ] || install -m 640 /dev/null {LOG}
chown --reference="$1" {LOG}; chmod --reference="$1" {LOG}
"""
_BACK = f"""
set -e
set -- {LOG}-*
[ -e "$1" ] || exit 0
[ ! -e {LOG} ] || cat {LOG} >>"$1"
mv "$1" {LOG}
"""


def break_(lab: Lab) -> None:
    lab.sh("compute2", _ROTATE)


def mend(lab: Lab) -> None:
    lab.sh("compute2", _BACK)
    restart(lab, "compute2", "nova-compute")  # it may have been started meanwhile, and have the new one open
    wait_healthy(lab)
