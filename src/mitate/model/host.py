"""What a host says of itself. ``source.host`` is the host everywhere."""

from __future__ import annotations

from datetime import datetime

from mitate.model.source import Fact


class HostContact(Fact, frozen=True, kw_only=True):
    """Whether a host could be talked to at all; there is one for every host that was tried.

    reason (when not reached): dns, refused, timeout, unreachable, host_key, auth, sudo, hung, closed.
    """

    telling = ("host", "reached", "reason", "detail")
    host: str
    reached: bool
    reason: str = ""
    detail: str = ""
    took_s: float = 0.0


class HostIdentity(Fact, frozen=True, kw_only=True):
    hostname: str
    kernel: str
    os: str
    """ID and VERSION_ID of os-release: "debian 12"."""
    booted_at: datetime | None = None
    clock_offset_s: float | None = None
    """Its clock minus ours, in seconds; good to about the round-trip time."""


class Process(Fact, frozen=True, kw_only=True):
    """A process that matters here: OpenStack's own, and what it leans on (broker, database, dnsmasq…)."""

    telling = ("pid", "state", "started_at", "command")
    pid: int
    ppid: int
    state: str
    """The first letter that ps shows: R S D T Z I; T is stopped by a signal."""
    started_at: datetime | None = None
    service: str = ""
    """Canonical service name (``mitate.model.services``): nova-compute, neutron-l3-agent, rabbitmq-server…"""
    command: str
    """Its command line, redacted at the host."""
    unit: str = ""
    container: str = ""
    rss_kb: int | None = None


class Unit(Fact, frozen=True, kw_only=True):
    """A systemd unit (``systemctl show``)."""

    telling = ("name", "active", "sub", "enabled", "result", "exit_status", "restarts", "since")
    name: str
    service: str = ""
    """Canonical service name, "" when it is none of those."""
    load: str
    active: str
    """active, inactive, failed, activating, deactivating, reloading"""
    sub: str
    enabled: str = ""
    """UnitFileState: enabled, disabled, static, masked, …"""
    result: str = ""
    restarts: int | None = None
    main_pid: int | None = None
    exit_status: int | None = None
    since: datetime | None = None
    """When it entered its present active state."""


class Container(Fact, frozen=True, kw_only=True):
    """A container of docker or podman."""

    telling = ("name", "state", "status")
    name: str
    service: str = ""
    image: str = ""
    state: str
    """running, exited, restarting, paused, created, dead"""
    status: str = ""
    """The engine's own words: Up 3 hours (unhealthy)"""


class Socket(Fact, frozen=True, kw_only=True):
    """A TCP socket of a process. state: LISTEN, ESTAB, SYN-SENT, CLOSE-WAIT, … (ss)."""

    state: str
    local_ip: str
    local_port: int
    peer_ip: str = ""
    peer_port: int = 0
    pids: tuple[int, ...] = ()


class Filesystem(Fact, frozen=True, kw_only=True):
    """A mounted file system; sizes in KiB. inodes are None where it has none to count."""

    telling = ("mount", "device", "size_kb", "used_kb", "available_kb", "inodes", "inodes_free")
    device: str
    type: str
    mount: str
    size_kb: int
    used_kb: int
    available_kb: int
    inodes: int | None = None
    inodes_free: int | None = None
    paths: tuple[str, ...] = ()
    """Directories of OpenStack services that live on it: /var/lib/nova/instances, /var/log/nova, …"""


class ConfigOption(Fact, frozen=True, kw_only=True):
    """An option in a configuration file of a service.

    value is "" when redacted; ``blank`` tells apart an option that is really empty. digest: where the value
    is not told whole, equal for equal values of hosts that were asked with one key (``ConfigFile.key``); ""
    where none could be made. digest_but_own: the same of the value without the host's own name and addresses,
    where it holds any.
    """

    service: str
    file: str
    section: str
    name: str
    value: str
    redacted: bool = False
    blank: bool = False
    line: int | None = None
    digest: str = ""
    digest_but_own: str = ""


class ConfigFile(Fact, frozen=True, kw_only=True):
    """A file that a service reads when it starts.

    position: its place in the order in which the service reads its configuration files, a later one wins;
    None for a file that an option names (named_by), as certificates are. changed_at: the time of its content.
    key: which key the digests of its options were made with.
    """

    telling = ("path", "changed_at", "named_by")
    service: str
    path: str
    position: int | None = None
    changed_at: datetime
    named_by: str = ""
    key: str = ""


class CredentialTest(Fact, frozen=True, kw_only=True):
    """Keystone's answer to the credentials in a section of a service's own file, tried at that host.

    status: HTTP status (201 accepted, 401 rejected), None when Keystone gave no answer.
    """

    telling = ("file", "section", "username", "auth_url", "status", "detail")
    file: str
    section: str
    username: str
    auth_url: str
    status: int | None
    detail: str = ""


class LogLine(Fact, frozen=True, kw_only=True):
    """A line of a service's log at WARNING or above, from the end of its log."""

    telling = ("at", "level", "logger", "message")
    service: str
    file: str
    at: datetime | None
    level: str
    logger: str = ""
    request_id: str = ""
    message: str


class LogFile(Fact, frozen=True, kw_only=True):
    """A service's log, as the file that it is."""

    telling = ("file", "size_bytes", "written_at")
    service: str
    file: str
    size_bytes: int
    written_at: datetime


class OpenLog(Fact, frozen=True, kw_only=True):
    """A log that a service has open. deleted: the file has no name any more, nobody else can read it."""

    telling = ("service", "pid", "file", "deleted")
    service: str
    pid: int
    file: str
    deleted: bool = False


class TimeSync(Fact, frozen=True, kw_only=True):
    """Whether the clock is kept by somebody. synchronised None: nobody could be asked."""

    daemon: str
    synchronised: bool | None
    offset_s: float | None = None


class Domain(Fact, frozen=True, kw_only=True):
    """A libvirt domain."""

    uuid: str
    name: str
    state: str
    taps: tuple[str, ...] = ()


class Queue(Fact, frozen=True, kw_only=True):
    """A RabbitMQ queue."""

    vhost: str
    name: str
    consumers: int
    messages: int


class Database(Fact, frozen=True, kw_only=True):
    """A schema in MariaDB or MySQL and how many tables it has."""

    name: str
    tables: int


class KernelModule(Fact, frozen=True, kw_only=True):
    """Whether hardware virtualisation is there: /dev/kvm present and usable."""

    kvm_device: bool
    cpu_flags: tuple[str, ...] = ()
