"""Which service a systemd unit, a container or a command line is, whatever the deployment calls it.

The names are those of DevStack's lib/*, Kolla-Ansible's roles, TripleO's and EDPM's units, the hypervisor
snap, OpenStack-Helm's containers, and the packages of Debian and RDO.
"""

from __future__ import annotations

import re

from mitate.model.services import BY_NAME

_PROJECTS = """
    aodh barbican blazar ceilometer cinder cloudkitty cyborg designate ec2 freezer glance gnocchi heat horizon
    ironic keystone magnum manila masakari mistral murano neutron nova octavia placement sahara senlin swift
    tacker trove vitrage watcher zaqar zun
"""
PROJECTS = tuple(_PROJECTS.split())
"""Whose programs are called PROJECT-something."""

HELPERS = ("dnsmasq", "keepalived", "radvd", "qemu")
"""Programs that work for a service; they are told under these names."""

ALIASES = {
    # WSGI applications, as web servers and uwsgi files call them
    "keystone-public": "keystone",
    "keystone-admin": "keystone",
    "keystone-main": "keystone",
    "keystone-api": "keystone",
    "glance": "glance-api",
    "placement": "placement-api",
    "nova-api-os-compute": "nova-api",
    "nova-metadata": "nova-api-metadata",
    "nova-metadata-api": "nova-api-metadata",
    "cinder": "cinder-api",
    "heat-api-main": "heat-api",
    "neutron": "neutron-api",
    # DevStack
    "n-api": "nova-api",
    "n-api-meta": "nova-api-metadata",
    "n-cpu": "nova-compute",
    "n-sch": "nova-scheduler",
    "n-cond": "nova-conductor",
    "n-super-cond": "nova-conductor",
    "n-novnc": "nova-novncproxy",
    "q-svc": "neutron-server",
    "q-agt": "neutron-openvswitch-agent",
    "q-l3": "neutron-l3-agent",
    "q-dhcp": "neutron-dhcp-agent",
    "q-meta": "neutron-metadata-agent",
    "q-ovn-metadata-agent": "neutron-ovn-metadata-agent",
    "q-ovn-agent": "neutron-ovn-agent",
    "c-api": "cinder-api",
    "c-sch": "cinder-scheduler",
    "c-vol": "cinder-volume",
    "c-bak": "cinder-backup",
    "g-api": "glance-api",
    "h-api": "heat-api",
    "h-eng": "heat-engine",
    "o-api": "octavia-api",
    "o-cw": "octavia-worker",
    # Kolla, TripleO, EDPM, the hypervisor snap, OpenStack-Helm
    "nova-libvirt": "libvirtd",
    "nova-virtqemud": "libvirtd",
    "nova-vnc-proxy": "nova-novncproxy",
    "neutron-ovs-agent": "neutron-openvswitch-agent",
    "neutron-lb-agent": "neutron-linuxbridge-agent",
    "neutron-dhcp": "neutron-dhcp-agent",
    "neutron-l3": "neutron-l3-agent",
    "ovn-metadata-agent": "neutron-ovn-metadata-agent",
    "ovn-agent": "neutron-ovn-agent",
    "openvswitch-vswitchd": "ovs-vswitchd",
    "openvswitch-switch": "ovs-vswitchd",
    "openvswitch-db": "ovsdb-server",
    "openvswitch-db-server": "ovsdb-server",
    "ovn-host": "ovn-controller",
    "ovn-central": "ovn-northd",
    # infrastructure
    "libvirt": "libvirtd",
    "virtqemud": "libvirtd",
    "rabbitmq": "rabbitmq-server",
    "rabbitmq-bundle": "rabbitmq-server",
    "rabbit": "rabbitmq-server",
    "mysql": "mariadb",
    "mysqld": "mariadb",
    "mariadbd": "mariadb",
    "mariadb-server": "mariadb",
    "galera": "mariadb",
    "galera-bundle": "mariadb",
    "haproxy-bundle": "haproxy",
    "qemu-kvm": "qemu",
    "kvm": "qemu",
}


