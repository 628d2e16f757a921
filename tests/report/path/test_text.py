"""A path for a person: what it says, where it stands, and that no name can steer the terminal."""

from __future__ import annotations

import re
from pathlib import Path as File

import pytest
from rich.cells import cell_len

from mitate.model.diagnosis import State
from mitate.model.topology import Host, Space, Topology
from mitate.model.trace import Hop, Path, Step
from mitate.report import Options
from mitate.report.path.text import draw, render
from mitate.report.path.words import gathered, state

ROOT = File(__file__).parents[3]
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

CLASSIC = """\
cloud lab  2026-11-22 18:25:00 UTC
icmp from external:10.10.0.99 to 203.0.113.151 (server vm1)

✘ The packet arrives, but the reply does not come home.
  sizes   84 ✘ reply: nobody answers ARP

 1  10.10.0.99 lies in 10.10.0.0/24, the server's own subnet: vm1 asks for it
    there, and nobody answers
    reason    EP_SRC_ONLINK_OVERLAP  inside the server
    where     compute1 vm1 tap70cd0e49-cf  (reply)
    sure      predicted from what the hosts show
    seen      network  18:24:58  ip netns exec
              qrouter-139c8061-2b29-4ded-8286-6a675e31d53f conntrack -L
                icmp 1 src=10.10.0.99 dst=203.0.113.151 [UNREPLIED]
                src=10.10.0.107 dst=10.10.0.99
              compute1  18:24:58  tcpdump -ni tap70cd0e49-cf arp
                ARP, Request who-has 10.10.0.99 tell 10.10.0.107, length 28
"""

REPLY = """\
reply, 84 bytes
icmp 10.10.0.107 → 10.10.0.99
✘ server vm1 (compute1)
│   answers    answers
│   route      10.10.0.0/24 is on its own wire
│   ARP        ✘ EP_SRC_ONLINK_OVERLAP: nobody answers for 10.10.0.99
✘ nobody answers ARP (EP_SRC_ONLINK_OVERLAP)

Assumed
    vm1 is as Neutron describes it: 10.10.0.107/24, gateway 10.10.0.1, MTU 1450;
    nobody looked inside

4 ms
"""

BESIDE = """\
● compute1  eth1 → tap70cd0e49-cf                       ● outside  external network →
│   decap      VXLAN 1668                               │   here       198.51.100.7 has its answer
│   filter     security group: icmp allowed             ✔ delivered to its subnet
"""


def test_a_reply_that_dies(classic: Path) -> None:
    """Verdict and first reason on top, the way below, the death marked, the assumptions in the open."""
    text = render(classic)
    assert text.startswith(CLASSIC)
    assert text.endswith(REPLY)
    assert "│   DNAT       203.0.113.151 → 10.10.0.107\n" in text
    assert "reason    RTR_REPLY_CONNECTED  routers and routes, had it come that far\n" in text


def test_a_healthy_path(healthy: Path) -> None:
    text = render(healthy)
    assert "✔ The packet arrives, and the reply comes home.\n" in text
    assert "  sizes   84 ✔ · 1450 ✔; path MTU 1450\n" in text
    assert "✘" not in text
    assert "had it" not in text


def test_the_reply_stands_beside_where_there_is_room(healthy: Path) -> None:
    assert BESIDE in render(healthy, Options(width=110))
    assert BESIDE not in render(healthy, Options(width=109))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("too_big", "84 ✔ · 1450 ✔ · 1500 ✘ too big, dropped without a word; path MTU 1450"),
        ("told_home", "84 ✔ · 1500 ✘ fragmentation needed, told home; path MTU 1450"),
        ("refused", "60 ✘ dropped"),
        ("unknown", "84 ? not known: something could not be seen"),
    ],
)
def test_every_size_in_one_line(name: str, line: str, request: pytest.FixtureRequest) -> None:
    assert f"  sizes   {line}\n" in render(request.getfixturevalue(name))


def test_the_size_that_dies_is_shown(too_big: Path) -> None:
    text = render(too_big)
    assert "forward, 1500 bytes\n" in text
    assert "✘ Packets of up to 1450 bytes arrive and are answered, larger ones are lost." in text
    assert "reply, 84 bytes\n" in text  # one that was sent: no reply of 1500 bytes ever was


def test_what_would_have_followed_is_said_to_be_so(refused: Path) -> None:
    text = render(refused)
    dead = text.index("✘ dropped (SG_INGRESS_DENY)")
    assert text.index("┆ had it gone on:") > dead
    assert "┆   here       ✘ EP_NO_LISTENER" in text
    assert "reply, had it been sent, 60 bytes" in text


def test_an_answer_of_somebody_else_was_sent(answered: Path) -> None:
    """No step failed, and yet it ended at the wrong one; the reply is real."""
    text = render(answered)
    assert "│   here       203.0.113.151 is its own\n✘ answered by somebody else (FIP_DNAT_MISSING)\n" in text
    assert "✘ network qrouter-139c8061" in text
    assert "had it been sent" not in text


