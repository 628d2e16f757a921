"""The smallest change that `mitate placement` tells of, done as told, and the server asked for again."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mitate.lab.errors import LabError
from mitate.lab.faults import Placed
from mitate.lab.faults._api import delete_servers
from mitate.lab.faults._asked import Asked, is_built

if TYPE_CHECKING:
    from mitate.lab import Lab

_WHERE = {"openstack": "operator", "ssh": "operator", "nova-manage": "controller", "systemctl": "controller"}
"""The programs that a change may call, and the host that has them. Nothing else is run."""

_EDIT = re.compile(r"# in nova\.conf of (\S+): \[(\w+)\] (\w+) = ([\w.]+)")
_CREATE = ["openstack", "server", "create"]
_CONF = "/etc/nova/nova.conf"
_GROUP = ["server", "group", "create"]
_NEW_GROUP = "NEW_GROUP_ID"
_WITHOUT_NETWORK = ["--os-compute-api-version", "2.37", "server", "create", "--nic", "none", "--wait"]
_SETTLES_S = 60
"""How long a service that was restarted may take until the scheduler knows."""


def try_change(lab: Lab, placed: Placed, answer: Mapping[str, Any]) -> str:
    """Do the first of the smallest changes of an answer and ask for the server again; "" when it is built,
    else why not.

    Where the change is to the request, its last command asks for the server, and that one must be built.
    """
    changes = answer.get("smallest_changes") or ()
    if not changes or placed.changed is None:
        return "none was told"
    first = changes[0]
    if placed.change not in first["change"]:
        return f"it does not speak of {placed.change}: {first['change']}"
    group, asked = "", None
    try:
        for told in first["commands"]:
            if edit := _EDIT.fullmatch(told):
                _edit(lab, *edit.groups())
                continue
            command = told.replace(_NEW_GROUP, group)
            words = shlex.split(command, comments=True)
            if words[:3] == _CREATE:
                asked = words[3:]
            elif words:
                group = _run(lab, command).strip() or group
        return _create(lab, placed.changed, asked) if asked else _built(lab, placed.changed)
    except LabError as error:
        return str(error)


def _edit(lab: Lab, host: str, section: str, option: str, value: str) -> None:
    """Set an option where it stands, else below its section's name."""
    there = f"s/^{option} *=.*/{option} = {value}/"
    new = f"/^\\[{section}\\]/a {option} = {value}"
    lab.host(host).sh('grep -q "^$1 *=" $2 && sed -i "$3" $2 || sed -i "$4" $2', option, _CONF, there, new)


def _built(lab: Lab, asked: Asked) -> str:
    """Ask for it anew until the cloud has taken notice of the change."""
    deadline = time.monotonic() + _SETTLES_S
    while (why := is_built(lab, asked)) and time.monotonic() < deadline:
        time.sleep(5)
    return why


def _create(lab: Lab, asked: Asked, words: list[str]) -> str:
    """Ask for a server as told, but by the name of the fault's, and on no network: of that the advice says
    nothing."""
    delete_servers(lab, asked.name)
    try:
        lab.openstack(*_WITHOUT_NETWORK, *words[:-1], asked.name)
    finally:
        delete_servers(lab, asked.name)
    return ""


def _run(lab: Lab, command: str) -> str:
    """Run one command where an operator would, as pasted; the id of the server group that it makes."""
    words = shlex.split(command, comments=True)
    if words[0] not in _WHERE:
        raise LabError(f"The change calls {words[0]}, which nobody here runs.")
    group = any(words[at : at + 3] == _GROUP for at in range(len(words)))
    before = ". /root/openrc && " if words[0] == "openstack" else ""
    after = " -f value -c id" if group else ""
    said = lab.sh(_WHERE[words[0]], f"{before}{command}{after}", timeout=180)
    return said if group else ""
