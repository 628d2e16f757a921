"""The ports of one server.

>>> from mitate.collect.sources._sample import told
>>> told(server_ports, '''[{"id": "25052e81-81e1-49b0-925d-0319cce191ab", "network_id": "79c6eed6",
...     "mac_address": "fa:16:3e:95:26:75", "admin_state_up": true, "status": "ACTIVE",
...     "device_id": "9d0c23f7-869e-4c54-ba88-10f2ffe09a69", "binding:host_id": "compute2"}]''', "api")
Port id=25052e81-81e1-49b0-925d-0319cce191ab network_id=79c6eed6 mac=fa:16:3e:95:26:75 status=ACTIVE \
admin_up=True device_id=9d0c23f7-869e-4c54-ba88-10f2ffe09a69 host=compute2
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources.ports import ports
from mitate.model.cloud import Port

assert isinstance(ports.question, ApiQuestion)


@source(
    msgspec.structs.replace(
        ports.question,
        name="server_ports",
        slots=(("server", "uuid"),),
        path="/ports?device_id={server}",
        limit=1_000_000,
    ),
    Port,
)
def server_ports(answer: Answer) -> Iterator[Port]:
    yield from ports.parse(answer)  # type: ignore[misc] # it tells of ports only
