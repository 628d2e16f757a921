"""The metadata agent signs with another shared secret than Nova expects.

A server that asks 169.254.169.254 for its metadata is answered with HTTP 403: no SSH key, no user data.
Everything else works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._guest import inside
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

FILE = "/etc/neutron/metadata_agent.ini"
OPTION = "metadata_proxy_shared_secret"
LINE = f"{OPTION} = changed-it"
EXPECTED = (
    Expected("metadata_secret_differs", "agent", "Metadata agent", "network"),
    Drifted("metadata_secret_differs", f"[DEFAULT] {OPTION}", "network", FILE, LINE),
)
# By nc, as the guest itself asks when it boots.
_ASK = (
    r"printf 'GET /2009-04-04/meta-data/hostname HTTP/1.0\r\nHost: 169.254.169.254\r\n\r\n' "
    "| nc -w 5 169.254.169.254 80 | head -n 1"
)


def break_(lab: Lab) -> None:
    change(lab, "network", FILE, f"s/^{OPTION} *=.*/{LINE}/")
    restart(lab, "network", "neutron-metadata-agent")
    wait_healthy(lab)
    _wait_answered(lab, "403")


def mend(lab: Lab) -> None:
    put_back(lab, "network", FILE)
    restart(lab, "network", "neutron-metadata-agent")
    wait_healthy(lab)


def _wait_answered(lab: Lab, status: str) -> None:
    what = f"vm1 to be answered {status} when it asks for metadata"
    lab.wait(what, lambda: f" {status} " in _asked(lab), 30, lambda: _asked(lab))


def _asked(lab: Lab) -> str:
    return inside(lab, "vm1", _ASK, check=False)