def canonical(name: str) -> str:
    """The canonical service that goes by a name in any layout, "" when it is none that is known here."""
    name = name.replace("_", "-").strip("-")
    name = re.sub(r"(-wsgi|-uwsgi)(-public|-admin)?$|-cell\d+$", "", name)
    name = ALIASES.get(name, name)
    if name in BY_NAME or name in HELPERS:
        return name
    return name if name.partition("-")[0] in PROJECTS and "-" in name else ""


def service_of_unit(unit: str) -> str:
    """The canonical service that a systemd unit runs.

    >>> service_of_unit("openstack-nova-compute.service"), service_of_unit("devstack@q-l3.service")
    ('nova-compute', 'neutron-l3-agent')
    >>> service_of_unit("kolla-nova_compute-container.service"), service_of_unit("cron.service")
    ('nova-compute', '')
    """
    name = unit.removesuffix(".service")
    if re.search(r"\.(socket|timer|slice|scope|mount|target|path)$", name):
        return ""
    for pattern in (
        r"devstack@(.+)",
        r"kolla-(.+)-container",
        r"(?:tripleo|edpm)_(.+)",
        r"snap\.openstack[\w-]*\.(.+)",
        r"openstack-(.+)",
    ):
        if found := re.fullmatch(pattern, name):
            return canonical(found[1])
    return canonical(name)


def service_of_container(name: str) -> str:
    """The canonical service that a container runs: of Kolla, TripleO, OpenStack-Ansible's LXC, Kubernetes.

    >>> service_of_container("nova_compute"), service_of_container("infra1_nova_api_container-1a2b3c4d")
    ('nova-compute', 'nova-api')
    """
    if found := re.fullmatch(r"[\w.-]+?_([a-z][a-z0-9_-]*)_container-[0-9a-f]{8}", name):
        return canonical(found[1])
    if name.startswith("k8s_"):
        name = name.split("_")[1]
    return canonical(re.sub(r"-(podman|docker)-\d+$", "", name))


def service_of_command(command: str) -> str:
    """The canonical service, or helper, that a command line runs.

    >>> service_of_command("/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf")
    'nova-compute'
    >>> service_of_command("neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server)")
    'neutron-rpc-server'
    >>> service_of_command("/usr/bin/uwsgi_python311 --ini /etc/keystone/keystone-uwsgi.ini")
    'keystone'
    >>> service_of_command("(wsgi:placement) -k start"), service_of_command("vi /etc/nova/nova.conf")
    ('placement-api', '')
    """
    title, _, inner = command.partition(" (/")
    if inner and (service := service_of_command(f"/{inner}".rstrip(")"))):
        return service
    words = title.split()
    program = words[0].rpartition("/")[2].strip("():") if words else ""
    rest = words[1:]
    if program.startswith("wsgi:"):
        return _of_wsgi(program.removeprefix("wsgi:"))
    if program.endswith("uWSGI"):
        return canonical(program.removesuffix("uWSGI"))
    if program.startswith(("uwsgi", "uWSGI")):
        return _of_uwsgi(rest)
    if re.match(r"python|(ba|da|)sh$|dumb-init$|tini$", program):
        after = next((word for word in rest if not word.startswith("-")), "")
        program = after.rpartition("/")[2]
        return "" if program in HELPERS else _of_program(program)
    if program == "beam.smp":
        return "rabbitmq-server" if "rabbit" in command else ""
    if program.startswith("qemu-system-"):
        return "qemu"
    return _of_program(program)


def _of_program(name: str) -> str:
    return "" if name.endswith(("-rootwrap", "-rootwrap-daemon")) else canonical(name)


def _of_wsgi(name: str) -> str:
    """The title of a mod_wsgi process is cut at the length of Apache's own command line."""
    name = name.replace("_", "-")
    if (service := canonical(name)) in BY_NAME:
        return service
    return next(
        (canonical(known) for known in (*ALIASES, *BY_NAME) if name and known.startswith(name)), service
    )


def _of_uwsgi(words: list[str]) -> str:
    files = [word.partition("=")[2] or word for word in words if word.endswith(".ini")]
    for file in files:
        name = file.rpartition("/")[2].removesuffix(".ini")
        if service := canonical(re.sub(r"-uwsgi(-public|-admin)?$", "", name)):
            return service
    return ""
