"""nova-compute cannot report any more: an exception in what no request asked for.

Its process runs, its host and the broker are well, and Nova calls it down. Why stands in its log alone, each
time it tries to report: a traceback without a request id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Logged
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

HOST = "compute1"
FILE = "nova/servicegroup/drivers/db.py"
EXPECTED = Logged("nova", file=FILE, host=HOST)
PATH = f"/usr/lib/python3/dist-packages/{FILE}"
_RAISES = (
    '/def _report_state/,/^        try:$/s/^        try:$/&\\n            raise KeyError("report_count")/'
)


_SAID = "grep -ac 'KeyError: .report_count' /var/log/nova/nova-compute.log"
_WAIT_S = 90


def break_(lab: Lab) -> None:
    before = lab.sh(HOST, _SAID, check=False)
    change(lab, HOST, PATH, _RAISES)
    restart(lab, HOST, "nova-compute")
    # A compute that is starting is dead to Nova as well, and has said nothing yet.
    lab.wait("its report to fail", lambda: lab.sh(HOST, _SAID, check=False) != before, _WAIT_S, lambda: "")
    wait_dead(lab, f"nova-compute@{HOST}")


def mend(lab: Lab) -> None:
    put_back(lab, HOST, PATH)
    restart(lab, HOST, "nova-compute")
    wait_healthy(lab)
