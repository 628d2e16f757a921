"""What was changed on a host, by whom and when: packages, logins, files that are gone under a process."""

from __future__ import annotations

from datetime import datetime

from mitate.model.source import Fact


class Package(Fact, frozen=True, kw_only=True):
    """An installed package that matters here: OpenStack's own, and what it leans on.

    version: as dpkg or rpm write it, with epoch and release. installed_at: of this version.
    """

    telling = ("name", "version", "state", "installed_at")
    name: str
    version: str
    arch: str = ""
    state: str = "installed"
    """installed, or what dpkg says of one that is not whole: half-configured, unpacked, …"""
    installed_at: datetime | None = None


class PendingReboot(Fact, frozen=True, kw_only=True):
    """Whether the host asks to be rebooted. packages: that made it ask, as far as they are named."""

    wanted: bool
    packages: tuple[str, ...] = ()


class PackageChange(Fact, frozen=True, kw_only=True):
    """A line of the package manager's own log. before, after: versions; "" where there was or is none."""

    telling = ("at", "action", "name", "before", "after")
    at: datetime
    action: str
    """install, upgrade, downgrade, remove or purge"""
    name: str
    before: str = ""
    after: str = ""


class Session(Fact, frozen=True, kw_only=True):
    """Somebody was there. user: "" for a name that is a person's: only those of machines and roles are told.

    did: the program that sudo ran, with a unit's name for systemctl; the module and the file of configuration
    management; "" for a login. from_ip: where a login came from.
    """

    telling = ("at", "kind", "user", "from_ip", "did")
    at: datetime
    kind: str
    """login, sudo, ansible, puppet, chef or salt"""
    user: str = ""
    from_ip: str = ""
    did: str = ""


class DeletedFile(Fact, frozen=True, kw_only=True):
    """A library that a process has loaded and that is gone from the disk, or was replaced there."""

    telling = ("service", "pid", "path")
    service: str
    pid: int
    path: str


class Migration(Fact, frozen=True, kw_only=True):
    """A server that was moved, or was to be. kind: live-migration, migration, resize or evacuation. status:
    as Nova calls it (completed, error, running, …). at: when its status was last changed."""

    telling = ("kind", "server_id", "from_host", "to_host", "status", "at")
    server_id: str
    kind: str
    status: str
    from_host: str = ""
    to_host: str = ""
    at: datetime | None = None
