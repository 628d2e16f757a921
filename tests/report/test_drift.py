"""The drift told: hostile words stay words, alike hosts are one, the JSON holds file and line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import Change, Difference, Drift, FirstError, Kind
from mitate.model.source import Gap
from mitate.report import Options
from mitate.report.drift import FORMATS, format_named

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\x1b[31m\u202e"


def difference(host: str, **more: object) -> Difference:
    said: dict[str, object] = {
        "kind": Kind.OPTION,
        "check": "option_differs_among_equals",
        "severity": Severity.WARNING,
        "subject": config_subject(host, "/etc/nova/nova.conf", "DEFAULT"),
        "what": "[DEFAULT] cpu_allocation_ratio",
        "says": f"[DEFAULT] cpu_allocation_ratio is 16.0 on {host}, and 4.0 on the others",
        "here": "16.0",
        "there": "4.0",
        "where": "/etc/nova/nova.conf:12",
        "hosts": (host,),
        "since": NOW - timedelta(minutes=20),
        "evidence": (Evidence(host, "cat", NOW, "cpu_allocation_ratio = 16.0"),),
        **more,
    }
    return Difference(**said)  # type: ignore[arg-type]


CHANGE = Change(
    at=NOW - timedelta(minutes=20), host="c2", kind="configuration",
    says="/etc/nova/nova.conf changed: [DEFAULT] cpu_allocation_ratio",
    options=("[DEFAULT] cpu_allocation_ratio",),
)  # fmt: skip
TOLD = Drift(
    cloud="lab",
    taken_at=NOW,
    differences=(difference("c2"), difference("c3"), difference("c4", what=EVIL, says=EVIL, here=EVIL)),
    changes=(CHANGE,),
    first_error=FirstError(at=NOW - timedelta(minutes=6), host="c2", says=EVIL, before=(CHANGE,)),
    notes=(EVIL,),
    gaps=(Gap("c9", "configuration", EVIL, ("ConfigOption",)),),
    hosts_asked=4,
    compared=100,
)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_words_stay_words(name: str) -> None:
    text = format_named(name)(TOLD, Options())
    assert "<script>" not in text or name != "html"
    if name != "json":
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_alike_hosts_are_one_and_the_change_stands_before_the_error() -> None:
    text = format_named("text")(TOLD, Options())
    assert "2 differences to look at" in text
    assert "c2, c3, /etc/nova/nova.conf:12" in " ".join(text.split())
    assert "14 min before the first error on c2: /etc/nova/nova.conf changed" in " ".join(text.split())
    assert "since    11:40:00, 20 min ago" in text


def test_json_holds_file_and_line() -> None:
    told = json.loads(format_named("json")(TOLD, Options()))
    first = told["differences"][0]
    assert (first["file"], first["line"], first["here"], first["there"]) == (
        "/etc/nova/nova.conf",
        12,
        "16.0",
        "4.0",
    )
    assert told["first_error"]["before"][0]["before_s"] == 840


def test_nothing_differs() -> None:
    text = format_named("text")(Drift(cloud="lab", taken_at=NOW, hosts_asked=4, compared=100), Options())
    assert "Nothing differs: 100 lines of configuration on 4 hosts" in text
    with pytest.raises(LookupError):
        format_named("svg")
