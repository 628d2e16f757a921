"""What is lost when a service does not do its work: the clause that tells an operator why it matters."""

from __future__ import annotations

LOSS = {
    "keystone": "nobody can log in, so no API answers with more than an error",
    "glance-api": "no image can be listed or fetched, so no new server starts",
    "placement-api": "the scheduler gets no candidates, so no new server finds a host",
    "nova-api": "no server can be listed, made or changed",
    "nova-api-metadata": "new servers get no metadata (keys, names, user data)",
    "nova-scheduler": "no new server finds a host",
    "nova-conductor": "no server can be made or changed, and computes cannot report",
    "nova-compute": "no server on this host can be made or changed; those that run keep running",
    "nova-novncproxy": "no console opens",
    "neutron-api": "no network, port or floating IP can be listed or changed, and no new server gets a port",
    "neutron-server": "no network, port or floating IP can be changed, and every agent will look dead",
    "neutron-rpc-server": "the API goes on answering, but every agent will look dead, though it runs, "
    "and nothing new gets wired",
    "neutron-periodic-workers": "dead agents are not noticed, and nothing is moved off them",
    "neutron-linuxbridge-agent": "no new port on this host gets wired; what is wired keeps working",
    "neutron-openvswitch-agent": "no new port on this host gets wired; what is wired keeps working",
    "neutron-l3-agent": "no router or floating IP on this host changes any more; what is set up stays",
    "neutron-dhcp-agent": "no new port of its networks gets an address by DHCP",
    "neutron-metadata-agent": "servers behind it get no metadata (keys, names, user data)",
    "neutron-ovn-metadata-agent": "servers on this host get no metadata (keys, names, user data)",
    "cinder-api": "no volume can be listed or changed",
    "cinder-scheduler": "no new volume finds a backend",
    "cinder-volume": "no volume of its backends can be made, attached or removed",
    "heat-api": "no stack can be listed or changed",
    "heat-engine": "no stack makes progress",
    "ovn-controller": "no new port on this host gets wired",
    "ovn-northd": "nothing that Neutron changes reaches the hosts",
    "ovs-vswitchd": "no packet passes the integration bridge of this host",
    "ovsdb-server": "nothing of Open vSwitch on this host can be changed",
    "libvirtd": "no server on this host can be started, stopped or looked at",
    "rabbitmq-server": "no service can call another: agents and computes will look dead, and requests hang",
    "mariadb": "no API can read or write anything",
    "memcached": "tokens and metadata are not cached: logins slow down or fail",
    "haproxy": "the addresses that it holds answer nobody",
}


def loss(service: str) -> str:
    """The clause after a semicolon: "; no new server finds a host", or "" when nothing is known."""
    return f"; {LOSS[service]}" if service in LOSS else ""
