"""The metadata proxy of router1 is gone.

Servers that run notice nothing. A new one boots slowly and comes up without its name, its ssh keys and its
user data: nothing answers at 169.254.169.254.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._kept import metadata_proxy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("metadata_proxy_missing", "router", "router1")


def break_(lab: Lab) -> None:
    kept = metadata_proxy(lab)
    kept.wait_no_newcomer()
    kept.take_away()


def mend(lab: Lab) -> None:
    metadata_proxy(lab).put_back()
