"""The smallest change that `mitate placement` tells of, done as told, and the server asked for again."""

from __future__ import annotations

import shlex
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

_CREATE = ["openstack", "server", "create"]
_WITHOUT_NETWORK = ["--os-compute-api-version", "2.37", "server", "create", "--nic", "none", "--wait"]


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
    commands = [words for command in first["commands"] if (words := shlex.split(command, comments=True))]
    try:
        for words in commands:
            if words[:3] != _CREATE:
                _run(lab, words)
        asked = [words for words in commands if words[:3] == _CREATE]
        return _create(lab, placed.changed, asked[-1][3:]) if asked else is_built(lab, placed.changed)
    except LabError as error:
        return str(error)


def _create(lab: Lab, asked: Asked, words: list[str]) -> str:
    """Ask for a server as told, but on no network: of networks the advice says nothing."""
    delete_servers(lab, asked.name)
    try:
        lab.openstack(*_WITHOUT_NETWORK, *words)
    finally:
        delete_servers(lab, asked.name)
    return ""


def _run(lab: Lab, words: list[str]) -> None:
    """Run one command where an operator would, without a shell."""
    if words[0] not in _WHERE:
        raise LabError(f"The change calls {words[0]}, which nobody here runs.")
    if words[0] == "openstack":
        lab.openstack(*words[1:])
    else:
        lab.host(_WHERE[words[0]]).sh('exec "$@"', *words, timeout=120)
