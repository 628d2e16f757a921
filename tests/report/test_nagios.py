"""The plugin output: one line with perfdata, long output, and no name that can break out of either."""

from __future__ import annotations

import re

import pytest

from mitate.model.diagnosis import Diagnosis, Severity
from mitate.report import Options
from mitate.report.nagios import SIZE, STATUS, refusal, render, state

BROKEN = """\
MITATE CRITICAL - Linux bridge agent on compute1 is there as process 812, but stopped by a signal (state T): \
OpenStack hears nothing from it | \
causes=2;;;0 critical=2;;;0 warning=23;;;0 info=0;;;0 unknown=1;;;0 checks=8;;;0 \
api_requests=23;;;0 hosts=6;;;0 time=2.140s;;;0
cloud lab: 2 causes explain 25 problems.
1. CRITICAL: Linux bridge agent on compute1 is there as process 812, but stopped by a signal (state T): \
OpenStack hears nothing from it (explains 23 more)
   do next: ssh compute1 sudo kill -CONT 812
2. WARNING: /var/lib/nova has 2 % free
   do next: df -h ¦ sort
not seen: compute2, compute3: journal, iptables: permission denied
not seen: API: quotas: HTTP 403
8 checks: 4 with findings, 1 UNKNOWN, 3 OK; 2.1 s, 23 API requests, 6 hosts
"""

PERFDATA = re.compile(r"(?:[a-z_]+=\d+(?:\.\d+)?s?;;;0 ?)+")


def test_a_broken_cloud(broken: Diagnosis) -> None:
    assert render(broken) == BROKEN


@pytest.mark.parametrize(
    ("name", "fail_on", "word"),
    [
        ("broken", "warning", "CRITICAL"),
        ("broken", "critical", "CRITICAL"),
        ("healthy", "warning", "OK"),
        ("unseen", "warning", "UNKNOWN"),
        ("noted", "warning", "OK"),
        ("noted", "info", "WARNING"),
    ],
)
def test_the_state(name: str, fail_on: str, word: str, request: pytest.FixtureRequest) -> None:
    diagnosis = request.getfixturevalue(name)
    options = Options(fail_on=Severity(fail_on))
    assert state(diagnosis, options.fail_on) == word
    assert render(diagnosis, options).startswith(f"MITATE {word} - ")
    assert STATUS == {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}


@pytest.mark.parametrize("name", ["broken", "healthy", "unseen", "hostile", "huge"])
def test_one_bar_and_one_size(name: str, request: pytest.FixtureRequest) -> None:
    text = render(request.getfixturevalue(name))
    first, *rest = text.splitlines()
    assert PERFDATA.fullmatch(first.partition(" | ")[2])
    assert first.count("|") == 1
    assert not [line for line in rest if "|" in line]
    assert len(text.encode()) <= SIZE


def test_a_refusal_is_unknown() -> None:
    assert refusal("no | cloud\n at all") == "MITATE UNKNOWN - no ¦ cloud at all\n"
