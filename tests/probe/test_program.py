"""The program that is sent: fit for old machines, deaf to nonsense, and unreadable to nobody."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mitate
from mitate.collect.probe import program
from mitate.collect.probe.heard import Seen, understood
from mitate.collect.probe.onhost import filter as packet_filter
from mitate.collect.probe.onhost import frames
from mitate.collect.probe.plan import How, Plan, Shot
from mitate.collect.question import all_sources
from mitate.collect.transport.guard import permit

HERE = resources.files("mitate.collect.probe.onhost")
FILES = sorted(each.name for each in HERE.iterdir() if each.name.endswith(".py"))
STANDARD = {
    "ctypes", "json", "os", "platform", "resource", "select", "signal", "socket", "struct", "sys",
    "threading", "time", "types",
}  # fmt: skip
PLAN = Plan(
    watch={"h1": ("",)},
    shots=tuple(
        Shot(
            host="h1", how=How.STACK, proto=proto, src="10.0.0.1", dst="10.0.0.2",
            sport=41000 + number, dport=80, size=100 + number, times=2,
        )
        for number, proto in enumerate(("icmp", "tcp", "udp"))
    ),
)  # fmt: skip
GIVEN: Any = PLAN.for_host("h1")
COOKIE = bytes.fromhex(PLAN.cookie)


@pytest.mark.parametrize("name", FILES)
def test_it_is_python_3_6(name: str) -> None:
    """As far as its grammar goes, and what came to the standard library later and is easily written."""
    text = HERE.joinpath(name).read_text()
    tree = ast.parse(text, feature_version=(3, 6))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imported <= STANDARD
    for late in ("from __future__", "removeprefix", "time_ns", "capture_output", "nullcontext", "os.setns"):
        assert late not in text
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for annotation in (node.returns, *(a.annotation for a in node.args.args)):
                # what is not a string is evaluated, which 3.6 cannot do with list[int]
                assert annotation is None or isinstance(annotation, (ast.Constant, ast.Name, ast.Attribute))


def test_every_module_is_sent() -> None:
    assert {f"{name}.py" for name in program.MODULES} | {"boot.py", "__init__.py"} == set(FILES)


def test_nothing_but_a_plan_is_sent() -> None:
    no_plan: Any
    for no_plan in ("rm -rf /", {"shots": []}, msgspec.to_builtins(PLAN)):
        with pytest.raises(ValueError, match="only a plan"):
            program.first_line(no_plan, "h1")
    boot, given = json.loads(program.first_line(PLAN, "h1"))
    assert "def start" in boot
    assert [name for name, _ in given["modules"]] == list(program.MODULES)


def test_a_probe_is_no_question() -> None:
    """The read-only guard knows nothing of it, and what looks cannot send it."""
    with pytest.raises((PermissionError, AttributeError)):
        permit(PLAN)  # type: ignore[arg-type] # that is the point
    assert not any(program.BOOT in str(source.question) for source in all_sources().values())


def test_only_the_probe_goes_this_way() -> None:
    source = Path(mitate.__file__).parent
    users = {
        str(file.relative_to(source))
        for file in source.rglob("*.py")
        if "transport.errand" in file.read_text()
    }
    assert users == {"collect/probe/end.py"}


def test_the_command_has_nothing_of_the_plan() -> None:
    assert program.AS_ROOT.count("'") == 2
    assert PLAN.cookie not in program.AS_ROOT


@given(st.binary(max_size=400))
def test_any_line_is_understood_or_refused(line: bytes) -> None:
    with suppress(ValueError):
        understood(line)


SEEN = {
    "is": "seen", "namespace": "", "device": "tap0", "way": "in", "at": 1, "kind": "request",
    "src": "10.0.0.1", "dst": "10.0.0.2", "proto": "icmp", "shot": 0, "number": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"is": "shell"}, {"way": "up"}, {"kind": "payload"}, {"at": -1}, {"at": 10**30}, {"at": "now"},
        {"device": "tap0\x1b[2J"}, {"device": "t" * 500}, {"namespace": "a/b"}, {"src": "<script>"},
        {"outer": "\x1b[31m"}, {"shot": "all"},
    ],
)  # fmt: skip
def test_what_the_program_would_not_say_is_refused(changes: dict[str, object]) -> None:
    assert isinstance(understood(json.dumps(SEEN).encode()), Seen)
    with pytest.raises(ValueError, match="not a word"):
        understood(json.dumps({**SEEN, **changes}).encode())


READER = frames.Reader(GIVEN)


def vxlan(frame: bytes) -> bytes:
    """An Ethernet frame as it goes through a tunnel."""
    carried = b"\x08\0\0\0\0\0\x09\0" + frame
    udp = (
        (50000).to_bytes(2, "big")
        + (4789).to_bytes(2, "big")
        + (8 + len(carried)).to_bytes(2, "big")
        + b"\0\0"
    )
    return ip(17, udp + carried)


def ip(proto: int, payload: bytes) -> bytes:
    total = (20 + len(payload)).to_bytes(2, "big")
    head = b"\x45\0" + total + b"\0\0\0\0\x40" + bytes((proto,)) + b"\0\0" + b"\x0a\x58\0\x01\x0a\x58\0\x02"
    return frames.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0, 0x0800, head + payload)


def framed(packet: bytes, vlan: int = 0) -> bytes:
    return frames.ethernet("02:00:00:00:00:03", "02:00:00:00:00:04", vlan, 0x0800, packet)


@pytest.mark.parametrize("shot", [0, 1, 2])
@pytest.mark.parametrize("number", [0, 1])
def test_its_own_packets_are_known_wherever_they_are(shot: int, number: int) -> None:
    packet = frames.ip_packet(GIVEN["shots"][shot], COOKIE, shot, number)
    assert len(packet) == GIVEN["shots"][shot]["size"]
    assert frames.checksum(packet[:20]) == 0
    gre = b"\x20\0\x65\x58\0\0\0\x09" + framed(packet)
    for frame in (framed(packet), framed(packet, vlan=7), vxlan(framed(packet)), ip(47, gre)):
        said = READER.frame(frame[: packet_filter.SNAP], frames.ETHER)
        assert said
        assert (said["kind"], said["shot"], said["number"]) == ("request", shot, number)
        assert (said["src"], said["dst"]) == ("10.0.0.1", "10.0.0.2")
        assert said.get("vni", 9) == 9
    said = READER.frame(packet[: packet_filter.SNAP], 778)  # a device of layer 3
    assert said
    assert said["shot"] == shot
    other = frames.ip_packet(GIVEN["shots"][shot], bytes(16), shot, number)
    assert READER.frame(framed(other), frames.ETHER) is None


def test_what_is_told_of_a_packet_has_none_of_its_content() -> None:
    for at in range(3):
        said = READER.frame(framed(frames.ip_packet(GIVEN["shots"][at], COOKIE, at, 0)), frames.ETHER)
        assert PLAN.cookie not in json.dumps(said)


@given(st.binary(max_size=300), st.sampled_from([1, 772, 778]))
def test_any_frame_is_read_or_left(data: bytes, hatype: int) -> None:
    said = READER.frame(data, hatype)
    assert said is None or understood(
        json.dumps({"is": "seen", "namespace": "", "device": "x", "way": "in", "at": 1, **said}).encode()
    )


@given(st.sampled_from([0, 1, 2]), st.integers(0, 250), st.binary(min_size=1, max_size=8))
def test_a_frame_with_damage_is_read_or_left(shot: int, at: int, damage: bytes) -> None:
    frame = bytearray(vxlan(framed(frames.ip_packet(GIVEN["shots"][shot], COOKIE, shot, 0))))
    frame[at : at + len(damage)] = damage
    READER.frame(bytes(frame)[: packet_filter.SNAP], frames.ETHER)
