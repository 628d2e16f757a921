"""Each form in which services write, as they write it: one line, and what must be understood of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitate.collect.logs.line import Line
from mitate.collect.logs.wrapped import record, understood

AT = 1795361521.453  # 2026-11-22 15:32:01.453 UTC
SERVER = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
OSLO = "ERROR nova.compute.manager [None req-aa u1 p1 - - default default] [instance: {}] Build failed"

FORMS: dict[str, tuple[str, dict[str, object]]] = {
    "oslo, global request id": (
        "2026-11-22 15:32:01.453 95 ERROR nova.compute.manager [req-gg req-aa u1 p1 - - - -] "
        f"[instance: {SERVER}] Build failed",
        {"global_request": "req-gg", "request": "req-aa", "user": "u1", "tenant": "p1", "process": 95},
    ),
    "oslo, no global request id": (
        f"2015-11-22 15:32:01.453 95 ERROR nova.compute.manager [req-aa u1 p1 - - -] "
        f"[instance: {SERVER}] Build failed",
        {"at": 1448206321.453, "request": "req-aa", "global_request": "", "user": "u1"},
    ),
    "data set with the file's name": (
        "nova-compute.log.1.2026-11-22_13:53:08 2026-11-22 15:32:01.453 95 ERROR nova.compute.manager "
        f"[req-aa u1 p1 - - -] [instance: {SERVER}] Build failed",
        {"program": "nova-compute.log.1.2026-11-22_13:53:08", "request": "req-aa"},
    ),
    "DevStack in a journal, coloured": (
        "Nov 22 15:32:01.453 ubuntu nova-compute[95]: \x1b[01;31mERROR nova.compute.manager "
        f"[\x1b[01;36mNone req-aa \x1b[00;36mu1 p1\x1b[01;31m] \x1b[01;35m"
        f"[instance: {SERVER}] \x1b[01;31mBuild failed\x1b[00m",
        {"host": "ubuntu", "program": "nova-compute", "process": 95, "request": "req-aa"},
    ),
    "journal, short-iso": (
        f"2026-11-22T16:32:01.453+0100 c1 nova-compute[95]: {OSLO.format(SERVER)}",
        {"host": "c1", "program": "nova-compute", "process": 95},
    ),
    "journal, short-unix": (f"1795361521.453 c1 nova-compute[95]: {OSLO.format(SERVER)}", {"host": "c1"}),
    "syslog, RFC 5424": (
        f"<11>1 2026-11-22T15:32:01.453Z c1 nova-compute 95 - - {OSLO.format(SERVER)}",
        {"host": "c1", "program": "nova-compute", "process": 95},
    ),
    "syslog, whole oslo line inside": (
        f"Nov 22 16:00:00 c1 nova-compute: 2026-11-22 15:32:01.453 95 {OSLO.format(SERVER)}",
        {"host": "c1", "process": 95},
    ),
    "Docker json-file": (
        json.dumps({"log": f"2026-11-22 15:32:01.453 95 {OSLO.format(SERVER)}\n", "time": "x"}),
        {"process": 95},
    ),
    "Kubernetes CRI": (
        f"2026-11-22T15:32:09.000000000Z stderr F 2026-11-22 15:32:01.453 95 {OSLO.format(SERVER)}",
        {"process": 95},
    ),
    "oslo as JSON": (
        json.dumps(
            {
                "message": f"[instance: {SERVER}] Build failed",
                "asctime": "2026-11-22 15:32:01.453",
                "name": "nova.compute.manager",
                "levelname": "ERROR",
                "process": 95,
                "hostname": "c1",
                "traceback": None,
                "context": {"request_id": "req-aa", "user_id": "u1", "project_id": "p1"},
            }
        ),
        {"host": "c1", "process": 95, "user": "u1", "tenant": "p1"},
    ),
    "Kolla's Fluentd": (
        json.dumps(
            {
                "@timestamp": "2026-11-22T15:32:01.453+00:00",
                "Payload": f"[instance: {SERVER}] Build failed",
                "log_level": "ERROR",
                "python_module": "nova.compute.manager",
                "programname": "nova-compute",
                "Hostname": "c1",
                "Pid": "95",
                "request_id": "req-aa",
            }
        ),
        {"host": "c1", "program": "nova-compute"},
    ),
    "journal as JSON": (
        json.dumps(
            {
                "__REALTIME_TIMESTAMP": "1795361521453000",
                "_HOSTNAME": "c1",
                "_SYSTEMD_UNIT": "devstack@n-cpu.service",
                "_PID": "95",
                "PRIORITY": "6",
                "MESSAGE": list(f"\x1b[01;31m{OSLO.format(SERVER)}\nmore".encode()),
            }
        ),
        {"program": "devstack@n-cpu.service", "more": ("more",)},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_form_of_openstack(form: str) -> None:
    """Whatever is around it, the same error is understood."""
    text, more = FORMS[form]
    line = understood(text, 2026)
    assert line.head
    assert (line.level, line.logger) == ("ERROR", "nova.compute.manager")
    assert (line.message, line.resource) == ("Build failed", SERVER)
    expected = {"at": AT, "request": "req-aa", **more}
    assert {name: getattr(line, name) for name in expected} == expected


OTHERS = (
    ("2026-11-22T15:32:01.453Z|00012|bridge(x)|ERR|no tap1", "ERROR", "bridge", "no tap1"),
    ("2026-11-22 15:32:01.453+0000: 95: error : virNetSocket:1832 : End", "ERROR", "virNetSocket", "End"),
    ("2026-11-22 15:32:01.453 [error] <0.12.0> Channel error", "ERROR", "rabbit", "Channel error"),
    ("2026-11-22 15:32:01.453000+00:00 [error] <0.12.0> Channel error", "ERROR", "rabbit", "Channel error"),
    ("2026-11-22 15:32:01.453 0 [ERROR] Can't open", "ERROR", "mysqld", "Can't open"),
    ("[Sun Nov 22 15:32:01.453 2026] [core:error] [pid 95] [client 1.1:1] no", "ERROR", "core", "no"),
    ("2026-11-22 15:32:01,453 - octavia.amphora - ERROR - no", "ERROR", "octavia.amphora", "no"),
    ("[2026-11-22 15:32:01.453 +0000] [95] [ERROR] no", "", "", None),
    ("2026-11-22 15:32:01.453 something else", "", "", "something else"),
)  # fmt: skip


@pytest.mark.parametrize("text, level, logger, message", OTHERS)
def test_form_of_others(text: str, level: str, logger: str, message: str | None) -> None:
    line = understood(text, 2026)
    assert line.head
    assert line.at == pytest.approx(AT, abs=0.001)
    assert (line.level, line.logger) == (level, logger)
    assert message is None or line.message == message


WEB = (
    '10.0.0.1 - - [22/Nov/2026:15:32:01 +0000] "GET /v3 HTTP/1.1" 500 12 453 "-" "agent"',
    "[pid: 95|app: 0|req: 1/2] 10.0.0.1 () {34 vars in 500 bytes} [Sun Nov 22 15:32:01 2026] GET /v3 => "
    "generated 12 bytes in 453 msecs (HTTP/1.1 500) 6 headers in 200 bytes (1 switches on core 0)",
)


@pytest.mark.parametrize(("text", "took"), [(WEB[0], 0), (WEB[1], 0.453)])
def test_access(text: str, took: float) -> None:
    """uwsgi tells when it began; the line is of when it had ended."""
    line = understood(text)
    assert line.head and line.at == pytest.approx(1795361521.0 + took)
    assert "GET /v3" in line.message and "500" in line.message


def test_apache_carries_what_an_application_says() -> None:
    line = understood(
        "[Sun Nov 22 15:32:02.000000 2026] [wsgi:error] [pid 7:tid 8] [remote 10.0.0.1:9] "
        "2026-11-22 15:32:01.453 95 WARNING keystone.common [None req-aa - - - - - -] Not there"
    )
    assert (line.level, line.logger, line.process, line.at) == ("WARNING", "keystone.common", 95, AT)


@pytest.mark.parametrize(
    "text", ["", "   x", "INFO about nothing", "Traceback (most recent call last):", "}"]
)
def test_no_head(text: str) -> None:
    assert not understood(text).head


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300).map(lambda b: b.decode("utf-8", "replace"))))
def test_any_text(text: str) -> None:
    assert isinstance(understood(text), Line)


RECORDED = (
    *("MESSAGE", "message", "log", "time", "level", "name", "process", "context", "PRIORITY", "hostname"),
    *("__REALTIME_TIMESTAMP", "traceback", "extra", "Pid", "_PID"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(RECORDED), ANYTHING))
def test_any_record(fields: dict[str, object]) -> None:
    assert isinstance(record(fields), Line)


PREFIXES = [text for text, _ in FORMS.values()] + [text for text, *_ in OTHERS] + list(WEB)


@settings(deadline=None)
@given(st.sampled_from(PREFIXES), st.integers(0, 400), st.text(max_size=5))
def test_any_damage(text: str, at: int, other: str) -> None:
    """A line that is cut or has something else in its middle is still a line."""
    assert isinstance(understood(text[:at] + other + text[at + 2 :]), Line)
    assert isinstance(understood(text[:at]), Line)
