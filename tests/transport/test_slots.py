"""Questions with slots: what may be filled in, and that nothing else can be made of them."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mitate.collect.question import ApiQuestion, HostQuestion, Question, all_sources
from mitate.collect.slots import KINDS, fits
from mitate.collect.transport.guard import permit
from mitate.collect.transport.script import script_for

UUID = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
GOOD = {
    "uuid": UUID,
    "id": UUID,
    "ids": f"{UUID},req-{UUID},8fd71303-f9,instance-0000001a",
    "epoch": "1795361521",
    "request": f"req-{UUID}",
    "name": "%5Eweb%24",
    "filter": "host",
    "examples": "/var/log/nova/nova-compute.log=1795361521.453=95,journal:devstack@n-cpu=1.000=0",
    "query": "resources=VCPU%3A1%2CMEMORY_MB:64&resources_PCI1=VGPU:1&required=!CUSTOM_A&member_of=in:a,b"
    "&root_required=%21COMPUTE_STATUS_DISABLED&group_policy=isolate&same_subtree=_a,_b&limit=5",
}
SLOTTED = {name: each.question for name, each in all_sources().items() if each.question.slots}
EVIL = st.text(max_size=60) | st.sampled_from(
    [
        "",
        ".",
        "..",
        "../flavors",
        f"{UUID}/action",
        f"{UUID}?delete=1",
        f"{UUID}\n",
        f"{UUID}#",
        f"{UUID}@evil.example",
        "x&admin=1",
        "resources=VCPU:1#",
        "resources=VCPU:1&project_id=1",
        "resources=VCPU:1/../../x",
        "resources=VCPU:1&limit=1 HTTP/1.1\r\nX: y",
        "resources=%2F..%2F",
        "$(reboot)",
        "`reboot`",
        "'; reboot; '",
        f"req-{UUID}; reboot",
        f"req-{UUID}'",
        "-e x",
        "{server}",
        "ｗｅｂ",
    ]
)


def filled(name: str) -> Question:
    question = SLOTTED[name]
    return question.filled(**{slot: GOOD[kind] for slot, kind in question.slots})


def test_every_kind_is_tested() -> None:
    assert set(GOOD) == set(KINDS)
    assert all(fits(kind, value) for kind, value in GOOD.items())


@pytest.mark.parametrize("name", SLOTTED)
def test_a_question_with_slots_is_permitted_only_when_filled(name: str) -> None:
    permit(filled(name))
    with pytest.raises(PermissionError, match="not sent"):
        permit(SLOTTED[name])


@pytest.mark.parametrize("name", SLOTTED)
@given(value=EVIL)
def test_nothing_else_is_permitted(name: str, value: str) -> None:
    """Whatever is given where a value stands: it is refused, or it is of the slot's kind as a whole."""
    question = SLOTTED[name]
    good = filled(name)
    for at, (slot, kind) in enumerate(question.slots):
        given = list(good.given)
        given[at] = (slot, value)
        forged = msgspec.structs.replace(question, given=tuple(given))
        if fits(kind, value):
            permit(forged)
        else:
            with pytest.raises(PermissionError, match="not sent"):
                permit(forged)
            with pytest.raises(ValueError, match="cannot be asked for"):
                question.filled(**dict(given))


@pytest.mark.parametrize("name", SLOTTED)
def test_no_other_slot_and_none_twice(name: str) -> None:
    good = filled(name)
    for forged in (
        (*good.given, ("other", UUID)),
        (*good.given, good.given[0]),
        good.given[:-1],
        tuple((f"{slot}x", value) for slot, value in good.given),
    ):
        with pytest.raises(PermissionError, match="not sent"):
            permit(msgspec.structs.replace(good, given=forged))


CHANGES: dict[str, Any] = {
    "path": "/os-keypairs",
    "script": "reboot",
    "microversion": "2.1",
    "keep": ("adminPass",),
    "slots": (("server", "name"),),
    "service": "identity",
    "asked": "x",
    "older": ("2.0",),
    "limit": 1,
}


@pytest.mark.parametrize("name", SLOTTED)
def test_a_filled_question_is_otherwise_the_registered_one(name: str) -> None:
    good = filled(name)
    for field, value in CHANGES.items():
        if field in good.__struct_fields__:
            with pytest.raises(PermissionError, match="not sent"):
                permit(msgspec.structs.replace(good, **{field: value}))


def test_a_question_without_slots_takes_none() -> None:
    plain = all_sources()["flavors"].question
    with pytest.raises(PermissionError, match="not sent"):
        permit(msgspec.structs.replace(plain, given=(("x", "y"),)))


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@example(data=None)
def test_what_fits_a_slot_is_no_more_than_a_value(kind: str, data: Any) -> None:
    """Of whatever fits: it stays one segment of a path or one query, and one word of a shell."""
    value = GOOD[kind] if data is None else data.draw(st.from_regex(KINDS[kind], fullmatch=True))
    if not fits(kind, value):  # too long, or a dot segment
        return
    url = urlsplit(
        f"http://cloud/x/{value}" if kind not in ("query", "name") else f"http://cloud/x?a={value}"
    )
    assert url.netloc == "cloud"
    assert not url.fragment
    if kind == "query":
        known = r"(resources|required|member_of|in_tree)[\w-]*|group_policy|limit|root_required|same_subtree"
        for name, _ in parse_qsl(value):
            assert re.fullmatch(known, name)
    elif kind == "name":
        assert len(parse_qsl(url.query, keep_blank_values=True)) == 1
    else:
        assert url.path == f"/x/{value}"
        assert not url.query
    assert shlex.split(f"x={shlex.quote(value)}") == [f"x={value}"]
    assert not re.search(r"[\s'\"`$;|<>(){}\\]", value)


@pytest.mark.parametrize("name", SLOTTED)
def test_names_and_queries_stand_behind_the_question_mark(name: str) -> None:
    """There a dot segment or an escaped slash cannot lead to another path."""
    question = SLOTTED[name]
    if isinstance(question, ApiQuestion):
        path, _, query = question.path.partition("?")
        for slot, kind in question.slots:
            assert (
                (f"{{{slot}}}" in query)
                if kind in ("name", "query", "filter")
                else (f"{{{slot}}}" in path or f"={{{slot}}}" in query)
            )
            assert "{" not in filled(name).sent  # type: ignore[attr-defined] # an ApiQuestion has it


def test_a_slot_of_a_script_is_a_variable_and_nothing_more() -> None:
    """Run by a real shell, in the place where it will run."""
    question = HostQuestion(
        name="x", script='printf %s "$request"', asked="x", slots=(("request", "request"),)
    )
    value = f"req-{UUID}"
    script = script_for([question.filled(request=value)], nonce="n" * 32)
    done = subprocess.run(["sh", "-s"], input=script.text, capture_output=True, text=True, check=True)
    assert f"\n{'n' * 32} ask x:{value}\n{value}\n" in done.stdout


def test_an_answer_is_called_after_what_was_filled_in() -> None:
    question = all_sources()["server"].question
    assert question.called == "server"
    assert question.filled(server=UUID).called == f"server:{UUID}"
    assert filled("servers_by").called == "servers_by:host:%5Eweb%24"
