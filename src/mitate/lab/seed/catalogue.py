"""Users, roles and endpoints of the services. Arguments: the password, and the controller's address."""

from __future__ import annotations

import sys
import time
from typing import Any

PORTS = {
    "glance": ("image", ":9292"),
    "placement": ("placement", ":8778"),
    "nova": ("compute", ":8774/v2.1"),
    "neutron": ("network", ":9696"),
}


def connect() -> Any:
    """A connection, once Keystone answers; raises its last error after two minutes."""
    import openstack  # noqa: PLC0415 - known where this runs, not where it is read

    deadline = time.monotonic() + 120
    while True:
        try:
            cloud: Any = openstack.connect()
            list(cloud.identity.projects())
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return cloud


def main(password: str, controller: str) -> None:
    identity = connect().identity
    project = identity.find_project("service") or identity.create_project(name="service", domain_id="default")
    admin = identity.find_role("admin")
    service_role = identity.find_role("service") or identity.create_role(name="service")
    for name, (kind, port) in PORTS.items():
        print("> " + name, flush=True)  # noqa: T201 - it runs on a host
        user = identity.find_user(name) or identity.create_user(
            name=name, password=password, domain_id="default", default_project_id=project.id
        )
        identity.assign_project_role_to_user(project, user, admin)
        identity.assign_project_role_to_user(project, user, service_role)
        service = identity.find_service(name) or identity.create_service(name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            if not list(identity.endpoints(service_id=service.id, interface=interface)):
                identity.create_endpoint(
                    service_id=service.id,
                    interface=interface,
                    url="http://" + controller + port,
                    region_id="RegionOne",
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
