"""The operator's desk: files with which ordinary tools reach the cloud, and the way into its network."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from mitate.lab.configure import OPERATOR_KEY, known_hosts
from mitate.lab.errors import LabError
from mitate.lab.fabric import NETNS
from mitate.lab.hosts import Host
from mitate.lab.topology import AUTH_URL, HostPlan

_CLONE_NEWNET = 0x40000000  # <linux/sched.h>
_GROUPS = {"controller": "controllers", "network": "networks", "compute": "computes", "fake": "fakes"}


class Desk:
    """`clouds.yaml` (cloud `lab`), `ssh_config`, an Ansible inventory; for use in the operator's network."""

    def __init__(self, directory: Path, namespace: str) -> None:
        self.directory = directory
        self.clouds_yaml = directory / "clouds.yaml"
        self.ssh_config = directory / "ssh_config"
        self.inventory = directory / "inventory.ini"
        self._namespace = NETNS / namespace

    def enter_network(self) -> None:
        """Move the calling process into the operator's network namespace, for good.

        To be called by the main thread before any other thread exists: the kernel moves one thread, and what
        it starts afterwards. LabError when the lab is down or the process may not.
        """
        try:
            descriptor = os.open(self._namespace, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise LabError("The practice cloud is not up: run `mitate lab up`.") from None
        except PermissionError as error:
            raise LabError("Looking from the lab's network needs root.") from error
        try:
            # Python has os.setns from 3.12 on only
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(descriptor, _CLONE_NEWNET) != 0:
                reason = os.strerror(ctypes.get_errno())
                raise LabError(f"The operator's network cannot be entered: {reason}.")
        finally:
            os.close(descriptor)

    def write(self, hosts: dict[str, Host], password: str) -> None:
        """Write all files anew from what the hosts have: keys belong to the hosts, the desk has copies."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        key = self.directory / "id_ed25519"
        _write(key, (hosts["operator"].upper / OPERATOR_KEY).read_text())
        _write(self.directory / "known_hosts", known_hosts(hosts))
        _write(self.clouds_yaml, _clouds(password))
        plans = [host.plan for host in hosts.values()]
        _write(self.ssh_config, self._ssh_config(plans, key))
        _write(self.inventory, self._inventory(plans))

    def _ssh_config(self, plans: list[HostPlan], key: Path) -> str:
        lines = []
        for plan in plans:
            if plan.role in _GROUPS:
                lines += [f"Host {plan.name}", f"    HostName {plan.address('mgmt')}", ""]
        lines += ["Host *", "    User root", f"    IdentityFile {key}", "    IdentitiesOnly yes"]
        lines += [
            f"    UserKnownHostsFile {self.directory / 'known_hosts'}",
            "    GlobalKnownHostsFile /dev/null",
        ]
        lines += ["    StrictHostKeyChecking yes", "    ConnectTimeout 5"]
        return "\n".join(lines) + "\n"

    def _inventory(self, plans: list[HostPlan]) -> str:
        text = ""
        for role, group in _GROUPS.items():
            members = [
                f"{plan.name} ansible_host={plan.address('mgmt')}" for plan in plans if plan.role == role
            ]
            if members:
                text += "\n".join([f"[{group}]", *members]) + "\n\n"
        common = f"ansible_ssh_common_args='-F {self.ssh_config}'"
        return f"{text}[all:vars]\nansible_user=root\nansible_python_interpreter=/usr/bin/python3\n{common}\n"


def _clouds(password: str) -> str:
    return f"""clouds:
  lab:
    region_name: RegionOne
    identity_api_version: 3
    auth:
      auth_url: {AUTH_URL}
      username: admin
      password: {password}
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
"""


def _write(path: Path, text: str) -> None:
    """Write a file that nobody but its owner could read at any moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
