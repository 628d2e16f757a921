"""What a user does with a cloud, step by step, through its API: run on the operator's host, by its own
Python.

Each line of standard input is the name of a run: the work is done once, and a JSON object is the answer,
with each step's outcome and seconds. A step that needs what an earlier one could not make is left out;
whatever happens, all that was made is deleted, if it can be. A ping is asked of whoever started this (a line
`> ADDRESS`; the next line of standard input says `yes` or `no`), since it must come from the other side of
the router.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

LIMITS = {"boot": 45.0, "reboot": 40.0, "snapshot": 40.0, "delete server": 30.0}
_STEP_S = 30.0
_POLL_S = 0.8
API_S = 30
"""How long one answer of an API is waited for."""


class Failed(Exception):
    """A step did not come to what it should."""


class Work:
    """One run. made: what there is to clear away. steps: what came of each."""

    def __init__(self, cloud: Any, name: str) -> None:
        self.cloud, self.name = cloud, name
        self.made: dict[str, Any] = {}
        self.steps: list[dict[str, Any]] = []

    def step(self, name: str, do: Callable[[], Any], *needs: str) -> None:
        if not all(need in self.made for need in needs):
            self.steps.append({"step": name, "state": "left out", "seconds": 0.0, "says": ""})
            return
        began = time.monotonic()
        state, says = "done", ""
        try:
            made = do()
            if made is not None:
                self.made[name] = made
        except Exception as error:
            state, says = "failed", f"{type(error).__name__}: {error}"[:300]
        seconds = round(time.monotonic() - began, 2)
        self.steps.append({"step": name, "state": state, "seconds": seconds, "says": says})

    def until(self, name: str, done: Callable[[], bool]) -> None:
        limit = LIMITS.get(name, _STEP_S)
        deadline = time.monotonic() + limit
        while not done():
            if time.monotonic() > deadline:
                raise Failed(f"not within {limit:g} s")
            time.sleep(_POLL_S)

    # -- the steps --------------------------------------------------------------------------------------

    def network(self) -> Any:
        return self.cloud.network.create_network(name=self.name)

    def subnet(self) -> Any:
        made = self.made["network"]
        return self.cloud.network.create_subnet(
            name=self.name, network_id=made.id, ip_version=4, cidr="10.20.0.0/24"
        )

    def router(self) -> Any:
        return self.cloud.network.create_router(name=self.name)

    def image(self) -> Any:
        made = self.cloud.image.create_image(
            name=self.name, data=bytes(200_000), disk_format="raw", container_format="bare"
        )
        self.made["image"] = made
        self.until("image", lambda: self.cloud.image.get_image(made.id).status == "active")
        if len(self.cloud.image.download_image(made.id).content) != 200_000:
            raise Failed("another image came back")
        return made

    def boot(self) -> Any:
        compute = self.cloud.compute
        made = compute.create_server(
            name=self.name,
            flavor_id=compute.find_flavor("m1.lab", ignore_missing=False).id,
            image_id=self.cloud.image.find_image("lab", ignore_missing=False).id,
            networks=[{"uuid": self.cloud.network.find_network("private", ignore_missing=False).id}],
            security_groups=[{"name": "lab-sg"}],
        )
        self.made["server"] = made
        self.until("boot", lambda: self._is_active(made))
        return made

    def _is_active(self, server: Any) -> bool:
        seen = self.cloud.compute.get_server(server.id)
        if seen.status == "ERROR":
            raise Failed(f"server is in ERROR: {(getattr(seen, 'fault', None) or {}).get('message')}")
        return seen.status == "ACTIVE" and not seen.task_state

    def floating(self) -> Any:
        network = self.cloud.network
        public = network.find_network("public", ignore_missing=False)
        port = next(iter(network.ports(device_id=self.made["server"].id)), None)
        if port is None:
            raise Failed("the server has no port")
        made = network.create_ip(floating_network_id=public.id, port_id=port.id, description=self.name)
        self.made["floating"] = made
        self.until("floating", lambda: network.get_ip(made.id).status == "ACTIVE")
        return made

    def ping(self) -> None:
        print(f"> {self.made['floating'].floating_ip_address}", flush=True)
        if sys.stdin.readline().strip() != "yes":
            raise Failed("no answer to a ping")

    def reboot(self) -> None:
        server = self.made["server"]
        self.cloud.compute.reboot_server(server.id, "HARD")
        self.until("reboot", lambda: self._is_active(server))
        actions = self.cloud.compute.get(f"/servers/{server.id}/os-instance-actions").json()[
            "instanceActions"
        ]
        if any(action["action"] == "reboot" and action["message"] for action in actions):
            raise Failed("the server was not rebooted")

    def snapshot(self) -> Any:
        made = self.cloud.compute.create_server_image(self.made["server"].id, name=f"{self.name}-snapshot")
        self.made["snapshot"] = made

        def done() -> bool:
            found = self.cloud.image.find_image(made.id)
            if found is None or found.status in ("killed", "deleted"):
                raise Failed("the snapshot went away")
            return bool(found.status == "active")

        self.until("snapshot", done)
        self.until("snapshot", lambda: self._is_active(self.made["server"]))
        return made

    def delete_server(self) -> None:
        compute, server = self.cloud.compute, self.made["server"]
        compute.delete_server(server.id)
        self.until("delete server", lambda: not [s for s in compute.servers() if s.id == server.id])

    def clear_network(self) -> None:
        network, made = self.cloud.network, self.made
        if "floating" in made:
            network.delete_ip(made["floating"].id, ignore_missing=False)
        if "router" in made:
            network.delete_router(made["router"].id, ignore_missing=False)
        network.delete_network(made["network"].id, ignore_missing=False)

    def clear_images(self) -> None:
        for name in ("image", "snapshot"):
            if name in self.made:
                self.cloud.image.delete_image(self.made[name].id, ignore_missing=False)

    def run(self) -> dict[str, Any]:
        self.step("network", self.network)
        self.step("subnet", self.subnet, "network")
        self.step("router", self.router)
        self.step("image", self.image)
        self.step("boot", self.boot)
        self.step("floating", self.floating, "boot")
        self.step("ping", self.ping, "floating")
        self.step("reboot", self.reboot, "boot")
        self.step("snapshot", self.snapshot, "boot")
        self.step("delete server", self.delete_server, "server")
        self.step("clear network", self.clear_network, "network")
        self.step("clear images", self.clear_images, "image")
        return {"run": self.name, "steps": self.steps}


def clear(cloud: Any, name: str) -> list[str]:
    """Delete what runs have left; what could not be is told."""
    left: list[str] = []

    def attempt(do: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        try:
            do(*arguments, **named)
        except Exception as error:
            left.append(f"{type(error).__name__}: {error}"[:200])

    def mine(found: Any) -> list[Any]:
        return [each for each in found if str(each.name).startswith(name)]

    network, compute = cloud.network, cloud.compute
    for address in network.ips():
        if str(address.description).startswith(name):
            attempt(network.delete_ip, address.id)
    for server in mine(compute.servers()):
        attempt(compute.delete_server, server.id)
    deadline = time.monotonic() + 30
    while mine(compute.servers()) and time.monotonic() < deadline:
        time.sleep(0.5)
    left += [f"server {server.name} is {server.status}" for server in mine(compute.servers())]
    for router in mine(network.routers()):
        attempt(network.delete_router, router.id)
    for net in mine(network.networks()):
        for port in network.ports(network_id=net.id):
            if not port.device_owner.startswith("network:"):
                attempt(network.delete_port, port.id)
        attempt(network.delete_network, net.id)
    for image in mine(cloud.image.images()):
        attempt(cloud.image.delete_image, image.id)
    return left


def main() -> None:
    import openstack  # noqa: PLC0415 - known where this runs, not where it is read

    for line in iter(sys.stdin.readline, ""):
        verb, _, name = line.strip().partition(" ")
        # a new connection each time: as a user comes, with no token, and without what an earlier run has
        # cached
        cloud = openstack.connect(api_timeout=API_S)
        try:
            answer = {"left": clear(cloud, name)} if verb == "clear" else Work(cloud, name).run()
        except Exception as error:  # not even a token
            answer = {"run": name, "steps": [], "left": [f"{type(error).__name__}: {error}"[:300]]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
