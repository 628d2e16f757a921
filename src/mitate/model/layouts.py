"""How deployments call things: one ``Layout`` per style.

Debian's is proven on a real cloud. The others are written from the deployment projects' own repositories:
DevStack's lib/*, Kolla-Ansible's roles, TripleO's and EDPM's units, the hypervisor snap, OpenStack-Helm's
labels.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mitate.model.host import Container, Process, Unit
from mitate.model.recognise import PROJECTS
from mitate.model.services import BY_NAME


class Layout(msgspec.Struct, frozen=True):
    """A deployment style. In templates, SERVICE is its own name of a service and PROJECT the project's.

    unit, container: what it calls them, "" where it has none. config, logs: directories, first those in use.
    restart: the command a person types at the host. names: its own names where the rule does not hold.
    """

    name: str
    unit: str = "SERVICE"
    container: str = ""
    config: tuple[str, ...] = ("/etc/PROJECT",)
    logs: tuple[str, ...] = ("/var/log/PROJECT",)
    restart: str = "systemctl restart UNIT"
    names: tuple[tuple[str, str], ...] = ()

    def called(self, service: str) -> str:
        """Its own name of a canonical service."""
        return dict(self.names).get(service, service.replace("-", "_") if self.container else service)

    def unit_of(self, service: str) -> str:
        return self.unit.replace("SERVICE", self.called(service))

    def container_of(self, service: str) -> str:
        return self.container.replace("SERVICE", self.called(service))

    def restart_of(self, service: str) -> str:
        """How a person restarts the service at its host."""
        project = project_of(service)
        component = service.removeprefix(f"{project}-")
        return (
            self.restart.replace("UNIT", self.unit_of(service))
            .replace("CONTAINER", self.container_of(service))
            .replace("PROJECT", project)
            .replace("COMPONENT", component)
        )

    def look_again(self, service: str) -> str:
        """How a person sees whether the service runs at its host."""
        if self.restart.startswith("systemctl"):
            return f"systemctl status {self.unit_of(service)}"
        if self.container and not self.restart.startswith("kubectl"):
            return f"{self.restart.split()[0]} ps -a --filter name={self.container_of(service)}"
        return f"ps -ef | grep {service}"

    def directories(self, service: str, which: tuple[str, ...]) -> tuple[str, ...]:
        """``config`` or ``logs`` for that service."""
        return tuple(where.replace("PROJECT", project_of(service)) for where in which)


def project_of(service: str) -> str:
    known = BY_NAME.get(service)
    return known.project if known else service.split("-", 1)[0]


_HTTPD = tuple((name, "httpd") for name in ("keystone", "placement-api", "nova-api", "nova-api-metadata"))
_RDO = tuple(
    (service, f"openstack-{service}")
    for service in BY_NAME
    if service.startswith(("nova-", "glance-", "cinder-", "heat-")) and service not in dict(_HTTPD)
)
_CONTAINERS = (
    ("libvirtd", "nova_libvirt"),
    ("rabbitmq-server", "rabbitmq"),
    ("ovs-vswitchd", "openvswitch_vswitchd"),
    ("ovsdb-server", "openvswitch_db"),
    ("nova-api-metadata", "nova_metadata"),
)
_DEVSTACK = (
    ("nova-api", "n-api"),
    ("nova-api-metadata", "n-api-meta"),
    ("nova-compute", "n-cpu"),
    ("nova-scheduler", "n-sch"),
    ("nova-conductor", "n-cond-cell1"),
    ("nova-novncproxy", "n-novnc-cell1"),
    ("neutron-server", "q-svc"),
    ("neutron-openvswitch-agent", "q-agt"),
    ("neutron-linuxbridge-agent", "q-agt"),
    ("neutron-l3-agent", "q-l3"),
    ("neutron-dhcp-agent", "q-dhcp"),
    ("neutron-metadata-agent", "q-meta"),
    ("neutron-ovn-metadata-agent", "q-ovn-metadata-agent"),
    ("cinder-api", "c-api"),
    ("cinder-scheduler", "c-sch"),
    ("cinder-volume", "c-vol"),
    ("cinder-backup", "c-bak"),
    ("glance-api", "g-api"),
    ("heat-api", "h-api"),
    ("heat-engine", "h-eng"),
    ("octavia-api", "o-api"),
    ("octavia-worker", "o-cw"),
)
_SHARED = ("rabbitmq-server", "mariadb", "memcached", "haproxy", "libvirtd", "ovs-vswitchd", "ovsdb-server")


class _DevStack(Layout, frozen=True):
    """Its own services run under devstack@; what it leans on are the distribution's units."""

    def unit_of(self, service: str) -> str:
        return service if service in _SHARED else super().unit_of(service)


