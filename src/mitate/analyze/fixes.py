"""Commands that a person would type to mend something, quoted for a shell, with the host they belong to."""

from __future__ import annotations

import shlex

from mitate.analyze.life import ENABLED
from mitate.model.host import Container, Unit


def on(host: str, *words: str) -> str:
    """A command on a host, as root.

    >>> on("compute1", "systemctl", "restart", "nova-compute.service")
    'ssh compute1 sudo systemctl restart nova-compute.service'
    """
    return f"ssh {shlex.quote(host)} sudo {shlex.join(words)}"


def shell(*words: str) -> str:
    """A command at the operator's desk; what the cloud has told (names, URLs) is quoted where it must be.

    >>> shell("openstack", "compute", "service", "set", "--enable", "compute 1; reboot", "nova-compute")
    "openstack compute service set --enable 'compute 1; reboot' nova-compute"
    """
    return shlex.join(words)


def engine(container: Container) -> str:
    """The engine that was asked about it."""
    return "podman" if "podman" in container.source.asked else "docker"


def start(host: str, by: Unit | Container | None, service: str) -> tuple[str, ...]:
    """Start it where it stands still; without unit or container known, under its upstream name."""
    if isinstance(by, Container):
        return (on(host, engine(by), "start", by.name),)
    unit = by.name if by else f"{service}.service"
    wanted = () if by is None or by.enabled in ENABLED else ("enable", "--now", unit)
    return (on(host, "systemctl", *(wanted or ("start", unit))),)


def restart(host: str, by: Unit | Container | None, service: str) -> str:
    if isinstance(by, Container):
        return on(host, engine(by), "restart", by.name)
    return on(host, "systemctl", "restart", by.name if by else f"{service}.service")


def read_log(host: str, by: Unit | Container | None, service: str) -> str:
    if isinstance(by, Container):
        return on(host, engine(by), "logs", "--tail", "50", by.name)
    return on(host, "journalctl", "-n", "50", "-u", by.name if by else f"{service}.service")
