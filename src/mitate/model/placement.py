"""Why a server gets no host: what Placement and Nova's scheduler know (facts), what was wanted, and the
answer.

Words are Placement's and Nova's own: provider, inventory, trait, allocation, request group, filter,
hint. Memory is in MiB, disk in GiB, as there.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mitate.model.diagnosis import Confidence, Evidence, Finding
from mitate.model.source import Fact, Gap

# -- facts ------------------------------------------------------------


class Provider(Fact, frozen=True, kw_only=True):
    """A resource provider. name: of a compute node its hypervisor's host name. root_id: its own id for a
    root.
    """

    telling = ("name", "id")
    id: str
    name: str
    root_id: str = ""
    parent_id: str = ""
    generation: int | None = None


class Inventory(Fact, frozen=True, kw_only=True):
    """What a provider has of one resource class.

    capacity: what may be given out in all, (total - reserved) × ratio. Of a host that was only seen
    among allocation candidates, capacity and used are all that is known; the rest is None.
    """

    telling = ("provider_id", "resource_class", "total", "reserved", "ratio", "max_unit", "capacity", "used")
    provider_id: str
    resource_class: str
    capacity: int | None = None
    used: int | None = None
    total: int | None = None
    reserved: int | None = None
    ratio: float | None = None
    min_unit: int | None = None
    max_unit: int | None = None
    step_size: int | None = None


class ProviderTraits(Fact, frozen=True, kw_only=True):
    telling = ("provider_id", "traits")
    provider_id: str
    traits: frozenset[str]


class ProviderAggregates(Fact, frozen=True, kw_only=True):
    """The aggregates of one provider, as Placement knows them (UUIDs)."""

    telling = ("provider_id", "aggregates")
    provider_id: str
    aggregates: frozenset[str]


class Allocation(Fact, frozen=True, kw_only=True):
    """What a consumer (a server, or a migration) holds of one class of a provider."""

    telling = ("provider_id", "consumer_id", "resource_class", "amount")
    provider_id: str
    consumer_id: str
    resource_class: str
    amount: int


class Candidates(Fact, frozen=True, kw_only=True):
    """What Placement said to one request: the root providers that could take it; refusal: its words when
    it said no to the request itself (an unknown trait, say). query: as sent, without limit.
    """

    telling = ("query", "refusal")
    query: str
    roots: tuple[str, ...] = ()
    refusal: str = ""
    limited: bool = False
    """As many came as were asked for: there may be more."""


class Aggregate(Fact, frozen=True, kw_only=True):
    """A host aggregate of Nova. zone: its availability_zone, "" without one; metadata holds that too.
    changed_at: when it was changed, or made.
    """

    telling = ("name", "zone", "hosts", "metadata")
    id: str
    uuid: str
    name: str
    zone: str = ""
    hosts: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    changed_at: datetime | None = None


class ServerGroup(Fact, frozen=True, kw_only=True):
    """policy: affinity, anti-affinity, soft-affinity, soft-anti-affinity. max_per_host: of anti-affinity,
    1 usually.
    """

    telling = ("name", "policy", "members")
    id: str
    name: str
    policy: str
    max_per_host: int | None = None
    members: tuple[str, ...] = ()
    project_id: str = ""


class Image(Fact, frozen=True, kw_only=True):
    """An image. properties: Nova's scheduling properties (hw_*, img_*, trait:*, os_*), as text."""

    telling = ("name", "status", "min_ram_mb", "min_disk_gb", "properties")
    id: str
    name: str
    status: str = ""
    disk_format: str = ""
    min_ram_mb: int = 0
    min_disk_gb: int = 0
    size: int | None = None
    properties: tuple[tuple[str, str], ...] = ()


class HostedServers(Fact, frozen=True, kw_only=True):
    """The servers that run on a hypervisor (os-hypervisors with_servers, 2.53)."""

    telling = ("hypervisor", "servers")
    hypervisor: str
    servers: tuple[str, ...] = ()


