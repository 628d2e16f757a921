"""Nova's answers written down, so that the quick tests need no Nova:

    python -m tests.placement.filters.record     (root, with the base of a practice cloud)

Of each filter some cases of every answer. A case is kept as what differs from the plain one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.placement.filters.base import base, nova_says
from tests.placement.filters.cases import REAL, Case, draw

RECORDED = Path(__file__).with_name("recorded")
DRAWN, KEPT, SEED = 200, 5, 26
PLAIN = RECORDED / "plain.json"


def differs(case: Any, plain: Any) -> Any:
    """What of a case is not as in the plain one; nested objects likewise."""
    if not isinstance(case, dict) or not isinstance(plain, dict):
        return case
    return {key: differs(value, plain.get(key)) for key, value in case.items() if value != plain.get(key)}


def whole(kept: Any, plain: Any) -> Any:
    """The case again."""
    if not isinstance(kept, dict) or not isinstance(plain, dict):
        return kept
    return plain | {key: whole(value, plain.get(key)) for key, value in kept.items()}


def main() -> None:
    root = base()
    if root is None:
        raise SystemExit("needs root, and the base of a practice cloud")
    plain = draw("AllHostsFilter", SEED, 0)
    RECORDED.mkdir(exist_ok=True)
    PLAIN.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    drawn = [draw(name, SEED, number) for name in REAL for number in range(DRAWN)]
    kept: dict[str, dict[str, list[Case]]] = {name: defaultdict(list) for name in REAL}
    for case, word in zip(drawn, nova_says(root, drawn), strict=True):
        answer, same = word.split()[0], kept[case["filter"]]
        if answer != "invalid" and len(same[answer]) < KEPT:
            same[answer].append({"nova": answer, "case": differs(case, plain)})
    for name, answers in kept.items():
        lines = [json.dumps(each) for answer in sorted(answers) for each in answers[answer]]
        text = "[\n" + ",\n".join(lines) + "\n]\n"
        (RECORDED / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
