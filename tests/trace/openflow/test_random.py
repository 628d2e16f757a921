"""Random tables and packets: the evaluator and the switch agree. More: ``python -m tests.trace.openflow``."""

from __future__ import annotations

import pytest

from tests.trace.openflow.__main__ import main
from tests.trace.openflow.rig import missing


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_switch_itself_agrees(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    if lacks := missing():
        pytest.skip(lacks)
    failed = main(750, seed)
    assert not failed, capsys.readouterr().out
