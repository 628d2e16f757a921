"""Placement's books of the compute hosts: traits, inventories, allocations; read, and cooked.

A compute's provider has the name of its host. All is done by plain calls, as a client would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mitate.lab.faults._api import ask

if TYPE_CHECKING:
    from mitate.lab import Lab

REPORT_S = 120
"""Seconds that a nova-compute may take until it has told Placement what it has now."""

# nova-compute writes its own provider, too: whoever comes second finds another generation, and tries again.
_COMMON = """
import json, time, uuid

def call(method, url, body=None):
    said = getattr(conn.placement, method)(url, microversion="1.30", **({"json": body} if body else {}))
    return said.json() if said.status_code == 200 else said.status_code

providers = {p["name"]: p["uuid"] for p in call("get", "/resource_providers")["resource_providers"]}

def change(host, below, with_it):
    url = "/resource_providers/" + providers[host] + below
    for _ in range(10):
        body = call("get", url)
        with_it(body)
        if isinstance(call("put", url, body), dict):
            return
        time.sleep(0.5)
    raise SystemExit("Placement does not take " + below + " of " + host)

def room(host, kind):
    url = "/resource_providers/" + providers[host]
    found = call("get", url + "/inventories")["inventories"][kind]
    found["used"] = call("get", url + "/usages")["usages"].get(kind, 0)
    found["free"] = int((found["total"] - found["reserved"]) * found["allocation_ratio"]) - found["used"]
    return found

def having(kind):  # the hosts that have some of a resource class
    for host, provider in providers.items():
        if kind in call("get", "/resource_providers/" + provider + "/inventories")["inventories"]:
            yield host

def phantom(host, number):
    return str(uuid.uuid5(uuid.UUID(providers[host]), "phantom " + str(number)))
"""

_MAKE_TRAIT = """
call("put", "/traits/" + NAME)
for host in HOSTS:
    change(host, "/traits", lambda body: body.update(traits=sorted({*body["traits"], NAME})))
"""

_DROP_TRAIT = """
for host in providers:
    if NAME in call("get", "/resource_providers/" + providers[host] + "/traits")["traits"]:
        change(host, "/traits", lambda body: body["traits"].remove(NAME))
call("delete", "/traits/" + NAME)
"""

_SET_RATIO = """
for host in having(KIND):
    change(host, "/inventories/" + KIND, lambda body: body.update(allocation_ratio=RATIO))
"""

_FILL = """
whose = {"project_id": conn.current_project_id, "user_id": conn.current_user_id, "consumer_generation": None}
for host in having(KIND):
    for number in range(MOST):
        has = room(host, KIND)
        amount = min(has["free"], has["max_unit"])
        if amount > 0:
            held = {providers[host]: {"resources": {KIND: amount}}}
            call("put", "/allocations/" + phantom(host, number), {"allocations": held, **whose})
    if room(host, KIND)["free"] > 0:
        raise SystemExit(host + " is not full")
"""

_DROP_PHANTOMS = """
for host in providers:
    for number in range(MOST):
        call("delete", "/allocations/" + phantom(host, number))
"""


def _run(lab: Lab, code: str, **values: Any) -> Any:
    given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return ask(lab, f"{_COMMON}{given}{code}")


def make_trait(lab: Lab, name: str, *hosts: str) -> None:
    """A trait, and the hosts that have it."""
    _run(lab, _MAKE_TRAIT, NAME=name, HOSTS=hosts)


def drop_trait(lab: Lab, name: str) -> None:
    _run(lab, _DROP_TRAIT, NAME=name)


def set_ratio(lab: Lab, kind: str, ratio: float) -> None:
    """The allocation ratio of one resource class, on every host. kind: as Placement calls it."""
    _run(lab, _SET_RATIO, KIND=kind, RATIO=ratio)


def fill_with_phantoms(lab: Lab, kind: str) -> None:
    """Allocate all that is free of one resource class, on every host, to consumers that do not exist."""
    _run(lab, _FILL, KIND=kind, MOST=_MOST)


def drop_phantoms(lab: Lab) -> None:
    _run(lab, _DROP_PHANTOMS, MOST=_MOST)


_MOST = 4
"""Consumers that together fill a host: none may hold more than its max_unit, and a ratio offers more."""


def room(lab: Lab, kind: str) -> dict[str, dict[str, Any]]:
    """The inventory of a resource class on each host, with what is `used` and `free` of it."""
    code = "print(json.dumps({host: room(host, KIND) for host in having(KIND)}))"
    found: dict[str, dict[str, Any]] = _run(lab, code, KIND=kind)
    return found


def wait_room(lab: Lab, kind: str, condition: Callable[[int], bool]) -> None:
    """Wait until the condition holds for what is free of a resource class on every host."""

    def free() -> dict[str, int]:
        return {host: found["free"] for host, found in room(lab, kind).items()}

    lab.wait(
        f"Placement to know the {kind} of every host",
        lambda: all(map(condition, free().values())),
        REPORT_S,
        lambda: f"Free: {free()}",
    )