DEBIAN = Layout("Debian")
RDO = Layout(
    "RDO",
    config=("/etc/PROJECT", "/usr/share/PROJECT"),
    logs=("/var/log/PROJECT", "/var/log/httpd"),
    names=_HTTPD + _RDO,
)
DEVSTACK = _DevStack("DevStack", unit="devstack@SERVICE", logs=(), names=_DEVSTACK)
KOLLA = Layout(
    "Kolla",
    unit="kolla-SERVICE-container",
    container="SERVICE",
    config=("/etc/PROJECT", "/etc/kolla"),
    logs=("/var/log/kolla/PROJECT",),
    restart="docker restart CONTAINER",
    names=_CONTAINERS,
)
KOLLA_PODMAN = msgspec.structs.replace(KOLLA, restart="podman restart CONTAINER")
OPENSTACK_ANSIBLE = Layout("OpenStack-Ansible", logs=())
TRIPLEO = Layout(
    "TripleO",
    unit="tripleo_SERVICE",
    container="SERVICE",
    config=("/etc/PROJECT", "/var/lib/config-data/puppet-generated/PROJECT/etc/PROJECT"),
    logs=("/var/log/containers/PROJECT",),
    names=(
        *_CONTAINERS,
        ("neutron-openvswitch-agent", "neutron_ovs_agent"),
        ("neutron-dhcp-agent", "neutron_dhcp"),
        ("neutron-ovn-metadata-agent", "ovn_metadata_agent"),
        ("neutron-server", "neutron_api"),
        ("nova-novncproxy", "nova_vnc_proxy"),
    ),
)
EDPM = msgspec.structs.replace(
    TRIPLEO, name="RHOSO", unit="edpm_SERVICE", config=("/etc/PROJECT", "/var/lib/openstack/PROJECT"), logs=()
)
SUNBEAM = Layout(
    "Sunbeam",
    unit="snap.openstack-hypervisor.SERVICE",
    config=("/var/snap/openstack-hypervisor/common/etc/PROJECT",),
    logs=("/var/snap/openstack-hypervisor/common/log",),
)
KUBERNETES = Layout(
    "Kubernetes",
    unit="",
    container="SERVICE",
    logs=(),
    restart="kubectl -n openstack delete pod -l application=PROJECT,component=COMPONENT",
    names=tuple((service, service) for service in BY_NAME),
)
LAYOUTS = (DEBIAN, RDO, DEVSTACK, KOLLA, KOLLA_PODMAN, OPENSTACK_ANSIBLE, TRIPLEO, EDPM, SUNBEAM, KUBERNETES)


def layout_of(
    units: Iterable[Unit], containers: Iterable[Container], processes: Iterable[Process]
) -> Layout | None:
    """The layout of a host; None when nothing tells it, which is to be treated as unknown, never as fine."""
    unit_names = [unit.name for unit in units]
    boxes = {box.name: box for box in containers}
    running = list(processes)

    def a_unit(*starts: str) -> bool:
        return any(name.startswith(starts) for name in unit_names)

    if a_unit("devstack@"):
        return DEVSTACK
    if a_unit("tripleo_"):
        return TRIPLEO
    if a_unit("edpm_"):
        return EDPM
    if a_unit("snap.openstack-hypervisor.", "snap.microstack."):
        return SUNBEAM
    if any(name.startswith("k8s_") for name in boxes) or any("kubepods" in p.container for p in running):
        return KUBERNETES
    if (
        a_unit("kolla-")
        or any("kolla" in box.image for box in boxes.values())
        or _runs(running, "/kolla/venv/")
    ):
        return KOLLA_PODMAN if any(p.unit.startswith("libpod-") for p in running) else KOLLA
    if _runs(running, "/openstack/venvs/"):
        return OPENSTACK_ANSIBLE
    if a_unit("openstack-nova-", "openstack-glance-", "openstack-cinder-", "openstack-heat-"):
        return RDO
    if a_unit(*(f"{project}-" for project in PROJECTS), "keystone."):
        return DEBIAN
    return None


def _runs(processes: Iterable[Process], path: str) -> bool:
    return any(path in process.command for process in processes)
