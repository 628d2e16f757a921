from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.image_store_unsupported import image_store_unsupported
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption


def configured(world: Any, *options: tuple[str, str, str]) -> None:
    for section, name, value in options:
        said = {"service": "glance-api", "file": "/etc/glance/glance-api.conf"}
        world.add(ConfigOption, "controller", section=section, name=name, value=value, **said)


@pytest.mark.parametrize(
    "options",
    [
        [("glance_store", "default_store", "fiel")],
        [("glance_store", "stores", "file,http"), ("glance_store", "default_store", "rbd")],
        [("DEFAULT", "enabled_backends", "fast:rbd,slow:gluster")],
        [("DEFAULT", "enabled_backends", "fast:rbd"), ("glance_store", "default_backend", "slow")],
    ],
)
def test_problem(world: Any, options: list[tuple[str, str, str]]) -> None:
    configured(world, *options)
    assert world.only(image_store_unsupported).subject.kind == "config"


@pytest.mark.parametrize(
    "options",
    [
        [],
        [("glance_store", "default_store", "file"), ("glance_store", "stores", "file,http")],
        [("glance_store", "default_store", "file"), ("glance_store", "stores", "filesystem")],
        [("glance_store", "default_store", "rbd"), ("glance_store", "stores", "glance.store.rbd.Store")],
        [("DEFAULT", "enabled_backends", "fast:rbd, slow:file"), ("glance_store", "default_backend", "slow")],
    ],
)
def test_ok(world: Any, options: list[tuple[str, str, str]]) -> None:
    configured(world, *options)
    assert world.state(image_store_unsupported) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", ConfigOption)
    assert world.state(image_store_unsupported) is State.UNKNOWN
