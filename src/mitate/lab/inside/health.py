"""Waits until the cloud's own API calls it healthy. Argument: one JSON object with

`servers` (names), `agents` (type → how many), `services` (binary → how many), `limit` (seconds).

Each line "> …" says what is awaited. At the end, a line of JSON: per server its fixed address and network id.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def lacking(cloud: Any, wanted: dict[str, Any]) -> list[str]:
    """What is not as it should be, in words; empty when all is."""
    found: list[str] = []
    agents = list(cloud.network.agents())
    for kind, count in wanted["agents"].items():
        alive = sum(agent.is_alive for agent in agents if agent.agent_type == kind)
        if alive < count:
            found.append(kind + " " + str(alive) + "/" + str(count))
    found += [agent.agent_type + " on " + agent.host for agent in agents if not agent.is_alive]
    services = list(cloud.compute.services())
    for binary, count in wanted["services"].items():
        up = sum(service.state == "up" for service in services if service.binary == binary)
        if up < count:
            found.append(binary + " " + str(up) + "/" + str(count))
    servers = {server.name: server for server in cloud.compute.servers()}
    for name in wanted["servers"]:
        status = servers[name].status if name in servers else "missing"
        if status != "ACTIVE":
            found.append(name + " " + status)
    if not found:
        down = [
            port for port in cloud.network.ports() if port.status == "DOWN" and port.device_owner != FLOATING
        ]
        found += ["port " + (port.name or port.id[:8]) + " of " + port.device_owner for port in down]
    return found


FLOATING = "network:floatingip"


def main(asked: str) -> None:
    import openstack  # noqa: PLC0415 - known where this runs, not where it is read

    wanted = json.loads(asked)
    deadline = time.monotonic() + wanted["limit"]
    said: list[str] = []
    while True:
        try:
            cloud = openstack.connect(api_timeout=20)  # a service that is starting may never answer
            missing = lacking(cloud, wanted)
        except Exception as error:
            says = str(error).splitlines() or [type(error).__name__]
            missing = ["the API: " + says[0][:100]]
        if not missing:
            break
        if time.monotonic() > deadline:
            sys.exit(
                "Not healthy after " + str(wanted["limit"]) + " s: " + "; ".join(dict.fromkeys(missing)) + "."
            )
        if missing != said:
            print("> " + "; ".join(dict.fromkeys(missing)), flush=True)  # noqa: T201 - it runs on a host
            said = missing
        time.sleep(1)
    where = {}
    for server in cloud.compute.servers():
        port = next(iter(cloud.network.ports(device_id=server.id)))
        where[server.name] = {"address": port.fixed_ips[0]["ip_address"], "network": port.network_id}
    print(json.dumps(where), flush=True)  # noqa: T201 - it runs on a host


if __name__ == "__main__":
    main(*sys.argv[1:])
