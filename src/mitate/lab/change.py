"""The smallest change that `mitate placement` tells of, done as told, and the server asked for again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mitate.lab.errors import LabError
from mitate.lab.faults import Placed
from mitate.lab.faults._asked import is_built

if TYPE_CHECKING:
    from mitate.lab import Lab

_WHERE = {"openstack": "operator", "ssh": "operator", "nova-manage": "controller"}
"""The programs that a change may call, and the host that has them. Nothing else is run."""


def try_change(lab: Lab, placed: Placed, answer: Mapping[str, Any]) -> str:
    """Do the first of the smallest changes of an answer and ask for the server again; "" when it is built,
    else why not.

    A command that looks only, or asks for a server itself, is run like the others: whoever follows the advice
    runs them all.
    """
    changes = answer.get("smallest_changes") or ()
    if not changes:
        return "none was told"
    first = changes[0]
    if placed.change not in first["change"]:
        return f"it does not speak of {placed.change}: {first['change']}"
    try:
        for command in first["commands"]:
            _run(lab, command)
    except LabError as error:
        return str(error)
    assert placed.changed is not None
    return is_built(lab, placed.changed)


def _run(lab: Lab, command: str) -> None:
    """Run one command where an operator would, without a shell."""
    words = shlex.split(command, comments=True)
    if not words:
        return
    if words[0] not in _WHERE:
        raise LabError(f"The change calls {words[0]}, which nobody here runs.")
    if words[0] == "openstack":
        lab.openstack(*words[1:])
        return
    lab.host(_WHERE[words[0]]).sh('exec "$@"', *words, timeout=120)
