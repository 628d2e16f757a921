"""A fake cloud of any number of hosts, by HTTP on the loopback: for errors and sizes that no real one has.

Its answers have the shape of real ones (Zed). Its server ``web1`` is in ERROR and wants more memory than any
host has.
"""

from __future__ import annotations

from typing import Any

from tests.transport.imitation import Imitation, Reply, Route, fixed, reply

SERVER = "bf3c4a35-ef05-4a9b-a579-751e33b56c67"
IMAGE = "70a599e0-31e7-49b7-b260-868f441e862b"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
OFFERS = {"VCPU": 128, "MEMORY_MB": 24_000, "DISK_GB": 200}
TRAITS = ["COMPUTE_NODE", "COMPUTE_DEVICE_TAGGING", "HW_CPU_X86_AVX2", "COMPUTE_VOLUME_ATTACH"]


def uuid(number: int) -> str:
    return f"{number:08x}-1111-4222-8333-444455556666"


class ImitatedCloud(Imitation):
    def __init__(self, hosts: int) -> None:
        super().__init__()
        self.page = 1000
        self.service("compute", "/v2.1")
        self.service("placement")
        self.service("image")
        self.names = [f"compute{i}" for i in range(hosts)]
        self._nova()
        self._placement()
        self.at(f"/v2/images/{IMAGE}", reply({"id": IMAGE, "name": "cirros", "status": "active"}))
        self.at("/v2/images", self._images)

    def all_at(self, service: str, answer: Reply | Route) -> None:
        """Everything that one of the services says."""
        for path in list(self.routes):
            here = path.partition(" ")[2]
            nova, glance = here.startswith("/v2.1"), here.startswith("/v2/")
            if not here.startswith("/v3") and service == (
                "compute" if nova else "image" if glance else "placement"
            ):
                self.at(here, answer)

    def sent(self, *parts: str) -> list[str]:
        """Of what was asked, what has all these in it."""
        return [path for path in self.asked if all(part in path for part in parts)]

    def _nova(self) -> None:
        services = [self._service(i, "nova-compute", name) for i, name in enumerate(self.names)]
        services.append(self._service(90_000, "nova-scheduler", "controller"))
        self.at("/v2.1/os-services", reply({"services": services}))
        self.at("/v2.1/os-hypervisors/detail", self._hypervisors)
        self.at("/v2.1/os-hypervisors", self._hypervisors)
        self.at("/v2.1/os-aggregates", reply({"aggregates": []}))
        small = {"id": "1", "name": "m1.small", "vcpus": 1, "ram": 512, "disk": 1, "extra_specs": {}}
        self.at("/v2.1/flavors/detail", reply({"flavors": [small]}))
        self.at("/v2.1/", reply({"version": {"version": "2.93"}}))
        self.at("/v2.1/servers", reply({"servers": [{"id": SERVER, "name": "web1"}]}))
        self.at("/v2.1/servers/detail", self._servers)
        self.at(f"/v2.1/servers/{SERVER}", reply({"server": self.the_server()}))
        actions = f"/v2.1/servers/{SERVER}/os-instance-actions"
        action = {"action": "create", "request_id": REQUEST, "instance_uuid": SERVER, "message": "Error"}
        self.at(actions, reply({"instanceActions": [action]}))
        event = {"event": "conductor_schedule_and_build_instances", "host": "controller", "result": "Error"}
        self.at(f"{actions}/{REQUEST}", reply({"instanceAction": {**action, "events": [event]}}))

    def the_server(self, **changed: Any) -> dict[str, Any]:
        flavor = {"original_name": "huge", "vcpus": 1, "ram": 999_999, "disk": 1, "ephemeral": 0, "swap": 0}
        return {
            "id": SERVER,
            "name": "web1",
            "tenant_id": "e353aedd7199417182e7c95b0c9a203b",
            "status": "ERROR",
            "created": "2026-11-22T15:32:36Z",
            "image": {"id": IMAGE},
            "OS-EXT-AZ:availability_zone": "",
            "OS-EXT-SRV-ATTR:host": None,
            "flavor": {**flavor, "extra_specs": {}},
            "fault": {"code": 500, "message": "No valid host was found."},
            **changed,
        }

    def _service(self, number: int, binary: str, host: str) -> dict[str, Any]:
        said = {"id": uuid(number), "binary": binary, "host": host, "status": "enabled", "state": "up"}
        return {**said, "zone": "nova" if binary == "nova-compute" else "internal", "forced_down": False}

    def _hypervisors(self, query: dict[str, str], headers: dict[str, str]) -> Reply:
        """So many at a time as Nova's max_limit has it."""
        start = int(query.get("marker", -1)) + 1
        here = [
            {
                "id": str(i),
                "hypervisor_hostname": name,
                "service": {"host": name},
                "hypervisor_type": "QEMU",
                "state": "up",
                "status": "enabled",
            }
            for i, name in enumerate(self.names)
        ][start : start + self.page]
        body: dict[str, Any] = {"hypervisors": here}
        if start + self.page < len(self.names):
            body["hypervisors_links"] = [{"rel": "next", "href": f"x?marker={start + self.page - 1}"}]
        return reply(body)

    def _servers(self, query: dict[str, str], headers: dict[str, str]) -> Reply:
        found = query.get("name", "^web1$") == "^web1$" and "host" not in query
        return reply({"servers": [self.the_server()] if found else []})

    def _images(self, query: dict[str, str], headers: dict[str, str]) -> Reply:
        found = query.get("name", "cirros") == "cirros"
        return reply({"images": [{"id": IMAGE, "name": "cirros", "status": "active"}] if found else []})

    def _placement(self) -> None:
        rows = [
            {"uuid": uuid(i), "name": name, "root_provider_uuid": uuid(i), "parent_provider_uuid": None}
            for i, name in enumerate(self.names)
        ]
        self.at("/resource_providers", reply({"resource_providers": rows}))
        self.at("/allocation_candidates", self._candidates)
        inventories = {
            name: {
                **{"total": total, "reserved": 0, "allocation_ratio": 1.0},
                **{"min_unit": 1, "max_unit": total, "step_size": 1},
            }
            for name, total in OFFERS.items()
        }
        for row in rows:
            path = f"/resource_providers/{row['uuid']}"
            self.at(f"{path}/inventories", reply({"inventories": inventories}))
            self.at(f"{path}/allocations", reply({"allocations": {}}))
            self.at(f"{path}/traits", reply({"traits": TRAITS}))
            self.at(f"{path}/aggregates", reply({"aggregates": []}))

    def _candidates(self, query: dict[str, str], headers: dict[str, str]) -> Reply:
        demands = dict(each.split(":") for each in query["resources"].split(","))
        fits = all(int(amount) <= OFFERS.get(name, 0) for name, amount in demands.items())
        known = range(len(self.names) if fits else 0)[: int(query.get("limit", len(self.names)))]
        resources = {name: {"capacity": total, "used": 0} for name, total in OFFERS.items()}
        summary = {"resources": resources, "traits": TRAITS}
        requests = [{"allocations": {uuid(i): {"resources": demands}}, "mappings": {}} for i in known]
        summaries = {uuid(i): {**summary, "root_provider_uuid": uuid(i)} for i in known}
        return reply({"allocation_requests": requests, "provider_summaries": summaries})


DOWN = fixed((503, "text/html", b"<html>503 Service Unavailable"))
