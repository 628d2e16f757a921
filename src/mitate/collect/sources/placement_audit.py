"""What ``nova-manage placement audit`` finds: allocations of consumers that Nova does not know.

>>> from mitate.collect.sources._sample import told
>>> told(placement_audit, "Allocations for consumer UUID 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe on Resource "
...     "Provider 4e8e5957-649f-477b-9e5b-f1f75b21c03c can be deleted: {'resources': {'VCPU': 1}}\\n"
...     "Processed 1 allocation.\\n", "controller")
PlacementAudit provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c \
orphans=(('8fd71303-f915-4cbc-bc8f-70ed05ab1dfe', "{'resources': {'VCPU': 1}}"),)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._manage import script
from mitate.collect.sources._text import lines
from mitate.model.placement import PlacementAudit

ORPHANS = 3
"""Its exit status when it found some."""
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FOUND = re.compile(rf"Allocations for consumer UUID ({_UUID}) on Resource Provider ({_UUID}) [^:]*: (.*)")


@source(
    HostQuestion(
        name="placement_audit",
        script=script("nova-manage --log-file=/dev/null placement audit --verbose", ORPHANS),
        asked="nova-manage placement audit --verbose",
        limit=1_000_000,
        timeout_s=20,
        slow=True,
        costly=True,
    ),
    PlacementAudit,
)
def placement_audit(answer: Answer) -> Iterator[PlacementAudit]:
    orphans: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in lines(answer.text):
        if found := _FOUND.fullmatch(line.strip()):
            orphans[found[2]].append((found[1], found[3][:200]))
    for provider, held in orphans.items():
        yield PlacementAudit(source=answer.source, provider_id=provider, orphans=tuple(held))
