"""A healthy cloud gives no finding, whatever the check; a blind one gives no OK."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.check import Check, all_checks
from mitate.model.diagnosis import State


# a walk needs a cloud whole to the last route: it is held to be quiet on a recorded one (test_path_broken.py)
@pytest.mark.parametrize(
    "check", [check for check in all_checks() if not check.walks], ids=lambda check: str(check.id)
)
def test_quiet(wired: Any, check: Check) -> None:
    outcome = wired.world.run(check)
    assert outcome.state is State.OK, [finding.says for finding in outcome.findings]
