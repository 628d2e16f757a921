"""Servers as somebody asks for them: made as faults need them, and again once the smallest change is done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mitate.lab.errors import LabError
from mitate.lab.faults._api import ask, delete_servers

if TYPE_CHECKING:
    from mitate.lab import Lab

BUILD_S = 150
"""Seconds that a server may take until it is ACTIVE, or until Nova gives up."""

_IDS = """
import json
found = {s.name: s.id for s in conn.compute.servers(all_projects=True)}
found.update({g.name: g.id for g in conn.compute.server_groups()})
print(json.dumps(found))
"""

# By plain calls: 2.74 is the first version that takes `host`; `networks` may be "none" since 2.37.
_CREATE = """
import json, time
asked, until, limit = json.loads({asked!r}), {until!r}, {limit}
names = {{s.name: s.id for s in conn.compute.servers(all_projects=True)}}
names.update({{g.name: g.id for g in conn.compute.server_groups()}})
server = {{
    "name": asked["name"],
    "flavorRef": conn.compute.find_flavor(asked["flavor"], ignore_missing=False).id,
    "imageRef": conn.image.find_image(asked["image"], ignore_missing=False).id,
    "networks": "none",
}}
if asked["network"]:
    server["networks"] = [{{"uuid": conn.network.find_network(asked["network"], ignore_missing=False).id}}]
if asked["zone"]:
    server["availability_zone"] = asked["zone"]
if asked["host"]:
    server["host"] = asked["host"]
hints = {{}}
for hint in asked["hints"]:
    key, _, value = hint.format_map(names).partition("=")
    hints.setdefault(key, []).append(value)
if "group" in hints:
    hints["group"] = hints["group"][0]
wanted = {{"server": server, "os:scheduler_hints": hints}}
said = conn.compute.post("/servers", json=wanted, microversion="2.74")
if said.status_code != 202:
    raise SystemExit(said.text[:400])
server = said.json()["server"]["id"]
deadline = time.monotonic() + limit
while True:
    seen = conn.compute.get("/servers/" + server).json()["server"]
    if seen["status"] in until:
        break
    if seen["status"] == "ERROR" or time.monotonic() > deadline:
        fault = seen.get("fault", {{}}).get("message", "")
        raise SystemExit("server " + asked["name"] + " is " + seen["status"] + ": " + fault)
    time.sleep(0.5)
"""


@dataclass(frozen=True)
class Asked:
    """A server that somebody asks for. hints: NAME=VALUE, where `{vm1}` stands for the id of a server or
    server group of that name. network: "" for none.
    """

    name: str
    flavor: str = "m1.lab"
    image: str = "lab"
    zone: str = ""
    host: str = ""
    hints: tuple[str, ...] = ()
    network: str = ""

    def options(self) -> tuple[str, ...]:
        """The same request as options of `mitate placement`.

        >>> Asked("web", zone="east", hints=("same_host={vm1}",)).options()[4:]
        ('--availability-zone', 'east', '--hint', 'same_host={vm1}')
        """
        words = ["--flavor", self.flavor, "--image", self.image]
        words += ["--availability-zone", self.zone] if self.zone else []
        words += ["--host", self.host] if self.host else []
        words += [word for hint in self.hints for word in ("--hint", hint)]
        return tuple(words)


def ids(lab: Lab) -> dict[str, str]:
    """The id of each server and each server group, by name."""
    found: dict[str, str] = ask(lab, _IDS)
    return found


def request(lab: Lab, asked: Asked, until: Sequence[str] = ("ERROR",)) -> None:
    """Ask for a server and wait until its status is one of ``until``.

    LabError, with what the API or the fault says, when it is refused at once, is in ERROR, or takes too long.
    """
    code = _CREATE.format(asked=json.dumps(asdict(asked)), until=tuple(until), limit=BUILD_S)
    lab.python(code, timeout=BUILD_S + 60)


def is_built(lab: Lab, asked: Asked) -> str:
    """Ask for a server anew, now that something was changed; "" when it was ACTIVE, else why it was not."""
    delete_servers(lab, asked.name)
    try:
        request(lab, asked, ("ACTIVE",))
    except LabError as error:
        return str(error)
    finally:
        delete_servers(lab, asked.name)
    return ""
