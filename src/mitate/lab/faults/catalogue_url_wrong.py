"""The catalogue gives a wrong address for the Network API.

Everything that has to do with networks ends with a refused connection for those who ask from outside, while
Neutron runs and its agents are alive: the port number in its public endpoint is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("endpoint_url_wrong", "endpoint", "network")
_SET = """
service = next(s for s in conn.identity.services() if s.type == "network")
urls = {e.interface: e for e in conn.identity.endpoints(service_id=service.id)}
wanted = urls["internal"].url%s
if urls["public"].url != wanted:
    conn.identity.update_endpoint(urls["public"], url=wanted)
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % '.replace(":9696", ":9969")')


def mend(lab: Lab) -> None:
    lab.python(_SET % "")
    wait_healthy(lab)
