"""The text for a person: what it says, where its lines break, and that no name can steer the terminal."""

from __future__ import annotations

import re

from rich.cells import cell_len

from mitate.model.diagnosis import Diagnosis
from mitate.report import Options
from mitate.report.text import render

BROKEN = """\
cloud lab  2026-11-22 13:28:00 UTC

✘ 2 causes explain 25 problems.

 1  CRITICAL  Linux bridge agent on compute1 is there as process 812, but
              stopped by a signal (state T): OpenStack hears nothing from it
    since     13:02:00, 26 min before this look
    why first 23 other findings follow from it, and nothing that it depends on
              is wrong.
    seen      compute1  13:28:00  ps -eo pid,stat,args
                812 T  agent
              API  13:28:00  openstack network agent list
                alive=False
                alive=False
                alive=False
                … 2 more lines
    explains   22 × port_down  port 10.0.0.0, port 10.0.0.1, port 10.0.0.2 and
                    19 more
                1 × server_unreachable  server vm1
    do next   ssh compute1 sudo kill -CONT 812
    read      mitate explain agent_process_frozen

 2  WARNING   /var/lib/nova has 2 % free
    why here  It stands alone.
    seen      compute1  13:28:00  ps -eo pid,stat,args
                812 T  agent
    do next   df -h | sort
    read      mitate explain filesystem_full

Could not be seen
    compute2, compute3: journal, iptables: permission denied
    API: quotas: HTTP 403
    1 check could not say: logs_unread

8 checks: 4 with findings, 1 UNKNOWN, 3 OK; 2.1 s, 23 API requests, 6 hosts
"""

HEALTHY = """\
cloud lab  2026-11-22 13:28:00 UTC
✔ Nothing is wrong.
57 checks, all OK; 2.1 s, 23 API requests, 6 hosts
"""

UNSEEN = """\
cloud lab  2026-11-22 13:28:00 UTC

? Nothing wrong was seen, but 1 of 4 checks could not see enough to say.

Could not be seen
    compute2, compute3: journal, iptables: permission denied
    API: quotas: HTTP 403
    1 check could not say: logs_unread

4 checks: 1 UNKNOWN, 3 OK; 2.1 s, 23 API requests, 6 hosts
"""


def test_a_broken_cloud(broken: Diagnosis) -> None:
    assert render(broken) == BROKEN


def test_a_healthy_cloud_takes_three_lines(healthy: Diagnosis) -> None:
    assert render(healthy) == HEALTHY


def test_what_was_only_sampled_is_said_under_the_summary(sampled: Diagnosis) -> None:
    assert render(sampled, Options(width=110)).splitlines()[-2:] == [
        "58 checks, all OK; 2.1 s, 23 API requests, 6 hosts",
        "path_broken: of 512 floating IPs an even sample of 200 was walked; <b>of</b> 300 routers 200",
    ]
    assert all(cell_len(line) <= 50 for line in render(sampled, Options(width=50)).splitlines())


def test_a_cloud_that_was_hardly_seen(unseen: Diagnosis) -> None:
    assert render(unseen) == UNSEEN


def test_a_note_is_told_without_alarm(noted: Diagnosis) -> None:
    text = render(noted)
    assert "✔ Nothing is wrong, 1 note." in text
    assert " 1  INFO      an agent is disabled\n    read      mitate explain agent_disabled\n" in text
    assert len(text.splitlines()) == 8


def test_piped_it_has_no_escapes(broken: Diagnosis) -> None:
    assert "\x1b" not in render(broken)


def test_on_a_terminal_colour_changes_no_word(broken: Diagnosis) -> None:
    coloured = render(broken, Options(colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == BROKEN


def test_nothing_hostile_reaches_the_terminal(hostile: Diagnosis) -> None:
    text = render(hostile)
    assert text.isprintable() or not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text
    )
    text.encode()  # no half surrogates
    assert "server red is broken" in text
    assert "見立て" in text
    commands = [line for line in text.splitlines() if "openstack server show" in line]
    assert all(cell_len(line) <= 80 for line in text.splitlines() if line not in commands)


def test_it_fits_a_narrow_terminal(broken: Diagnosis) -> None:
    assert all(cell_len(line) <= 50 for line in render(broken, Options(width=50)).splitlines())


def test_many_causes_are_cut(huge: Diagnosis) -> None:
    text = render(huge)
    assert "… 970 more causes (--format html)" in text
    assert len(text.splitlines()) < 800
