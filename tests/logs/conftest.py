"""The cloud of ``cloud.py``, and the answer to its logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mitate.model.log_answer import Answer
from mitate.reading import errors_in
from tests.logs.cloud import Logs

Answers = Callable[..., Answer]


@pytest.fixture
def answered(tmp_path: Path) -> Answers:
    """What ``mitate logs errors`` finds in some logs, beside some of a healthy time."""

    def answer(logs: Logs, baseline: Logs | None = None) -> Answer:
        known = [baseline.write(tmp_path / "before")] if baseline else []
        return errors_in([logs.write(tmp_path / "now")], known)

    return answer
