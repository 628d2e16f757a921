"""Placement's side of a state: inventories, traits, who holds what, and providers below the hosts'."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from tests.oracle.nova.api import Api
from tests.oracle.nova.draw import CLASSES, PREFIX, Node
from tests.oracle.nova.vocabulary import LICENSE, NOBODY, TRAITS

_OURS = uuid.UUID("5f0c3c2e-0000-4000-8000-0000000076a1")
_HUGE = 64.0
"""A ratio under which all can be taken that the one to come would not allow any more."""
_DISABLED = "COMPUTE_STATUS_DISABLED"
_GPU_FROM = 4
"""Providers with so many licenses have a trait of their own as well."""


class Providers:
    """Placement, by host name.

    nova-compute writes its inventory from time to time: it leaves traits, ratios and what others hold as they
    are, and sets back what is reserved. So a state may have to be arranged again.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        found = api.placement("GET", "/resource_providers")["resource_providers"]
        self._ids: dict[str, str] = {each["name"]: each["uuid"] for each in found}

    def alias(self, host: str, provider: str) -> None:
        self._ids[host] = self._ids[provider]

    def prepare(self, hosts: Iterable[str]) -> None:
        """Below each of the hosts there will be a provider, which is only filled and emptied afterwards: a
        nova-compute that still knows one which is gone fails until it looks again (minutes).
        """
        for trait in (NOBODY, *(each for each in TRAITS if each.startswith("CUSTOM_"))):
            self._api.placement("PUT", f"/traits/{trait}")
        self._api.placement("PUT", f"/resource_classes/{LICENSE}")
        for host in hosts:
            if _below(host) not in self._ids:
                body = {"name": _below(host), "parent_provider_uuid": self._ids[host]}
                made = self._api.placement("POST", "/resource_providers", body)
                self._ids[_below(host)] = made["uuid"]

    def clear(self) -> list[str]:
        """Take away the providers below; whose nova-compute must be told to look again."""
        hosts = [host for host in self._ids if _below(host) in self._ids]
        for host in hosts:
            self._api.placement("DELETE", f"/resource_providers/{self._ids.pop(_below(host))}")
        return hosts

    def totals(self, host: str) -> dict[str, int]:
        told = self._api.placement("GET", f"/resource_providers/{self._ids[host]}/inventories")
        return {name: int(told["inventories"][name]["total"]) for name in CLASSES}

    def free(self, host: str) -> dict[str, int]:
        """What a host still has to give, as far as one consumer may have it."""
        self.consume(host, {})
        path = f"/resource_providers/{self._ids[host]}"
        used = self._api.placement("GET", f"{path}/usages")["usages"]
        free = {}
        for name, kept in self._api.placement("GET", f"{path}/inventories")["inventories"].items():
            capacity = int((kept["total"] - kept["reserved"]) * kept["allocation_ratio"])
            free[str(name)] = min(capacity - used.get(name, 0), kept["max_unit"])
        return free

    def arrange(self, node: Node) -> None:
        # nova-compute sets this one itself, and now and then by what it remembers
        disabled = frozenset({_DISABLED}) if node.disabled else frozenset[str]()
        self._traits(self._ids[node.name], node.traits | disabled)
        if self._held(node.name) != dict(node.taken):
            self._inventory(node.name, {name: (_HUGE, 0) for name, _ in node.ratios})
            self.consume(node.name, dict(node.taken))
        reserved = dict(node.reserved)
        self._inventory(node.name, {name: (ratio, reserved.get(name)) for name, ratio in node.ratios})
        self._fill_below(node)

    def _traits(self, provider: str, wanted: frozenset[str]) -> None:
        """Only those that are ours: the others are the compute's own."""
        path = f"/resource_providers/{provider}/traits"
        told = self._api.placement("GET", path)
        new = (set(told["traits"]) - {_DISABLED, *TRAITS}) | wanted
        if new != set(told["traits"]):
            self._api.placement("PUT", path, {**told, "traits": sorted(new)})

    def _inventory(self, host: str, wanted: Mapping[str, tuple[float, int | None]]) -> None:
        """By class: the ratio, and how much is reserved (None: as it is)."""
        path = f"/resource_providers/{self._ids[host]}/inventories"
        told = self._api.placement("GET", path)
        new = {name: dict(kept) for name, kept in told["inventories"].items()}
        for name, (ratio, reserved) in wanted.items():
            new[name]["allocation_ratio"] = ratio
            if reserved is not None:
                new[name]["reserved"] = reserved
        if new != told["inventories"]:
            self._api.placement("PUT", path, {**told, "inventories": new})

    def _held(self, host: str) -> dict[str, int]:
        told = self._api.placement("GET", f"/allocations/{_consumer(host)}")["allocations"]
        return {name: amount for each in told.values() for name, amount in each["resources"].items()}

    def consume(self, host: str, wanted: Mapping[str, int]) -> None:
        """Have a consumer that is no server hold so much of a host, and nothing else."""
        if self._held(host) == dict(wanted):
            return
        told = self._api.placement("GET", f"/allocations/{_consumer(host)}")
        one = {
            "allocations": {self._ids[host]: {"resources": dict(wanted)}} if wanted else {},
            "consumer_generation": told.get("consumer_generation"),
            "project_id": self._api.project,
            "user_id": self._api.project,
        }
        self._api.placement("POST", "/allocations", {_consumer(host): one})

    def _fill_below(self, node: Node) -> None:
        provider = self._ids.get(_below(node.name))
        if provider is None:
            return
        path = f"/resource_providers/{provider}/inventories"
        told = self._api.placement("GET", path)
        if told["inventories"].get(LICENSE, {}).get("total", 0) != node.licenses:
            new = {LICENSE: {"total": node.licenses}} if node.licenses else {}
            self._api.placement("PUT", path, {**told, "inventories": new})
        has_gpu = node.licenses >= _GPU_FROM
        self._traits(provider, frozenset({"CUSTOM_ORACLE_GPU"}) if has_gpu else frozenset())


def _below(host: str) -> str:
    return f"{PREFIX}below-{host}"


def _consumer(host: str) -> str:
    return str(uuid.uuid5(_OURS, host))
