"""The request that is explained: a server's own, or one by options, or a server's with parts replaced."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Protocol, TypeVar

from mitate.analyze.placement.cloud import Cloud
from mitate.model.cloud import ComputeService, Flavor, Server
from mitate.model.errors import CannotStart
from mitate.model.placement import Given, Image, ServerGroup, ServerRequest, Wanted
from mitate.model.source import API

INTERNAL = "internal"
"""The zone of services that are no computes ([DEFAULT]/internal_service_availability_zone)."""


class Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def wanted_of(request: ServerRequest | None, given: Given, cloud: Cloud) -> Wanted:
    """What is wanted of the scheduler. Raises CannotStart for what the cloud does not have."""
    flavor = one_of("flavour", given.flavor, cloud.flavors, cloud, Flavor) if given.flavor else None
    if flavor is None and request is None:
        raise CannotStart("a request without a server needs a flavour")
    unseen: list[str] = []
    image = _image(request, given, cloud, unseen)
    zone, forced = _zone(request, given, cloud)
    hints = _hints(request, given, unseen)
    group = _group(hints, cloud, unseen)
    common = {
        "image": image,
        "from_volume": given.from_volume or (request is not None and not (request.image_id or given.image)),
        "zone": zone,
        "host": given.host,
        "forced_host": forced,
        "hints": hints,
        "group": group,
        "project_id": given.project or (request.project_id if request else ""),
        "server_id": request.server_id if request else "",
        "count": given.count or 1,
        "unseen": tuple(unseen),
    }
    base = flavor or request
    assert base is not None
    return Wanted(
        name=request.name or request.server_id if request else f"a server of flavour {base_name(base)}",
        flavor_name=base_name(base),
        vcpus=base.vcpus,
        ram_mb=base.ram_mb,
        disk_gb=base.disk_gb,
        ephemeral_gb=base.ephemeral_gb,
        swap_mb=base.swap_mb,
        extra_specs=tuple(sorted((dict(base.extra_specs) | dict(given.properties)).items())),
        **common,  # type: ignore[arg-type] # mypy joins the kinds of the values
    )


def base_name(base: Flavor | ServerRequest) -> str:
    """What the flavour is called."""
    return base.name if isinstance(base, Flavor) else base.flavor_name


def request_of(server: Server) -> ServerRequest:
    """What a list of servers tells of one server's request: all but its hints and groups."""
    return ServerRequest(
        source=server.source,
        server_id=server.id,
        name=server.name,
        project_id=server.project_id,
        status=server.status,
        flavor_name=server.flavor_name,
        vcpus=server.flavor_vcpus or 0,
        ram_mb=server.flavor_ram_mb or 0,
        disk_gb=server.flavor_disk_gb or 0,
        ephemeral_gb=server.flavor_ephemeral_gb or 0,
        swap_mb=server.flavor_swap_mb or 0,
        extra_specs=server.flavor_extra_specs,
        image_id=server.image_id,
        zone="" if server.host else server.zone,  # of a server on a host, it is that host's
        host=server.host,
        fault_code=server.fault_code,
        fault=server.fault,
        task_state=server.task_state,
        created_at=server.created_at,
    )


def one_of(what: str, name: str, known: Iterable[N], cloud: Cloud, kind: type[Flavor] | type[Image]) -> N:
    """The one of that id or name. Raises CannotStart: none is, several are, or nobody could tell."""
    known = list(known)
    found = [each for each in known if each.id == name] or [each for each in known if each.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted(each.id for each in found)[:10])
        raise CannotStart(f"{len(found)} {what}s are called {name!r}: give the id of one ({ids})")
    gaps = cloud.snapshot.blind(kind)
    if gaps and not known:
        raise CannotStart(f"whether there is a {what} {name!r} cannot be seen: {gaps[0].why}")
    raise CannotStart(f"there is no {what} {name!r}{close(name, (each.name for each in known))}")


def close(name: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a sentence; "" when nothing is like it."""
    lower = {each.lower(): each for each in known if each}
    near = get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(lower[each] for each in near)}?" if near else ""


def _image(request: ServerRequest | None, given: Given, cloud: Cloud, unseen: list[str]) -> Image | None:
    known = cloud.snapshot.all(Image)
    if given.image:
        return one_of("image", given.image, known, cloud, Image)
    if given.from_volume or request is None or not request.image_id:
        return None
    found = next((each for each in known if each.id == request.image_id), None)
    if found is None:
        why = [gap.why for gap in cloud.snapshot.blind(Image) if gap.where == API] or ["it is not there"]
        unseen.append(f"the properties of its image {request.image_id} ({why[0]})")
    return found


def _zone(request: ServerRequest | None, given: Given, cloud: Cloud) -> tuple[str, str]:
    """The zone, and the host that is forced. Raises CannotStart for a zone that there is not; beside a forced
    host Nova takes any word for one."""
    if not given.zone:
        return (request.zone, request.forced_host) if request else ("", "")
    zone, _, host = given.zone.partition(":")
    services = [each for each in cloud.snapshot.all(ComputeService) if each.binary == "nova-compute"]
    known = sorted(
        ({each.zone for each in cloud.aggregates} | {each.zone for each in services}) - {"", INTERNAL}
    )
    if zone and not host and known and zone not in known:
        raise CannotStart(f"there is no availability zone {zone!r}: there are {', '.join(known[:20])}")
    return zone, host.partition(":")[0]


def _hints(request: ServerRequest | None, given: Given, unseen: list[str]) -> tuple[tuple[str, str], ...]:
    own: tuple[tuple[str, str], ...] = ()
    if request is not None:
        if request.hints is None:
            unseen.append("its scheduler hints, which this release does not tell (2.100 does)")
        own = request.hints or ()
        if not any(name == "group" for name, _ in own):
            own += tuple(("group", group) for group in request.groups)
    replaced = {name for name, _ in given.hints}
    return (*(pair for pair in own if pair[0] not in replaced), *given.hints)


def _group(hints: tuple[tuple[str, str], ...], cloud: Cloud, unseen: list[str]) -> ServerGroup | None:
    named = next((value for name, value in hints if name == "group"), "")
    if not named:
        return None
    for each in cloud.groups:
        if named in (each.id, each.name):
            return each
    gaps = cloud.snapshot.blind(ServerGroup)
    if not gaps:
        raise CannotStart(f"there is no server group {named!r}{close(named, (g.name for g in cloud.groups))}")
    unseen.append(f"its server group {named} ({gaps[0].why})")
    return None
