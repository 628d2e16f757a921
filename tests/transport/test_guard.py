"""Nothing but the registered questions can be sent, by any way of asking."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mitate.collect.question import ApiQuestion, HostQuestion, all_sources
from mitate.collect.transport.clouds import open_cloud
from mitate.collect.transport.guard import permit
from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.ssh import Ssh

HOST = next(s.question for s in all_sources().values() if isinstance(s.question, HostQuestion))
API = next(
    s.question for s in all_sources().values() if isinstance(s.question, ApiQuestion) and s.question.service
)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Any]:
    """Live places that lead nowhere: had anything been sent, they would say that nobody is there."""
    auth = {"auth_url": "http://127.0.0.1:1/v3", "username": "u", "password": "p", "user_domain_name": "d"}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"c": {"auth": auth}}}))
    (tmp_path / "ssh_config").write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n")
    return {
        "api": open_cloud("c", tmp_path / "clouds.yaml"),
        "ssh": Ssh(tmp_path / "ssh_config").named(["host"])[0],
        "local": LocalPlace(),
    }


def test_every_registered_question_is_permitted() -> None:
    for source in all_sources().values():
        if not source.question.slots:
            permit(source.question)


CHANGED = [
    msgspec.structs.replace(HOST, script=HOST.script + "\nreboot"),
    msgspec.structs.replace(HOST, limit=HOST.limit + 1),
    msgspec.structs.replace(HOST, name="unheard_of"),
    msgspec.structs.replace(API, path="/servers/1/action"),
    msgspec.structs.replace(API, keep=("adminPass",)),
]


@pytest.mark.parametrize("question", CHANGED, ids=lambda question: str(question.name))
@pytest.mark.parametrize("kind", ["api", "ssh", "local"])
def test_a_changed_question_is_refused_before_anything_leaves(
    places: dict[str, Any], kind: str, question: Any
) -> None:
    with pytest.raises(PermissionError, match="not sent"):
        asyncio.run(places[kind].ask([HOST, question] if kind != "api" else [API, question]))


def test_no_place_takes_anothers_questions(places: dict[str, Any]) -> None:
    for kind, question in (("api", HOST), ("ssh", API), ("local", API)):
        with pytest.raises(PermissionError, match="not sent"):
            asyncio.run(places[kind].ask([question]))
