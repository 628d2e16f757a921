"""A service calls at another broker than whoever answers."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.problems import problems
from mitate.analyze.drift.secrets import brokers
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(ConfigOption, severity=Severity.WARNING)
def transport_url_differs(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """A service calls at another broker, or in another vhost, than the services that answer it.

    What it means
        nova-compute calls a conductor, Neutron's agents call its RPC server. The transport_url of the caller
        has no server in common with that of anybody who could answer, or another vhost: its calls end in
        MessagingTimeout, though the broker itself is well. User and password are not looked at.
    Why it happens
        A broker that was moved or renamed, and a host that was not told; a vhost or a server left out of a
        list; two names for one broker, which is harmless but worth making one.
    Look again
        grep -n transport_url /etc/nova/nova.conf /etc/neutron/neutron.conf
        rabbitmqctl list_vhosts; rabbitmqctl list_connections user vhost peer_host
    Fix
        Give the caller the transport_url of those who answer, and restart it.
    """
    yield from problems(brokers(snapshot))
