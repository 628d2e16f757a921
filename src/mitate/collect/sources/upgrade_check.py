"""What ``nova-status upgrade check`` finds, asked where a scheduler runs.

>>> from mitate.collect.sources._sample import told
>>> told(upgrade_check, '''+------+
... | Upgrade Check Results |
... +------+
... | Check: Cells v2         |
... | Result: Failure         |
... | Details: No host mappings found but there are compute |
... |   nodes.                |
... +------+
... | Check: Policy File JSON |
... | Result: Success         |
... | Details: None           |
... +------+
... ''', "controller")
UpgradeCheck name=Cells v2 result=failure details=No host mappings found but there are compute nodes.
UpgradeCheck name=Policy File JSON result=success
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._manage import script
from mitate.collect.sources._text import lines
from mitate.model.placement import UpgradeCheck

FAILURES = 2
"""Its exit status when a check fails; a warning is 1."""
RESULTS = ("success", "warning", "failure")


@source(
    HostQuestion(
        name="upgrade_check",
        script=script("nova-status upgrade check", FAILURES),
        asked="nova-status upgrade check",
        limit=200_000,
        timeout_s=20,
        slow=True,
        costly=True,
    ),
    UpgradeCheck,
)
def upgrade_check(answer: Answer) -> Iterator[UpgradeCheck]:
    name = result = ""
    details: list[str] = []
    for line in [*lines(answer.text), "+"]:
        said = line.strip().strip("|").strip()
        head, _, rest = said.partition(": ")
        if line.startswith("+"):
            if name:
                told = " ".join(details)
                yield UpgradeCheck(
                    source=answer.source, name=name, result=result, details="" if told == "None" else told
                )
            name, result, details = "", "", []
        elif head == "Check":
            name = rest
        elif head == "Result" and name:
            result = rest.lower()
            if result not in RESULTS:
                raise ValueError(f"no result of a check: {rest[:40]}")
        elif name:
            details.append(rest if head == "Details" else said)
