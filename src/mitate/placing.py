"""``mitate placement``: what is wanted, what the cloud says to it, and why; from a cloud or from a recording.

With ``app.py`` and ``probing.py`` the only places that wire rooms together. A live cloud is asked in rounds:
the server, then all hosts at once, then what their answers make worth asking. Whatever the number of hosts,
no more than MOST requests are sent; what would need more stays unseen, and is said.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import quote

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.judge import judge
from mitate.analyze.placement.request import Ask, ask_of
from mitate.analyze.placement.wanted import close, request_of, wanted_of
from mitate.analyze.placement.why import explain, minimal_sets, nearest, proofs
from mitate.app import Eyes, Truth, open_eyes
from mitate.collect.asking import Asker, only, question, servers_named
from mitate.collect.look import Progress, Quiet, look
from mitate.collect.question import Question
from mitate.collect.slots import fits
from mitate.collect.transport.api import ApiPlace
from mitate.model import cloud as api
from mitate.model import host, placement
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.placement import Explanation, Given, ServerEvent, ServerRequest, Wanted
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact

MOST = 30
"""Requests to the API, the token's included."""
PROOFS = 6
"""Relaxed questions to Placement at most."""
NEAREST = 3
"""Hosts whose inventories, consumers and servers are asked for."""
CANDIDATES = 10_000
"""No more of one question are asked for: in trees of many devices there are millions."""
SCHEDULING = ("nova-scheduler", "nova-conductor")
FEW_HOSTS = 8
OF_HOSTS = ("configuration", "containers", "filesystems", "logs", "processes", "units")
"""What the hosts are asked that chose, or that tried to build."""
MOVES = ("create", "evacuate", "live-migration", "migrate", "rebuild", "resize", "unshelve")
"""Actions for which a host is chosen (nova.compute.instance_actions)."""
NEEDS: tuple[type[Fact], ...] = (
    *(api.ApiVersion, api.ComputeService, api.Flavor, api.Hypervisor, api.Server),
    *(host.ConfigOption, host.Container, host.Filesystem, host.LogLine, host.Process, host.Unit),
    *(placement.Aggregate, placement.Allocation, placement.Image, placement.Inventory, placement.Provider),
    *(placement.ProviderAggregates, placement.ProviderTraits, placement.SchedulingLine),
    *(placement.ServerEvent, placement.ServerGroup),
)


async def explain_placement(
    truth: Truth, server: str, given: Given, progress: Progress | None = None
) -> Explanation:
    """Why a server, by id or name, or a request by options ("" and a flavour) gets a host, or none.

    Raises CannotStart when nothing can be said at all.
    """
    started = time.monotonic()
    eyes = open_eyes(truth)
    if truth.bundle:
        known = await look(
            eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at, progress, truth.hosts, NEEDS
        )
        wanted, ask, cloud = _understood(known, _recorded(server, known) if server else None, given)
        requests = 0
    else:
        live = _Live(eyes, progress or Quiet(), given)
        try:
            wanted, ask, cloud = await live.look(server)
        finally:
            live.asker.done()
        requests = live.asker.requests
    took_s = round(time.monotonic() - started, 3)
    newest = _newest(cloud)
    return explain(wanted, ask, cloud, microversion=newest, took_s=took_s, api_requests=requests)


def _understood(snapshot: Snapshot, request: ServerRequest | None, given: Given) -> tuple[Wanted, Ask, Cloud]:
    cloud = Cloud(snapshot)
    if not cloud.hosts and snapshot.gaps:
        raise CannotStart(f"no compute host can be seen: {snapshot.gaps[0].why}")
    wanted = wanted_of(request, given, cloud)
    return wanted, ask_of(wanted, cloud), cloud


def _newest(cloud: Cloud) -> str:
    """The newest microversion of the compute API; "" when it was not seen."""
    return next((each.newest for each in cloud.snapshot.all(api.ApiVersion)), "")


def _recorded(server: str, snapshot: Snapshot) -> ServerRequest:
    """The request of a server as the recorded list of servers tells it. Raises CannotStart."""
    known = snapshot.all(api.Server)
    found = {each.id: each for each in known if server in (each.id, each.name)}
    if id_ := only(server, found):
        return request_of(found[id_])
    if not known and (gaps := snapshot.blind(api.Server)):
        raise CannotStart(f"whether there is a server {server!r} cannot be seen: {gaps[0].why}")
    raise _none(server, [each.name for each in known])


def _none(server: str, names: Sequence[str]) -> CannotStart:
    return CannotStart(f"there is no server {server!r}{close(server, names)}")