class ServerRequest(Fact, frozen=True, kw_only=True):
    """What the API still tells of a server's own request. hints: None where the release does not tell them
    (2.100 does).

    forced_host: of `--availability-zone ZONE:HOST`, "" when unknown or none. groups: ids of its server
    groups.
    """

    telling = ("server_id", "flavor_name", "vcpus", "ram_mb", "disk_gb", "zone", "image_id")
    server_id: str
    name: str
    project_id: str
    status: str
    flavor_name: str
    vcpus: int
    ram_mb: int
    disk_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    extra_specs: tuple[tuple[str, str], ...] = ()
    image_id: str = ""
    """"" when it boots from a volume."""
    zone: str = ""
    host: str = ""
    forced_host: str = ""
    hints: tuple[tuple[str, str], ...] | None = None
    groups: tuple[str, ...] = ()
    fault_code: int | None = None
    fault: str = ""
    task_state: str = ""
    created_at: datetime | None = None
    volumes: tuple[str, ...] = ()
    domain: str = ""
    """Libvirt's name of it."""


class ServerEvent(Fact, frozen=True, kw_only=True):
    """One event of a server's action. host: where it happened ("" if not told); result: Success or Error,
    "" = not over.
    """

    telling = ("action", "event", "host", "result", "message", "started_at")
    server_id: str
    action: str
    request_id: str
    event: str = ""
    host: str = ""
    result: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class SchedulingLine(Fact, frozen=True, kw_only=True):
    """A line of the scheduler's or a conductor's log that belongs to one request, of any level.

    service: nova-scheduler, nova-conductor, nova-compute.
    """

    telling = ("at", "level", "message")
    service: str
    file: str
    at: datetime | None
    level: str
    logger: str
    request_id: str
    message: str


class UpgradeCheck(Fact, frozen=True, kw_only=True):
    """One line of ``nova-status upgrade check``. result: success, warning, failure."""

    telling = ("name", "result", "details")
    name: str
    result: str
    details: str = ""


class PlacementAudit(Fact, frozen=True, kw_only=True):
    """What ``nova-manage placement audit`` found on one provider: (consumer id, what it holds there) of
    consumers that are no server or migration of any cell."""

    telling = ("provider_id", "orphans")
    provider_id: str
    orphans: tuple[tuple[str, str], ...] = ()


# -- what was wanted ------------------------------------------------------------


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One request for a host: a server's own, or one given by options before anything is created.

    host: `--host`, must pass the filters (2.74). forced_host: ZONE:HOST, passes most of them by. hints:
    (name, value), a name may come several times. count: servers of this request. unseen: what could not
    be learnt of it, a clause each.
    """

    name: str
    flavor_name: str
    vcpus: int
    ram_mb: int
    disk_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    extra_specs: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    from_volume: bool = False
    zone: str = ""
    host: str = ""
    forced_host: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    group: ServerGroup | None = None
    project_id: str = ""
    server_id: str = ""
    count: int = 1
    unseen: tuple[str, ...] = ()

    def hint(self, name: str) -> tuple[str, ...]:
        """Every value of a hint."""
        return tuple(value for hint, value in self.hints if hint == name)

    def spec(self, name: str) -> str | None:
        """A property of the flavour."""
        return dict(self.extra_specs).get(name)

    def image_property(self, name: str) -> str | None:
        return dict(self.image.properties).get(name) if self.image else None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gave by options: all of a request that does not exist yet, or what replaces parts of a
    server's own ("" and None: not given). properties are added to the flavour's, hints to the server's.

    flavor, image, project: name or id. zone: as typed, perhaps ZONE:HOST. host: `--host` (2.74).
    """

    flavor: str = ""
    image: str = ""
    zone: str = ""
    host: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    project: str = ""
    count: int | None = None
    from_volume: bool = False


# -- the answer ------------------------------------------------------------


class Verdict(StrEnum):
    """UNKNOWN: too much could not be seen to say."""

    FITS = "FITS"
    NO_HOST = "NO_HOST"
    UNKNOWN = "UNKNOWN"


