"""What deployments call their things.

Debian's names are those of a real cloud. All others are written from documentation: the deployment projects'
own repositories as the research on host layouts lists them, not from machines.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mitate.model.host import Container, Process, Unit
from mitate.model.layouts import LAYOUTS, layout_of
from mitate.model.recognise import canonical, service_of_command, service_of_container, service_of_unit
from mitate.model.services import SERVICES
from mitate.model.source import Source

SOURCE = Source("h", "x", datetime(2026, 11, 22, tzinfo=UTC))

UNITS = {
    # Debian
    "nova-compute.service": "nova-compute",
    "neutron-rpc-server.service": "neutron-rpc-server",
    "neutron-linuxbridge-agent.service": "neutron-linuxbridge-agent",
    "keystone.service": "keystone",
    "placement-api.service": "placement-api",
    "openvswitch-switch.service": "ovs-vswitchd",
    "mariadb.service": "mariadb",
    "rabbitmq-server.service": "rabbitmq-server",
    # RDO
    "openstack-nova-compute.service": "nova-compute",
    "openstack-cinder-volume.service": "cinder-volume",
    "httpd.service": "",
    # DevStack
    "devstack@n-cpu.service": "nova-compute",
    "devstack@n-cond-cell1.service": "nova-conductor",
    "devstack@q-agt.service": "neutron-openvswitch-agent",
    "devstack@neutron-rpc-server.service": "neutron-rpc-server",
    "devstack@placement-api.service": "placement-api",
    "devstack@etcd.service": "",
    # Kolla, TripleO, RHOSO, Sunbeam
    "kolla-nova_compute-container.service": "nova-compute",
    "kolla-neutron_openvswitch_agent-container.service": "neutron-openvswitch-agent",
    "tripleo_nova_compute.service": "nova-compute",
    "tripleo_neutron_ovs_agent.service": "neutron-openvswitch-agent",
    "edpm_nova_compute.service": "nova-compute",
    "edpm_ovn_metadata_agent.service": "neutron-ovn-metadata-agent",
    "snap.openstack-hypervisor.nova-compute.service": "nova-compute",
    "snap.openstack-hypervisor.ovs-vswitchd.service": "ovs-vswitchd",
    # none of them
    "cron.service": "",
    "libvirtd.socket": "",
    "virtlogd.service": "",
    "user@0.service": "",
}
CONTAINERS = {
    "nova_compute": "nova-compute",
    "neutron_l3_agent": "neutron-l3-agent",
    "nova_libvirt": "libvirtd",
    "rabbitmq": "rabbitmq-server",
    "galera-bundle-podman-0": "mariadb",
    "openvswitch_vswitchd": "ovs-vswitchd",
    "infra1_nova_api_container-1a2b3c4d": "nova-api",
    "infra1_galera_container-1a2b3c4d": "mariadb",
    "k8s_nova-compute_nova-compute-default-x7k2p_openstack_0f-1_0": "nova-compute",
    "fluentd": "",
}
COMMANDS = {
    "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf": "nova-compute",
    "neutron-l3-agent (/usr/bin/python3 /usr/bin/neutron-l3-agent --config-file=/x)": "neutron-l3-agent",
    "neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server --x)": "neutron-rpc-server",
    "/usr/bin/uwsgi_python311 --http-socket :8774 --ini /etc/nova/nova-api-uwsgi.ini": "nova-api",
    "/usr/bin/uwsgi_python311 --ini /etc/nova/nova-api-metadata-uwsgi.ini": "nova-api-metadata",
    "/usr/bin/uwsgi_python311 --ini /etc/placement/placement-api-uwsgi.ini": "placement-api",
    "/usr/bin/uwsgi_python311 --ini /etc/keystone/keystone-uwsgi.ini": "keystone",
    "/usr/bin/uwsgi_python311 --ini /etc/neutron/neutron-api-uwsgi.ini --pyargv --x=/y.conf": "neutron-api",
    "/opt/stack/data/venv/bin/uwsgi --ini /etc/keystone/keystone-uwsgi-public.ini": "keystone",
    "/opt/stack/data/venv/bin/uwsgi --ini /etc/glance/glance-uwsgi.ini": "glance-api",
    "nova-apiuWSGI worker 1": "nova-api",
    "/openstack/venvs/uwsgi-30.0.0/bin/uwsgi --ini /etc/uwsgi/nova-api-os-compute.ini": "nova-api",
    "/openstack/venvs/nova-30.0.0/bin/python3 /openstack/venvs/nova-30.0.0/bin/nova-compute": "nova-compute",
    "(wsgi:keystone-pu -k start": "keystone",
    "(wsgi:keystone-public) -k start": "keystone",
    "(wsgi:nova_api_wsgi) -DFOREGROUND": "nova-api",
    "/var/lib/kolla/venv/bin/python3 /var/lib/kolla/venv/bin/nova-conductor": "nova-conductor",
    "/snap/openstack-hypervisor/93/bin/python3 /snap/x/93/bin/nova-compute": "nova-compute",
    "/usr/lib/erlang/erts-13.1.5/bin/beam.smp -home /var/lib/rabbitmq": "rabbitmq-server",
    "/usr/lib/erlang/erts-13.1.5/bin/beam.smp -home /var/lib/ejabberd": "",
    "/usr/sbin/mariadbd": "mariadb",
    "/usr/libexec/mysqld --basedir=/usr": "mariadb",
    "/usr/sbin/libvirtd --timeout 120": "libvirtd",
    "/usr/sbin/virtqemud --timeout 120": "libvirtd",
    "dnsmasq --no-hosts --pid-file=/var/lib/neutron/dhcp/x/pid": "dnsmasq",
    "haproxy -f /var/lib/neutron/ns-metadata-proxy/x.conf": "haproxy",
    "/usr/bin/qemu-system-x86_64 -name guest=instance-00000001": "qemu",
    "/usr/libexec/qemu-kvm -name guest=instance-00000001": "qemu",
    "/usr/bin/python3 /usr/bin/neutron-rootwrap-daemon /etc/neutron/rootwrap.conf": "",
    "/usr/bin/python3 /bin/privsep-helper --config-file /etc/neutron/neutron.conf": "",
    "vi /etc/nova/nova-compute": "",
    "tail -f /var/log/nova/nova-compute.log": "",
    "": "",
    "(": "",
}


@pytest.mark.parametrize(("name", "service"), UNITS.items())
def test_units(name: str, service: str) -> None:
    assert service_of_unit(name) == service


@pytest.mark.parametrize(("name", "service"), CONTAINERS.items())
def test_containers(name: str, service: str) -> None:
    assert service_of_container(name) == service


@pytest.mark.parametrize(("command", "service"), COMMANDS.items())
def test_commands(command: str, service: str) -> None:
    assert service_of_command(command) == service


def test_every_service_is_its_own_canonical_name() -> None:
    for service in SERVICES:
        assert canonical(service.name) == service.name
        assert canonical(service.name.replace("-", "_")) == service.name


def unit(name: str) -> Unit:
    return Unit(source=SOURCE, name=name, load="loaded", active="active", sub="running")


def process(command: str, container: str = "") -> Process:
    return Process(source=SOURCE, pid=1, ppid=0, state="S", command=command, container=container)


def box(name: str, image: str = "") -> Container:
    return Container(source=SOURCE, name=name, image=image, state="running")


HOSTS = {
    "Debian": ([unit("nova-compute.service"), unit("neutron-linuxbridge-agent.service")], [], []),
    "RDO": ([unit("openstack-nova-compute.service"), unit("neutron-l3-agent.service")], [], []),
    "DevStack": ([unit("devstack@n-cpu.service"), unit("mariadb.service")], [], []),
    "Kolla": ([unit("docker.service")], [box("nova_compute", "kolla/nova-compute:1")], []),
    "TripleO": ([unit("tripleo_nova_compute.service")], [box("nova_compute", "rhosp/nova-compute")], []),
    "RHOSO": ([unit("edpm_nova_compute.service")], [box("nova_compute")], []),
    "Sunbeam": ([unit("snap.openstack-hypervisor.nova-compute.service")], [], []),
    "OpenStack-Ansible": (
        [unit("nova-compute.service")],
        [],
        [process("/openstack/venvs/nova-30.0.0/bin/python3 /openstack/venvs/nova-30.0.0/bin/nova-compute")],
    ),
    "Kubernetes": ([unit("containerd.service")], [], [process("nova-compute", "kubepods/0123456789ab")]),
    None: ([unit("mariadb.service"), unit("cron.service")], [], [process("/usr/sbin/mariadbd")]),
}


@pytest.mark.parametrize("name", HOSTS)
def test_layout_of(name: str | None) -> None:
    found = layout_of(*HOSTS[name])
    assert (found.name if found else None) == name


def test_podman_is_restarted_by_podman() -> None:
    running = process("/var/lib/kolla/venv/bin/python3 /var/lib/kolla/venv/bin/nova-compute", "nova_compute")
    found = layout_of([], [], [running])
    assert found
    assert found.restart_of("nova-compute") == "docker restart nova_compute"


@pytest.mark.parametrize(
    ("layout", "command"),
    [
        ("Debian", "systemctl restart nova-compute"),
        ("RDO", "systemctl restart openstack-nova-compute"),
        ("DevStack", "systemctl restart devstack@n-cpu"),
        ("Kolla", "docker restart nova_compute"),
        ("TripleO", "systemctl restart tripleo_nova_compute"),
        ("RHOSO", "systemctl restart edpm_nova_compute"),
        ("Sunbeam", "systemctl restart snap.openstack-hypervisor.nova-compute"),
        ("OpenStack-Ansible", "systemctl restart nova-compute"),
        ("Kubernetes", "kubectl -n openstack delete pod -l application=nova,component=compute"),
    ],
)
def test_how_it_is_restarted(layout: str, command: str) -> None:
    found = next(each for each in LAYOUTS if each.name == layout)
    assert found.restart_of("nova-compute") == command


def test_what_a_layout_calls_a_service_is_recognised_again() -> None:
    ambiguous = {"httpd", "devstack@q-agt", "tripleo_neutron_api", "edpm_neutron_api"}
    for layout in LAYOUTS:
        for service in SERVICES:
            called = layout.unit_of(service.name)
            if layout.unit and called not in ambiguous:
                assert service_of_unit(called) == service.name, (layout.name, called)
            if layout.container and called not in ambiguous:
                assert service_of_container(layout.container_of(service.name)) == service.name, layout.name
