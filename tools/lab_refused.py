"""Prints in one sentence why this machine cannot run the practice cloud, and nothing when it can."""

from __future__ import annotations

import sys

from mitate.lab import Lab, LabError, machine


def refusal() -> str:
    lab = Lab.at()
    try:
        machine.require_root()
        machine.require_tools()
        lab.state.prepare()
        machine.require_kernel(lab.state.directory)
        if not lab.is_up():
            machine.require_room(lab.state.directory, building=not any(lab.state.bases.iterdir()))
    except LabError as error:
        return str(error).partition("\n")[0]
    return ""


if __name__ == "__main__":
    sys.stdout.write(refusal())