class Stage(StrEnum):
    """Where a request dies. REQUEST: refused by the API or a request filter, or no scheduler answered at
    all. SPAWN: hosts were chosen, and building failed on them: "no valid host" is an echo.
    """

    REQUEST = "request"
    PLACEMENT = "placement"
    FILTERS = "filters"
    CLAIM = "claim"
    SPAWN = "spawn"


class Constraint(msgspec.Struct, frozen=True, order=True):
    """One thing that a request demands of Placement.

    kind: resource, trait, no_trait (forbidden), member_of, not_member_of, in_tree, any_trait. name:
    resource class, trait (any_trait: several, with commas), or aggregate UUIDs with commas. amount: of
    a resource, else 0. group: suffix of the granular request group, "" for the unnumbered one. origin:
    who demanded it, as an operator would say it ("flavour m1.big", "its property trait:CUSTOM_SSD",
    "image cirros: hw_disk_bus", "zone az2", "request filter compute_status_filter").
    """

    kind: str
    name: str
    amount: int = 0
    group: str = ""
    origin: str = ""
    root: bool = False
    """Only the root provider may answer it (root_required, 1.35)."""


class HostAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one host said. rejected_by: resource class, trait, aggregate or filter's class name; "" when it
    said yes; unknown: why it cannot be told whether it says yes. wanted, available: numbers or words,
    None where none fits. line: the name of the waterfall's line at which it fell.
    """

    host: str
    rejected_by: str = ""
    stage: Stage | None = None
    line: str = ""
    wanted: int | float | str | None = None
    available: int | float | str | None = None
    says: str = ""
    unknown: str = ""
    more: tuple[str, ...] = ()
    """Further reasons of the same host, a clause each: mending the first would not be enough."""
    evidence: tuple[Evidence, ...] = ()


class StageLeft(msgspec.Struct, frozen=True):
    """One line of the waterfall. name: "hosts", a constraint in words, or a filter. left: hosts that
    remain after it; unknown: of those, how many only because it could not be evaluated. nova_left: what
    Nova's own log says, if seen.
    """

    stage: Stage
    name: str
    left: int
    unknown: int = 0
    nova_left: int | None = None
    says: str = ""


class Change(msgspec.Struct, frozen=True):
    """A smallest change that would give a host. change: one clause, imperative. hosts_then: who would then
    take it. commands: how, for a person to read first. risk: what it costs, "" if nothing. effort:
    lower comes first.
    """

    change: str
    hosts_then: tuple[str, ...]
    commands: tuple[str, ...] = ()
    risk: str = ""
    effort: int = 0
    confidence: Confidence = Confidence.PREDICTED


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One resource class of one host, as a table shows it. by: (who, amount), the largest first."""

    host: str
    resource_class: str
    wanted: int
    total: int | None = None
    reserved: int | None = None
    ratio: float | None = None
    capacity: int | None = None
    used: int | None = None
    max_unit: int | None = None
    step_size: int | None = None
    by: tuple[tuple[str, int], ...] = ()


class Room(msgspec.Struct, frozen=True):
    """How much of one flavour fits. now: servers of it that would fit on all hosts; after_loss: when the
    host that holds most of them dies. host: which one.
    """

    flavor: str
    now: int
    after_loss: int
    host: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``mitate placement``.

    unsatisfiable: minimal sets of constraints that no provider meets together, the smallest first.
    usages: of the hosts nearest to fitting. largest: of the cloud's flavours the largest that fits
    right now (Room), None if unknown.
    """

    cloud: str
    taken_at: datetime
    wanted: Wanted
    verdict: Verdict
    stage: Stage | None
    says: str
    took_s: float = 0.0
    api_requests: int = 0
    waterfall: tuple[StageLeft, ...] = ()
    hosts: tuple[HostAnswer, ...] = ()
    unsatisfiable: tuple[tuple[Constraint, ...], ...] = ()
    smallest_changes: tuple[Change, ...] = ()
    usages: tuple[Usage, ...] = ()
    largest: Room | None = None
    rooms: tuple[Room, ...] = ()
    first_cause: Finding | None = None
    evidence: tuple[Evidence, ...] = ()
    assumptions: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
