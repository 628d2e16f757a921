"""Nobody listens on the web port of vm1.

Pings are answered, and whoever wants the page is refused at once: the server's own kernel says that there is
no such service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "EP_NO_LISTENER", at="compute1", proto="tcp", port=80, options=LIVE)


def break_(lab: Lab) -> None:
    inside(lab, "vm1", "killall httpd")


def mend(lab: Lab) -> None:
    inside(lab, "vm1", "pidof httpd >/dev/null || httpd -p 80 -h /var/www")