class _Live:
    """A live cloud, asked in rounds."""

    def __init__(self, eyes: Eyes, progress: Progress, given: Given) -> None:
        if isinstance(eyes.api, ApiPlace):
            eyes.api.at_most(MOST)
        self._given = given
        self.asker = Asker(eyes.cloud, eyes.taken_at, eyes.api, eyes.hosts, eyes.more_hosts, progress)

    async def look(self, server: str) -> tuple[Wanted, Ask, Cloud]:
        """Raises CannotStart."""
        request = await self._server(server)
        await asyncio.gather(self._cloud_of(request), self._hosts_of())
        wanted, ask, cloud = _understood(self.asker.snapshot(), request, self._given)
        if not ask.refused:
            await self._candidates(wanted, ask)
            await self._undecided(wanted, ask)
        cloud = Cloud(self.asker.snapshot())
        return wanted, ask, cloud

    # -- the server -------------------------------------------------------------------------------------

    async def _server(self, server: str) -> ServerRequest | None:
        """The server's own request, and what befell it."""
        services = question("compute_services")
        if not server:
            self._must(await self.asker.ask(services), services)
            return None
        id_ = server if fits("uuid", server) else await self._id_of(server)
        own = question("server", server=id_)
        unseen = await self.asker.ask(services, own, question("server_events", server=id_))
        if (why := unseen.get(own.called)) and why.reason == "missing":
            raise CannotStart(f"there is no server {server!r}")
        self._must(unseen, own)
        known = self.asker.snapshot()
        for request in known.all(ServerRequest):
            return request
        raise CannotStart(f"placement cannot be explained: server: {known.blind(ServerRequest)[0].why}")

    async def _id_of(self, name: str) -> str:
        """The server of that name; Nova takes the name as a regular expression."""
        by_name = servers_named(name)
        self._must(await self.asker.ask(by_name), by_name)
        if id_ := only(
            name, (each.id for each in self.asker.snapshot().all(api.Server) if each.name == name)
        ):
            return id_
        await self.asker.ask(question("server_names"))
        raise _none(name, [each.name for each in self.asker.snapshot().all(api.ServerName)])

    def _must(self, unseen: dict[str, CannotSee], asked: Question) -> None:
        """Raise CannotStart when that very question was not answered."""
        if why := unseen.get(asked.called):
            raise CannotStart(f"placement cannot be explained: {asked.name.replace('_', ' ')}: {why}")

    # -- all hosts at once ------------------------------------------------------------------------------

    async def _cloud_of(self, request: ServerRequest | None) -> None:
        names = (
            *("aggregates", "resource_providers", "vcpu_capacity", "memory_capacity", "disk_capacity"),
            *("hypervisors", "flavors", "compute_version"),
        )
        questions = [question(name) for name in names]
        image = self._given.image or (request.image_id if request else "")
        if fits("uuid", image):
            questions.append(question("image", image=image))
        elif image:
            questions.append(question("images_named", name=quote(image, safe="")))
        hints = dict(self._given.hints)
        groups = [hints["group"]] if "group" in hints else list(request.groups if request else ())
        questions += [
            question("server_group", group=group) if fits("uuid", group) else question("server_groups")
            for group in groups[:1]
        ]
        own = dict((request.hints or ()) if request else ())
        if groups or {"same_host", "different_host"} & {*hints, *own}:
            questions.append(question("hosted_servers"))
        await self.asker.ask(*questions)
        if image and not self.asker.snapshot().all(placement.Image) and not fits("uuid", image):
            await self.asker.ask(question("images"))  # for the names of those that may have been meant

    async def _hosts_of(self) -> None:
        """The hosts that chose, and those that tried to build."""
        known = self.asker.snapshot()
        events = known.all(ServerEvent)
        chose = {each.host for each in known.all(api.ComputeService) if each.binary in SCHEDULING}
        tried = {each.host for each in events if each.host and each.event.startswith("compute_")}
        moves = [each.request_id for each in events if not each.event and each.action in MOVES]
        lines = [question("scheduling", request=each) for each in moves if fits("request", each)]
        names = sorted(chose)[:FEW_HOSTS] + sorted(tried - chose)[:FEW_HOSTS]
        await self.asker.ask_hosts(names, [*map(question, OF_HOSTS), *lines[:2]])

    # -- what Placement says ----------------------------------------------------------------------------

    async def _candidates(self, wanted: Wanted, ask: Ask) -> None:
        queries = [each.query() for each in (ask, ask.fallback) if each is not None]
        aggregates = sorted(
            {
                name
                for each in ask.constraints
                if each.kind.endswith("member_of")
                for name in each.name.split(",")
                if fits("uuid", name)
            }
        )
        members = [question("providers_in", aggregate=each) for each in aggregates]
        exact = _queries(queries, CANDIDATES)
        left = MOST - self.asker.requests - len(exact)
        await self.asker.ask(*exact, *(members if len(members) <= min(3, left // 3) else ()))
        cloud = Cloud(self.asker.snapshot())
        sets = minimal_sets(ask, cloud, judge(wanted, ask, cloud, _newest(cloud)))
        await self.asker.ask(*_queries(proofs(ask, sets), 1)[:PROOFS])
        near = []
        for state in nearest(wanted, ask, cloud, NEAREST, _newest(cloud)):
            if state.provider is not None:
                near.append(question("provider_inventories", provider=state.provider.id))
                near.append(question("provider_allocations", provider=state.provider.id))
                near.append(question("servers_by", filter="host", value=quote(state.host, safe="")))
        left = max(0, MOST - self.asker.requests)
        await self.asker.ask(*near[: left - left % 3])

    async def _undecided(self, wanted: Wanted, ask: Ask) -> None:
        """Hosts that nothing refuses and that nobody can speak for: what they offer may stand in their own
        files."""
        cloud = Cloud(self.asker.snapshot())
        hosts = judge(wanted, ask, cloud, _newest(cloud)).hosts
        doubted = [each.host.host for each in hosts if each.unknown and not each.refusals]
        await self.asker.ask_hosts(doubted[:FEW_HOSTS], [question("configuration")])


def _queries(queries: Sequence[str], limit: int) -> list[Question]:
    """What can be asked of them; limit: candidates that are enough."""
    found = []
    for query in queries:
        if query and fits("query", whole := f"{query}&limit={limit}"):
            found.append(question("candidates", query=whole))
    return found
