"""How to reach one host: what an Ansible inventory says, or its name alone and the ssh configuration."""

from __future__ import annotations

import msgspec


class Target(msgspec.Struct, frozen=True):
    """name: what the inventory or the API calls it. Empty or None: as the ssh configuration says.

    jump: like ``ProxyJump``: [user@]host[:port], several with commas. key, known_hosts: paths.
    strict: False when the inventory says that host keys need not be known (``StrictHostKeyChecking=no``).
    local: it is this machine (``ansible_connection=local``).
    """

    name: str
    address: str = ""
    user: str = ""
    port: int | None = None
    key: str = ""
    jump: str = ""
    proxy_command: str = ""
    known_hosts: str = ""
    strict: bool = True
    local: bool = False
    groups: tuple[str, ...] = ()
