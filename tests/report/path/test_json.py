"""A path for programs: every key that the interface promises, and nothing that a terminal could obey."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mitate.model.topology import Topology
from mitate.model.trace import Path
from mitate.report.path import FORMATS, format_named
from mitate.report.path.json import draw, render

PROMISED: dict[str, set[str]] = {
    "": {"schema", "verdict", "path_mtu", "traces", "reasons", "live"},
    "traces": {"direction", "size", "disposition", "reason", "hops", "assumptions"},
    "hops": {"host", "namespace", "in", "out", "steps"},
    "steps": {"kind", "did", "because"},
    "reasons": {"code", "layer", "at", "confidence", "says", "fix"},
    "at": {"host", "namespace", "device"},
    "because": {"host", "asked", "at", "excerpt"},
}


def parts(document: Any, name: str = "") -> Any:
    """(key, object) of every object in a document."""
    if isinstance(document, dict):
        yield name, document
        for key, value in document.items():
            yield from parts(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from parts(value, name)


@pytest.mark.parametrize("name", ["classic", "refused", "too_big", "told_home", "unknown", "hostile"])
def test_every_promised_key_is_there(name: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(render(request.getfixturevalue(name)))
    found = set()
    for key, part in parts(document):
        assert PROMISED.get(key, set()) <= set(part), key
        found.add(key)
    assert {"", "traces", "hops", "steps"} <= found


def test_the_values(classic: Path) -> None:
    document = json.loads(render(classic))
    assert document["schema"] == "mitate.trace/1"
    assert document["verdict"] == "UNREACHABLE_RETURN"
    assert (document["path_mtu"], document["live"]) == (None, None)
    there, back = document["traces"]
    assert (there["direction"], there["size"], there["reason"]) == ("forward", 84, None)
    assert (back["disposition"], back["reason"]) == ("NEIGH_UNRESOLVED", "EP_SRC_ONLINK_OVERLAP")
    router = there["hops"][2]
    assert (router["in"], router["out"]) == ("qg-5eecc98f-7a", "qr-7bd0dfc9-5c")
    assert router["steps"][1]["because"]["asked"].endswith("iptables-save")
    first = document["reasons"][0]
    assert (first["code"], first["layer"], first["confidence"]) == (
        "EP_SRC_ONLINK_OVERLAP",
        "guest",
        "predicted",
    )
    assert isinstance(first["fix"], str)


def test_what_a_probe_saw(refused: Path) -> None:
    live = json.loads(render(refused))["live"]
    assert (live["agrees"], live["answered"]) == (False, False)
    assert live["lost_after"] == {"host": "compute1", "namespace": "", "device": "tap70cd0e49-cf"}
    assert live["seen"][1]["time"] == "2026-11-22T18:25:00.000400Z"
    assert live["drops"][0]["reason"] == "NETFILTER_DROP"


def test_nothing_in_it_can_steer_a_terminal(hostile: Path) -> None:
    text = render(hostile)
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c == "\u202e")]
    assert json.loads(text)["reasons"][1]["says"].startswith("\x1b[31m")


def test_a_topology(lab: Topology, healthy: Path) -> None:
    document = json.loads(draw(lab))
    assert document["schema"] == "mitate.topology/1"
    assert [host["name"] for host in document["hosts"]] == ["compute1", "compute2", "controller", "network"]
    assert document["tunnels"][2]["both"] is False
    assert json.loads(render(healthy, topology=lab, whole=True))["topology"] == document


def test_formats_by_name(healthy: Path) -> None:
    for name in FORMATS:
        assert format_named(name).render(healthy)
    with pytest.raises(LookupError, match="html, json, text"):
        format_named("words")
