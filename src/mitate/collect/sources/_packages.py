"""awk: ``matters(package)``, whether a package is OpenStack's or one that it leans on."""

from __future__ import annotations

from mitate.model.recognise import PROJECTS

MATTERS = r"""
function matters(p) {
  return p ~ OF_STACK || p ~ OF_PYTHON || p ~ BELOW
}
BEGIN {
  OF_STACK = "^((python3?|openstack)-)?(PROJECTS)(-|$)"
  OF_PYTHON = "^python3?-(oslo|os-|osprofiler|keystone|neutron|openstack|eventlet|greenlet|kombu|" \
    "amqp|sqlalchemy|alembic|pymysql|PyMySQL|libvirt|openvswitch|ovs|webob|paste|routes|requests|" \
    "urllib3|cryptography|taskflow|tooz|pyroute2|netaddr|stevedore)"
  BELOW = "^(libvirt|qemu|openvswitch|ovn|rabbitmq|mariadb-server|mysql-server|galera|uwsgi|dnsmasq|ceph-|" \
    "librbd|librados|linux-image|openssl|libssl|iptables|nftables|conntrack|pacemaker|corosync)|" \
    "^(erlang-base|haproxy|keepalived|memcached|redis-server|apache2|httpd|chrony|ipset|radvd|systemd|" \
    "libc6|" \
    "glibc|kernel|kernel-core|python3|python3[.][0-9]+|sudo|bridge-utils|ebtables)$"
}
""".replace("PROJECTS", "|".join(PROJECTS))
