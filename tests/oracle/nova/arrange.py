"""Makes a drawn state so in a real cloud: only what differs is changed, so that it can be said again.

Nothing is left of it but what `clear` is never called for; everything made is called `oracle-…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mitate.lab import LabError
from tests.oracle.nova.api import Api, Refused, at_once, until
from tests.oracle.nova.draw import CLASSES, PREFIX, Aggregate, Host, Node, Standing, State
from tests.oracle.nova.providers import Providers
from tests.oracle.nova.vocabulary import IMAGES, Image

FLAVOR = f"{PREFIX}flavor"
_STANDING = f"{PREFIX}standing"
_UNCHECKED = "2.79"
"""From 2.86 on Nova refuses properties that it does not know; older flavours have them all the same."""
_FIRST_RATIOS = (("VCPU", 4.0), ("MEMORY_MB", 1.0), ("DISK_GB", 1.0))
"""What nova-compute begins with where nothing is configured (initial_*_allocation_ratio)."""


class World:
    """The cloud under the oracle's hands: ids by name, and what is changed in it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.providers = Providers(api)
        self.images: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.servers: dict[str, str] = {}
        self._standing: tuple[Standing, ...] | None = None
        self.hosts = self._hosts()

    # -- once ---------------------------------------------------------------------------------------------

    def _hosts(self) -> tuple[Host, ...]:
        """Every compute host whose provider has an inventory, by name."""
        hosts = []
        for each in self.api.nova("GET", "/os-hypervisors/detail")["hypervisors"]:
            name, fake = str(each["service"]["host"]), str(each["hypervisor_type"]).lower() == "fake"
            self.providers.alias(name, each["hypervisor_hostname"])
            room = self.providers.totals(name) if fake else self.providers.free(name)
            hosts.append(Host(name, room, fake, str(each["host_ip"])))
        return tuple(sorted(hosts, key=lambda host: host.name))

    def prepare(self) -> None:
        """Images, traits, a resource class, and no quota that would end the game early."""
        self.providers.prepare(host.name for host in self.hosts if host.fake)
        there = self.api.glance("GET", "/images?limit=1000")["images"]
        self.images = {each["name"]: each["id"] for each in there if each["name"].startswith(PREFIX)}
        missing = [image for image in IMAGES if image.name not in self.images]
        self.images |= dict(
            zip((image.name for image in missing), at_once(self._image, missing), strict=True)
        )
        self._quota(-1)
        self._flavor(_STANDING, {"vcpus": 1, "ram": 64, "disk": 1})

    def _image(self, image: Image) -> str:
        body = {
            "name": image.name,
            "disk_format": image.disk_format,
            "container_format": "bare",
            "min_ram": image.min_ram_mb,
            "visibility": "public",
            **dict(image.properties),
        }
        made = str(self.api.glance("POST", "/images", body)["id"])
        self.api.upload(made, b"nothing boots this" * 64)
        return made

    def _quota(self, limit: int) -> None:
        names = ("cores", "ram", "instances", "server_groups", "server_group_members")
        body = {"quota_set": {**dict.fromkeys(names, limit), "force": True}}
        self.api.nova("PUT", f"/os-quota-sets/{self.api.project}", body)

    def _flavor(self, name: str, sizes: Mapping[str, object]) -> str:
        self._no_flavor(name)
        body = {"flavor": {"name": name, "id": name, **sizes}}
        return str(self.api.nova("POST", "/flavors", body)["flavor"]["id"])

    def _no_flavor(self, name: str) -> None:
        try:
            self.api.nova("DELETE", f"/flavors/{name}")
        except Refused as no:
            if no.status != 404:
                raise

    def flavor(self, sizes: Mapping[str, object], specs: Mapping[str, str]) -> str:
        """The flavour of the next request; it has always the same name, and replaces the last one."""
        made = self._flavor(FLAVOR, sizes)
        if specs:
            path, body = f"/flavors/{made}/os-extra_specs", {"extra_specs": dict(specs)}
            self.api.nova("POST", path, body, _UNCHECKED)
        return made

    # -- a state ------------------------------------------------------------------------------------------

    def arrange(self, state: State) -> None:
        """Make it so. What forbids the next step is undone first: a host with servers changes no zone."""
        if self._standing != state.servers:
            self._remove_servers()
            roomy = [_plain(host) for host in self.hosts]
            self._services(roomy)
            held = {server.host for server in state.servers}
            at_once(self.providers.arrange, [node for node in roomy if node.name in held])
            self._groups(state)
            self._aggregates(state.aggregates)
            self._stand(state.servers)
        self._metadata(state.aggregates)
        self._services(state.nodes)
        at_once(self.providers.arrange, state.nodes)

    def clear(self) -> list[str]:
        """As if nothing had been, but for the traits and the resource class.

        Returns the hosts whose nova-compute must forget what it knows of Placement.
        """
        nodes = [_plain(host) for host in self.hosts]
        self._remove_servers()
        self._services(nodes)
        at_once(self.providers.arrange, nodes)
        for group in self.api.nova("GET", "/os-server-groups")["server_groups"]:
            if group["name"].startswith(PREFIX):
                self.api.nova("DELETE", f"/os-server-groups/{group['id']}")
        self._aggregates(())
        for name in (FLAVOR, _STANDING):
            self._no_flavor(name)
        at_once(lambda image: self.api.glance("DELETE", f"/images/{image}"), self.images.values())
        self.api.nova("DELETE", f"/os-quota-sets/{self.api.project}")
        return self.providers.clear()

    def _remove_servers(self) -> None:
        """All that are called as ours are, whoever left them."""
        self._standing = None
        self.delete(each["id"] for each in self.api.nova("GET", f"/servers?name=%5E{PREFIX}")["servers"])

    def delete(self, ids: Iterable[str]) -> None:
        """Delete servers, and wait until they are gone."""
        going = list(ids)
        for each in going:
            self._gently("DELETE", f"/servers/{each}")
        until("servers are deleted", lambda: not any(self._lives(each) for each in going))

    def _lives(self, server: str) -> bool:
        return self._gently("GET", f"/servers/{server}") is not None

    def _gently(self, method: str, path: str, body: object = None) -> Any:
        """None for what is not there."""
        try:
            return self.api.nova(method, path, body)
        except Refused as no:
            if no.status == 404:
                return None
            raise

    def _groups(self, state: State) -> None:
        """Anew each time: a policy's limit cannot be changed."""
        for group in self.api.nova("GET", "/os-server-groups")["server_groups"]:
            if group["name"].startswith(PREFIX):
                self.api.nova("DELETE", f"/os-server-groups/{group['id']}")
        for each in state.groups:
            rules = {"max_server_per_host": each.max_per_host} if each.max_per_host else {}
            body = {"server_group": {"name": each.name, "policy": each.policy, "rules": rules}}
            self.groups[each.name] = self.api.nova("POST", "/os-server-groups", body)["server_group"]["id"]

    def _aggregates(self, wanted: Iterable[Aggregate]) -> None:
        """Names, zones and hosts. Old ones give their hosts back before new ones take them."""
        named = {each.name: each for each in wanted}
        present = self._present_aggregates()

        def give_back(there: dict[str, Any]) -> None:
            name = there["name"]
            for host in set(there["hosts"]) - (named[name].hosts if name in named else frozenset()):
                self._act(there["id"], {"remove_host": {"host": host}})
            if name not in named:
                self.api.nova("DELETE", f"/os-aggregates/{there['id']}")

        def take(each: Aggregate) -> None:
            there = present.get(each.name)
            id_ = there["id"] if there else self._aggregate(each)
            for host in sorted(each.hosts - set(there["hosts"] if there else ())):
                self._act(id_, {"add_host": {"host": host}})

        at_once(give_back, present.values())
        at_once(take, named.values())

    def _present_aggregates(self) -> dict[str, Any]:
        every = self.api.nova("GET", "/os-aggregates")["aggregates"]
        return {each["name"]: each for each in every if each["name"].startswith(PREFIX)}

    def _aggregate(self, each: Aggregate) -> int:
        body = {"name": each.name, **({"availability_zone": each.zone} if each.zone else {})}
        return int(self.api.nova("POST", "/os-aggregates", {"aggregate": body})["aggregate"]["id"])

    def _act(self, id_: int, action: object) -> None:
        self.api.nova("POST", f"/os-aggregates/{id_}/action", action)

    def _metadata(self, wanted: Iterable[Aggregate]) -> None:
        present = self._present_aggregates()
        for each in wanted:
            there = {k: v for k, v in present[each.name]["metadata"].items() if k != "availability_zone"}
            if there != dict(each.metadata):
                new = {**dict.fromkeys(there, None), **dict(each.metadata)}
                self._act(present[each.name]["id"], {"set_metadata": {"metadata": new}})

    def _stand(self, wanted: tuple[Standing, ...]) -> None:
        """The servers that are there already, each on its host, whatever filters say."""
        self.servers = {}
        for each in wanted:
            body: dict[str, Any] = {
                "server": {
                    "name": each.name,
                    "flavorRef": _STANDING,
                    "imageRef": self.images[IMAGES[0].name],
                    "networks": "none",
                    "availability_zone": f":{each.host}",
                }
            }
            if each.group:
                body["os:scheduler_hints"] = {"group": self.groups[each.group]}
            self.servers[each.name] = self.api.nova("POST", "/servers", body)["server"]["id"]
        until("the standing servers are built", lambda: all(map(self._is_built, self.servers.values())))
        self._standing = wanted

    def _is_built(self, server: str) -> bool:
        told = self.api.nova("GET", f"/servers/{server}")["server"]
        if told["status"] == "ERROR":
            raise LabError(f"{told['name']} cannot be built: {told['fault']['message']}")
        return bool(told["status"] == "ACTIVE")

    def _services(self, wanted: Sequence[Node]) -> None:
        every = self.api.nova("GET", "/os-services?binary=nova-compute")["services"]
        present = {each["host"]: each for each in every}
        for node in wanted:
            there = present[node.name]
            changes: list[dict[str, object]] = []
            if (there["status"] == "disabled") is not node.disabled:
                changes.append({"status": "disabled" if node.disabled else "enabled"})
            if bool(there["forced_down"]) is not node.down:
                changes.append({"forced_down": node.down})
            for body in changes if node.down else reversed(changes):  # who is down hears of nothing else
                self.api.nova("PUT", f"/os-services/{there['id']}", body)


def _plain(host: Host) -> Node:
    """As a host is to begin with."""
    nothing = tuple((name, 0) for name in CLASSES)
    return Node(name=host.name, ratios=_FIRST_RATIOS, reserved=nothing) if host.fake else Node(name=host.name)
