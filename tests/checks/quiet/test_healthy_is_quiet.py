"""A healthy cloud gives no finding, whatever the check; a blind one gives no OK."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.check import Check, all_checks
from mitate.model.diagnosis import State


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: str(check.id))
def test_quiet(wired: Any, check: Check) -> None:
    outcome = wired.world.run(check)
    assert outcome.state is State.OK, [finding.says for finding in outcome.findings]
