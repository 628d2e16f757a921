"""The files that make a bare host a controller, network node, compute node, operator's desk or client."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from mitate.lab.hosts import Host
from mitate.lab.recipe import Recipe
from mitate.lab.shell import run
from mitate.lab.topology import AUTH_URL, HostPlan

_TO_SERVERS = "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
_HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
OPERATOR_KEY = "root/.ssh/id_ed25519"


def configure(hosts: dict[str, Host], base: Path, recipe: Recipe, images: list[Path]) -> None:
    """Write every host's own files into its empty upper layer. The operator gets `images`, to upload."""
    operator = hosts["operator"]
    plans = [host.plan for host in hosts.values()]
    for host in hosts.values():
        _identity(host, plans, base)
        values = {**recipe.variables(), **_values(host.plan)}
        for file in recipe.files:
            if host.plan.role in file.roles:
                host.place_configuration(base, file.path, file.render(values))
        host.enable(base, recipe.units(host.plan.role))
    operator.place(base, OPERATOR_KEY, "")  # makes the directory as the base has it
    (operator.upper / OPERATOR_KEY).unlink()
    _keygen(operator.upper / OPERATOR_KEY, "lab")
    private = (operator.upper / OPERATOR_KEY).read_text()
    public = (operator.upper / f"{OPERATOR_KEY}.pub").read_text()
    known = known_hosts(hosts)
    for host in hosts.values():
        host.place(base, "root/.ssh/authorized_keys", public, 0o600)
        (host.upper / "root/.ssh").chmod(0o700)
        host.place(base, "etc/ssh/ssh_known_hosts", known)
    client = hosts["client"]
    client.place(base, OPERATOR_KEY, private, 0o600)
    client.place(base, "root/.ssh/config", _TO_SERVERS)
    target = operator.upper / "root/img"
    target.mkdir(parents=True)
    for image in images:
        shutil.copy(image, target)
    with (target / "disk.raw").open("wb") as disk:
        disk.truncate(8 * 2**20)


def known_hosts(hosts: dict[str, Host]) -> str:
    """The host keys of all hosts with a management address, as lines of ssh's known_hosts."""
    lines = []
    for host in hosts.values():
        if address := host.plan.address("mgmt"):
            kind, key = (host.upper / f"{_HOST_KEY}.pub").read_text().split()[:2]
            lines.append(f"{host.name},{address} {kind} {key}\n")
    return "".join(lines)


def _identity(host: Host, plans: list[HostPlan], base: Path) -> None:
    """Name, machine id, the names of the others, and a host key that no other host has."""
    host.place(base, "etc/hostname", f"{host.name}\n")
    host.place(base, "etc/machine-id", f"{secrets.token_hex(16)}\n")
    names = ["127.0.0.1 localhost\n"]
    if host.plan.address("mgmt"):
        names += [f"{address} {plan.name}\n" for plan in plans if (address := plan.address("mgmt"))]
    else:
        names.append(f"127.0.1.1 {host.name}\n")
    host.place(base, "etc/hosts", "".join(names))
    host.place(base, _HOST_KEY, "")
    (host.upper / _HOST_KEY).unlink()
    _keygen(host.upper / _HOST_KEY, host.name)


def _keygen(path: Path, comment: str) -> None:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])


def _fake_driver(plan: HostPlan) -> str:
    """Of fake computes, each second one is small (2 vCPUs, not 10): hosts that differ are better practice."""
    return "SmallFakeDriver" if plan.name.endswith(("2", "4", "6", "8", "0")) else "MediumFakeDriver"


def _values(plan: HostPlan) -> dict[str, str]:
    external = any(nic.switch == "ext" for nic in plan.nics)
    return {
        "host": plan.name,
        "auth_url": AUTH_URL,
        "mgmt_ip": plan.address("mgmt") or "",
        "underlay_ip": plan.address("und") or "",
        "physical_mappings": "physnet1:eth2" if external else "",
        "bridge_mappings": "physnet1:br-ex" if external else "",
        "fake_driver": _fake_driver(plan),
    }
