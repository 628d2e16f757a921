"""Host keys: which file and line know another one, and what the person's own rule says of unknown ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncssh

from mitate.collect.transport.target import Target
from mitate.model.errors import CannotSee


class Keeper(asyncssh.SSHClient):
    """Trusts nothing that is not known, but remembers which key and address that was."""

    def __init__(self) -> None:
        self.key: asyncssh.SSHKey | None = None
        self.address = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.key, self.address = key, addr
        return False


def stranger(files: Sequence[str], keeper: Keeper, host: str, port: int, said: str) -> CannotSee:
    """Why a host's key is not trusted: another one is known (which file and line), or none is."""
    known = next(_entries(files, host, keeper.address, port), None)
    if known:
        return CannotSee(
            f"the host key of {host} has changed: {known[0]} line {known[1]} knows another one "
            f"(if it was reinstalled: ssh-keygen -R {_name(host, port)})",
            "host_key",
        )
    if "revoked" in said:
        return CannotSee(f"the host key of {host} is revoked", "host_key")
    return CannotSee(
        f"the host key of {host} is not known here: log in once by ssh, and accept it", "host_key"
    )


def _entries(files: Sequence[str], host: str, address: str, port: int) -> Iterator[tuple[str, int]]:
    for file in files:
        try:
            lines = Path(file).read_text(errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            try:
                entry = asyncssh.import_known_hosts(line + "\n")
                trusted = entry.match(host, address, None if port == 22 else port)[0]
            except (ValueError, asyncssh.Error):
                continue
            if trusted:
                yield file, number


def _name(host: str, port: int) -> str:
    return host if port == 22 else f"'[{host}]:{port}'"


async def known_by_rule(target: Target, config: Sequence[str], keeper: Keeper, why: CannotSee) -> bool:
    """Whether an unknown key is accepted by the person's own rule: StrictHostKeyChecking accept-new or no.

    Asked of ``ssh -G``, because only ssh knows all the rules of its configuration. Nothing is written to
    known_hosts. A changed or revoked key is never accepted.
    """
    if "not known" not in str(why) or keeper.key is None:
        return False
    if not target.strict:
        return True
    file = ["-F", config[0]] if len(config) == 1 else []
    try:
        process = await asyncio.create_subprocess_exec(
            *("ssh", *file, "-G", "--", target.address or target.name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError:
        return False
    told, _ = await process.communicate()
    rules = dict(line.split(" ", 1) for line in told.decode(errors="replace").splitlines() if " " in line)
    return rules.get("stricthostkeychecking") in ("accept-new", "no", "off", "false")
