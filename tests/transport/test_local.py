"""This machine by the same script; without root, with a sudo that is imitated."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Answer
from mitate.collect.transport.local import LocalPlace
from mitate.model.errors import CannotSee


@pytest.fixture(autouse=True)
def sudo(program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    programs = program("sudo", 'shift; exec "$@"')
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def test_this_machine_answers(registry: Any) -> None:
    registry.host("who", "uname -n")
    registry.host("big", f"# {'x' * 200_000}\necho big", limit=10)
    place = LocalPlace("localhost")
    told = asyncio.run(place.ask([registry.questions[0]]))
    who = told["who"]
    assert isinstance(who, Answer)
    assert (who.host, who.text, place.hostname) == (
        "localhost",
        f"{os.uname().nodename}\n",
        os.uname().nodename,
    )
    assert place.contact
    assert place.contact.reached


def test_a_hang_is_given_up(registry: Any) -> None:
    registry.host("first", "echo kept")
    registry.host("hangs", "sleep 60", timeout_s=60)
    place = LocalPlace(total_s=1)
    told = asyncio.run(place.ask(registry.questions))
    assert isinstance(told["first"], Answer)
    assert isinstance(told["hangs"], CannotSee)
    assert told["hangs"].reason == "hung"
    assert place.contact
    assert (place.contact.reached, place.contact.reason) == (True, "hung")


def test_much_to_ask_and_much_to_answer_do_not_block_each_other(registry: Any) -> None:
    for i in range(40):
        registry.host(f"q{i}", f"head -c 300000 /dev/zero | tr '\\0' x\n# {'y' * 20_000}")
    told = asyncio.run(LocalPlace().ask(registry.questions))
    assert all(isinstance(answer, Answer) and len(answer.text) == 300_000 for answer in told.values())


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_a_refusal_of_sudo_says_so(registry: Any, program: Callable[[str, str], Path]) -> None:
    program("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    registry.host("who", "id -u")
    told = asyncio.run(LocalPlace().ask(registry.questions))
    assert isinstance(told["who"], CannotSee)
    assert told["who"].reason == "sudo"
