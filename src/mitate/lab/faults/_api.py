"""What the cloud's own API says of itself, and waits for it to say so.

Everything is asked on the operator's host, as an operator would.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mitate.lab.errors import LabError

if TYPE_CHECKING:
    from mitate.lab import Lab

DEAD_S = 60
"""Seconds that an agent may take until it counts as dead. It is some ten; a busy machine takes longer."""

HEALTHY_S = 180
"""Seconds that the cloud may take until it is healthy again after a fault was put right."""

_REPORTS = """
import json
rows = {a.binary + "@" + a.host: a.is_alive for a in conn.network.agents()}
rows.update({s.binary + "@" + s.host: s.state == "up" for s in conn.compute.services()})
print(json.dumps(rows))
"""

_LACKING = """
import json

def fresh(heartbeat):
    return str(heartbeat)[:19].replace("T", " ") > SINCE

def lacking():
    for a in conn.network.agents():
        if not a.is_alive or not fresh(a.last_heartbeat_at):
            yield f"{a.agent_type} on {a.host} was last heard of at {a.last_heartbeat_at}"
    for s in conn.compute.services():
        if s.state != "up" or s.status != "enabled" or not fresh(s.updated_at):
            yield f"{s.binary} on {s.host} is {s.state} and {s.status}, last heard of at {s.updated_at}"
    list(conn.image.images())
    list(conn.placement.resource_providers())
    for s in conn.compute.servers(all_projects=True):
        if s.status != "ACTIVE" or s.task_state:
            yield f"server {s.name} is {s.status} ({s.task_state or 'no task'})"
    for p in conn.network.ports():
        if p.status == "DOWN" and p.device_owner != "network:floatingip":
            yield f"port {p.id} ({p.device_owner}) is down"

try:
    found = list(lacking())
except Exception as error:
    found = [f"the API does not answer: {error}"]
print(json.dumps(found))
"""


def ask(lab: Lab, code: str, *, timeout: float = 120) -> Any:
    """Run Python where `conn` is an administrator's connection; its last line of output is JSON."""
    lines = lab.python(code, timeout=timeout).strip().splitlines()
    return json.loads(lines[-1]) if lines else None


def reports(lab: Lab) -> dict[str, bool]:
    """Whether the cloud hears from each agent and compute service, by BINARY@HOST."""
    heard: dict[str, bool] = ask(lab, _REPORTS)
    return heard


def wait_dead(lab: Lab, *names: str) -> None:
    """Wait until the cloud counts these (BINARY@HOST) as dead."""

    def dead() -> bool:
        heard = reports(lab)
        return not any(heard.get(name, False) for name in names)

    lab.wait(
        f"{', '.join(names)} to count as dead",
        dead,
        DEAD_S,
        lambda: "Heard from: " + ", ".join(name for name, up in reports(lab).items() if up),
    )


def wait_healthy(lab: Lab) -> None:
    """Wait until every agent reports, every service is up and enabled, every server ACTIVE, every port up.

    A report counts from now on: what was stopped a moment ago is not yet dead to the cloud. While another
    fault is in force the cloud cannot be healthy: whoever mends the last one waits.
    """
    if len(lab.broken()) > 1:
        return
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())

    def lacking() -> list[str]:
        try:
            return [str(item) for item in ask(lab, f"SINCE = {since!r}\n{_LACKING}")]
        except LabError as error:  # Keystone itself may not answer yet
            return [str(error)]

    lab.wait("the cloud to be healthy", lambda: not lacking(), HEALTHY_S, lambda: "\n".join(lacking()))


def delete_servers(lab: Lab, *names: str) -> None:
    """Delete the servers of these names, and wait until they are gone."""
    code = f"""
import time
names = {list(names)!r}
def there():
    return [s for s in conn.compute.servers(all_projects=True) if s.name in names]
for server in there():
    conn.compute.delete_server(server.id, force=False)
deadline = time.monotonic() + 60
while there():
    if time.monotonic() > deadline:
        raise SystemExit("still there: " + ", ".join(s.name for s in there()))
    time.sleep(0.5)
"""
    lab.python(code)


def create_server(lab: Lab, name: str, *, until: Sequence[str], **wanted: str) -> None:
    """Create a server on the network `private` and wait until its status is one of `until`.

    wanted: `flavor` and `image` by name, and further fields of Nova's request (`availability_zone`,
    `user_data`) as they are.
    """
    body = {"flavor": "m1.lab", "image": "lab", **wanted}
    flavor, image = body.pop("flavor"), body.pop("image")
    code = f"""
import time
server = conn.compute.create_server(
    name={name!r},
    flavor_id=conn.compute.find_flavor({flavor!r}, ignore_missing=False).id,
    image_id=conn.image.find_image({image!r}, ignore_missing=False).id,
    networks=[{{"uuid": conn.network.find_network("private", ignore_missing=False).id}}],
    security_groups=[{{"name": "lab-sg"}}],
    **{body!r},
)
deadline = time.monotonic() + 90
while (status := conn.compute.get_server(server.id).status) not in {tuple(until)!r}:
    if status == "ERROR" or time.monotonic() > deadline:
        raise SystemExit(f"server {name} is {{status}}")
    time.sleep(0.5)
"""
    lab.python(code, timeout=150)