def test_only_the_death_is_red(refused: Path) -> None:
    """What would have failed further on is dim: it never came to that."""
    lines = render(refused, Options(colour=True)).splitlines()
    death = next(line for line in lines if "SG_INGRESS_DENY: no rule" in line)
    later = next(line for line in lines if "EP_NO_LISTENER: nobody" in line)
    assert "\x1b[1;31m✘" in death
    assert "\x1b[2m✘" in later


def test_tables_of_a_switch_stand_in_one_line() -> None:
    """One after the other, in one bridge; a flow that fails stands alone."""

    def flow(table: int, actions: str, reason: str = "") -> Step:
        return Step("ovs_table", f"br-int table {table}: {actions}", None, reason)

    steps = (
        flow(0, "goto_table:60"),
        flow(60, "NORMAL"),
        Step("conntrack_lookup", "new"),
        flow(9, "a", "OVS_TABLE_MISS"),
    )
    hop = Hop("compute1", "", "", "", steps)
    assert [step.did for _, step in gathered(hop)] == [
        "br-int table 0 → 60: NORMAL",
        "new",
        "br-int table 9: a",
    ]


def test_a_prediction_that_was_wrong_is_loud(refused: Path) -> None:
    text = render(refused)
    assert text.index("THE PROBE SAW SOMETHING ELSE THAN WAS PREDICTED") < text.index(" 1  No rule")
    assert "last seen compute1 tap70cd0e49-cf\n" in text
    assert "NETFILTER_DROP in nft_do_chain\n" in text
    assert "dropped   compute1 eth1  OTHERHOST, 3 ×\n" in text
    assert "+   0.40 ms  compute1 tap70cd0e49-cf out" in text


def test_exit_states(healthy: Path, classic: Path, unknown: Path, refused: Path) -> None:
    assert [state(path) for path in (healthy, classic, unknown, refused)] == [
        State.OK,
        State.PROBLEM,
        State.UNKNOWN,
        State.PROBLEM,
    ]


@pytest.mark.parametrize("name", ["classic", "refused", "too_big", "unknown", "hostile"])
@pytest.mark.parametrize("width", [60, 110])
def test_colour_changes_no_word(name: str, width: int, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(name)
    plain = render(path, Options(width=width))
    coloured = render(path, Options(width=width, colour=True))
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize("width", [60, 80, 110])
def test_nothing_hostile_reaches_the_terminal(hostile: Path, width: int) -> None:
    text = render(hostile, Options(width=width))
    assert not CONTROLS.search(text)
    text.encode()  # no half surrogates
    commands = [line for line in text.splitlines() if "xxxxxxxx" in line]
    assert all(cell_len(line) <= width for line in text.splitlines() if line not in commands)


@pytest.mark.parametrize("name", ["classic", "refused", "too_big", "healthy"])
def test_it_fits_a_narrow_terminal(name: str, request: pytest.FixtureRequest) -> None:
    text = render(request.getfixturevalue(name), Options(width=60))
    assert all(cell_len(line) <= 60 for line in text.splitlines())


def test_the_manual_shows_what_is_printed(classic: Path) -> None:
    """The picture in docs/trace.md is this very path."""
    page = (ROOT / "docs/trace.md").read_text()
    assert f"```text\n{render(classic)}```\n" in page


class TestTopology:
    def test_a_tree_for_each_host(self, lab: Topology) -> None:
        text = draw(lab, Options(width=100))
        assert (
            "compute1\n"
            "├─ eth1  card, 10.0.1.107/24, MTU 1450\n"
            "├─ brqc13e558d-81  bridge, MTU 1450  network private\n"
            "│  ├─ tap70cd0e49-cf  tun, MTU 1450  server vm1  — vm1 tap70cd0e49-cf\n"
            "│  └─ vxlan-1668  vxlan 1668, MTU 1450  network private  on eth1\n"
            "└─ server vm1\n"
            "   └─ tap70cd0e49-cf  10.10.0.107, MTU 1450  — compute1 tap70cd0e49-cf\n"
        ) in text
        assert "  compute1 10.0.1.21 ═ vxlan 1668 ═ 10.0.1.22 compute2\n" in text
        assert "10.0.1.12 network  only one side knows of it\n" in text
        assert "  physical network physnet1, external: network eth2\n" in text
        assert "compute9: network could not be seen: timeout" in text

    def test_five_hundred_namespaces_are_cut_and_counted(self, lab: Topology) -> None:
        spaces = tuple(Space("network", f"qrouter-{number:08}") for number in range(500))
        big = Topology("lab", lab.taken_at, (Host("network", spaces),) * 30)
        text = draw(big)
        assert "… 480 more namespaces (--format json)" in text
        assert "… 10 more hosts (--format json)" in text
        assert len(text.splitlines()) < 600

    def test_it_follows_a_path_when_asked(self, healthy: Path, lab: Topology) -> None:
        assert render(healthy, topology=lab, whole=True) == f"{render(healthy)}\n{draw(lab)}"
        assert render(healthy, topology=lab) == render(healthy)
