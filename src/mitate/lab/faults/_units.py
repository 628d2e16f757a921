"""Services of a host, by their systemd units: stopped, started, frozen, thawed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitate.lab import Lab

_UNIT_S = 120


def l2_agent(lab: Lab) -> str:
    """The unit, and the binary, of the agent that wires ports in this lab."""
    return {"linuxbridge": "neutron-linuxbridge-agent", "ovs": "neutron-openvswitch-agent"}[
        lab.recipe().driver
    ]


def stop(lab: Lab, host: str, *units: str) -> None:
    lab.sh(host, f"systemctl stop {' '.join(units)}", timeout=_UNIT_S)


def start(lab: Lab, host: str, *units: str) -> None:
    """Start what does not run; a unit that gave up after too many attempts gets another one."""
    names = " ".join(units)
    lab.sh(host, f"systemctl reset-failed {names} 2>/dev/null; systemctl start {names}", timeout=_UNIT_S)


def restart(lab: Lab, host: str, unit: str) -> None:
    """Stop and start, which also forgets how often systemd has had to restart it."""
    stop(lab, host, unit)
    start(lab, host, unit)


def freeze(lab: Lab, host: str, unit: str) -> None:
    """SIGSTOP for the main process: it stays there, and systemd goes on calling it active."""
    lab.sh(host, f'kill -STOP "$(systemctl show -P MainPID {unit})"')


def thaw(lab: Lab, host: str, unit: str) -> None:
    """SIGCONT for the main process, and a start if there is none."""
    start(lab, host, unit)
    lab.sh(host, f'kill -CONT "$(systemctl show -P MainPID {unit})"')


def shown(lab: Lab, host: str, unit: str, name: str) -> str:
    """A property of a unit, as `systemctl show -P` prints it."""
    return lab.sh(host, f"systemctl show -P {name} {unit}").strip()
