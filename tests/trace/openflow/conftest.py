"""One real ovs-vswitchd for all tests of a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trace.openflow.rig import Rig, missing, rig


@pytest.fixture(scope="module")
def vswitchd() -> Iterator[Rig]:
    if lacks := missing():
        pytest.skip(lacks)
    with tempfile.TemporaryDirectory(prefix="ovst-") as where, rig(Path(where)) as made:
        yield made
