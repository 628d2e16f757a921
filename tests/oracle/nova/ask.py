"""A request as Nova meets it: the servers are created in earnest, watched, and deleted again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mitate.lab import Lab, LabError
from mitate.model.placement import Stage
from tests.oracle.nova.api import Refused, until
from tests.oracle.nova.arrange import World
from tests.oracle.nova.draw import PREFIX, Request
from tests.oracle.nova.log import Said, said

_LOG = "var/log/nova/nova-scheduler.log"
ASKED = f"{PREFIX}asked"


class Truth(NamedTuple):
    """What Nova did. refused: the API's words, "" when it took the request. fault: of a server in ERROR.

    stage: where the request died; None when each server of it got a host.
    """

    stage: Stage | None
    refused: str = ""
    fault: str = ""
    request_id: str = ""
    log: Said = Said()
    lines: tuple[str, ...] = ()
    took_s: float = 0.0

    @property
    def fits(self) -> bool:
        return self.stage is None


class Asked(NamedTuple):
    """A request with the ids that its names have in this cloud. hints: without the group."""

    request: Request
    flavor: str
    image: str
    group: str
    hints: tuple[tuple[str, str], ...]


class SchedulerLog:
    """The file as it grows, read through the host's own root."""

    def __init__(self, lab: Lab) -> None:
        pid = lab.host("controller").first_process()
        if pid is None:
            raise LabError("The controller is not running.")
        self._path = Path(f"/proc/{pid}/root/{_LOG}")

    def end(self) -> int:
        return self._path.stat().st_size

    def since(self, offset: int, request_id: str) -> tuple[str, ...]:
        with self._path.open("rb") as opened:
            opened.seek(offset)
            text = opened.read().decode("utf-8", "replace")
        return tuple(line for line in text.splitlines() if request_id in line)


def give(world: World, request: Request) -> Asked:
    """Make the flavour, and put ids for names."""
    sizes = {
        "vcpus": request.vcpus,
        "ram": request.ram_mb,
        "disk": request.disk_gb,
        "OS-FLV-EXT-DATA:ephemeral": request.ephemeral_gb,
        "swap": request.swap_mb,
    }
    hints = tuple(
        (name, world.servers[value[1:]] if value.startswith("@") else value) for name, value in request.hints
    )
    return Asked(
        request,
        world.flavor(sizes, dict(request.specs)),
        world.images[request.image.name],
        world.groups.get(request.group, ""),
        hints,
    )


def body(given: Asked) -> dict[str, Any]:
    """Of POST /servers."""
    request = given.request
    server: dict[str, Any] = {
        "name": ASKED,
        "flavorRef": given.flavor,
        "imageRef": given.image,
        "networks": "none",
        "min_count": request.count,
        "max_count": request.count,
    }
    if request.zone:
        server["availability_zone"] = request.zone
    if request.host:
        server["host"] = request.host
    hints: dict[str, Any] = {}
    for name, value in given.hints:
        hints[name] = [*hints[name], value] if name in hints else [value] if name in _LISTS else value
    if given.group:
        hints["group"] = given.group
    return {"server": server, **({"os:scheduler_hints": hints} if hints else {})}


_LISTS = ("same_host", "different_host")


def ask_nova(
    world: World, log: SchedulerLog, given: Asked, failed: Callable[[str], None] | None = None
) -> Truth:
    """Create, wait until every server is ACTIVE or in ERROR, read the log, delete.

    failed: called with the id of a server in ERROR while it is there, if it is the only one of its request.
    """
    began, offset = time.monotonic(), log.end()
    try:
        request_id, _ = world.api.requested("/servers", body(given))
    except Refused as no:
        return Truth(Stage.REQUEST, refused=str(no), took_s=time.monotonic() - began)
    servers: list[dict[str, Any]] = []

    def over() -> bool:
        servers[:] = _asked(world)
        return bool(servers) and all(each["status"] in ("ACTIVE", "ERROR") for each in servers)

    try:
        until("every server is built or in ERROR", over, 90)
        lines = log.since(offset, request_id)
        if failed and len(servers) == 1 and servers[0]["status"] == "ERROR":
            failed(str(servers[0]["id"]))
    finally:
        world.delete(each["id"] for each in _asked(world))
    told = said(lines, request_id)
    fault = next((each["fault"]["message"] for each in servers if each.get("fault")), "")
    stage = stage_of(told, given.request.count, fault)
    return Truth(stage, "", fault, request_id, told, lines, time.monotonic() - began)


def _asked(world: World) -> list[dict[str, Any]]:
    path = f"/servers/detail?name=%5E{ASKED}"
    return list(world.api.nova("GET", path)["servers"])


def stage_of(told: Said, count: int, fault: str = "") -> Stage | None:
    """Of what the scheduler wrote, and what the compute that it chose said no to. None: every server got a
    host.

    >>> str(stage_of(Said(reached=True, refused_by_placement=True), 1))
    'placement'
    >>> stage_of(Said(reached=True, selected=1), 1) is None
    True
    >>> str(stage_of(Said(reached=True), 1))
    'request'
    >>> str(stage_of(Said(reached=True, selected=2), 1, "Insufficient compute resources: Claim pci failed."))
    'claim'
    """
    if told.selected and fault.startswith("Insufficient compute resources"):
        return Stage.CLAIM
    if told.selected == count and not told.short:
        return None
    if told.refused_by_placement:
        return Stage.PLACEMENT
    if told.candidates is None:
        return Stage.REQUEST
    return Stage.CLAIM if told.unclaimed else Stage.FILTERS
