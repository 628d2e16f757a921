"""The servers on each hypervisor.

>>> from mitate.collect.sources._sample import told
>>> told(hosted_servers, '''[{"hypervisor_hostname": "compute1",
...     "servers": [{"uuid": "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"}]},
...     {"hypervisor_hostname": "compute2"}]''', "api")
HostedServers hypervisor=compute1 servers=('8fd71303-f915-4cbc-bc8f-70ed05ab1dfe',)
HostedServers hypervisor=compute2
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.placement import HostedServers


@source(
    ApiQuestion(
        name="hosted_servers",
        on_demand=True,
        limit=64_000_000,
        service="compute",
        path="/os-hypervisors?with_servers=True",
        key="hypervisors",
        microversion="2.53",
        keep=("hypervisor_hostname", "servers.uuid"),
    ),
    HostedServers,
)
def hosted_servers(answer: Answer) -> Iterator[HostedServers]:
    for row in records(answer.text):
        yield HostedServers(
            source=answer.source,
            hypervisor=row.must("hypervisor_hostname"),
            servers=tuple(server.text("uuid") for server in row.rows("servers")),
        )
