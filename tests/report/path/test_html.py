"""The picture in a real browser: it stands, its links lead somewhere, and no name can break out of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mitate.model.topology import Device, Host, Space, Topology
from mitate.model.trace import At, Path
from mitate.report.path.html import draw, render
from mitate.report.path.layout import layout
from mitate.report.path.scope import scope

ROUTER = "qrouter-139c8061-2b29-4ded-8286-6a675e31d53f"
Measured = Callable[[str], dict[str, Any]]


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', page)


@pytest.mark.slow
class TestInBrowser:
    @pytest.mark.parametrize("name", ["classic", "refused", "hostile"])
    def test_it_fits_a_phone_and_runs_nothing(
        self, name: str, measured: Measured, lab: Topology, request: pytest.FixtureRequest
    ) -> None:
        """The picture scrolls within the page. Its host boxes stand in it, its numbers lead to their hops."""
        path = request.getfixturevalue(name)
        seen = measured(render(path, topology=lab if name != "hostile" else None))
        assert seen["unfolded"][0] <= seen["unfolded"][1] <= 390
        assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)
        assert seen["maxWidth"] == "1664px"  # the style sheet applies, so its hash is right
        assert seen["leads"] is True
        assert seen["drawn"] == (3 if name != "hostile" else 8)
        assert all(re.fullmatch(r"#(way-\d+-hop-\d+|device-\d+)", link) for link in seen["links"])

    def test_it_asks_nobody(self, hostile: Path, asked: Callable[[str], list[str]]) -> None:
        assert [url for url in asked(render(hostile)) if ".test" in url] == ["http://report.test/"]


@pytest.mark.parametrize("name", ["classic", "refused", "too_big", "told_home", "unknown", "hostile"])
def test_every_link_leads_into_the_page(name: str, lab: Topology, request: pytest.FixtureRequest) -> None:
    page = render(request.getfixturevalue(name), topology=lab, whole=True)
    anchors = re.findall(r' id="([^"]*)"', page)
    assert len(anchors) == len(set(anchors))
    assert {link[1:] for link in links(page)} - {"ata:,"} <= set(anchors)
    assert any(link.startswith("#way-") for link in links(page))


def test_it_needs_nothing_else(hostile: Path) -> None:
    text = render(hostile)
    assert "default-src 'none'; style-src 'sha256-" in text
    assert not re.search(
        r"<script|<img|<iframe|\son\w+=|style=|@import|url\(|http-equiv=.refresh", _bare(text)
    )
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count("</svg>") == 1


def _bare(page: str) -> str:
    """The page without its text: what is left are tags."""
    return re.sub(r">[^<]*<", "><", page)


def test_the_ways_are_drawn_and_the_death_marked(classic: Path, refused: Path, lab: Topology) -> None:
    page = render(classic, topology=lab)
    assert page.count('<path class="forward" ') == 9
    assert page.count('class="mark forward"') == 6
    assert page.count('class="mark return"') == 0  # it died where the forward way ended, at the same card
    assert page.count('class="death"') == 1
    page = render(refused, topology=lab)
    assert page.count('<path class="forward would" ') == 1
    assert 'class="mark forward would"' in page
    assert page.count('<path class="return would" ') == 9
    assert '<p class="loud">' in page


def test_the_wrong_one_is_marked(answered: Path, lab: Topology) -> None:
    page = render(answered, topology=lab)
    assert page.count('class="death" href="#way-0-hop-2"') == 1
    assert "would" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).replace(
        "what would have", ""
    )


def test_evidence_stands_behind_the_hop(classic: Path, lab: Topology) -> None:
    page = render(classic, topology=lab)
    hop = re.search(r'<li class="hop" id="way-0-hop-2">.*?</li>\n', page, re.DOTALL)
    assert hop
    assert "to-destination 10.10.0.107" in hop[0]


class TestScope:
    def test_only_what_the_packet_meets(self, healthy: Path, lab: Topology) -> None:
        drawn = scope(healthy, lab)
        assert [host.name for host in drawn.hosts] == ["", "network", "compute1"]
        assert drawn.left == 2
        network = drawn.hosts[1]
        assert [space.space.name[:8] for space in network.spaces] == ["", "qrouter-"]
        assert network.left == 1

    def test_all_when_asked(self, healthy: Path, lab: Topology) -> None:
        assert {host.name for host in scope(healthy, lab, whole=True).hosts} == {
            "",
            "network",
            "compute1",
            "compute2",
            "controller",
        }

    def test_without_a_topology_the_path_tells(self, healthy: Path) -> None:
        assert [host.name for host in scope(healthy, None).hosts] == ["", "network", "compute1"]

    def test_much_is_cut_but_never_what_the_packet_meets(self, healthy: Path, lab: Topology) -> None:
        many = tuple(Space("network", f"qrouter-{number:03}", (device(number),)) for number in range(500))
        own, *rest = lab.hosts[3].spaces
        ports = tuple(Device(At("network", "", f"a{number}"), "veth") for number in range(100))
        own = msgspec.structs.replace(own, devices=ports + own.devices)
        hosts = [
            msgspec.structs.replace(host, spaces=(own, *rest, *many)) if host.name == "network" else host
            for host in lab.hosts
        ]
        crowd = [Host(f"idle{number:02}", (Space(f"idle{number:02}", ""),)) for number in range(30)]
        drawn = scope(healthy, msgspec.structs.replace(lab, hosts=(*hosts, *crowd)), whole=True)
        assert len(drawn.hosts) <= 20
        network = next(host for host in drawn.hosts if host.name == "network")
        assert len(network.spaces) == 12
        assert {"eth1", "eth2", "tap5eecc98f-7a", "tap7bd0dfc9-5c"} <= {
            device.at.device for device in network.spaces[0].devices
        }
        assert network.spaces[0].left == 83
        assert network.left == 491
        assert any(
            space.space.name == "qrouter-139c8061-2b29-4ded-8286-6a675e31d53f" for space in network.spaces
        )


def device(number: int) -> Device:
    return Device(At("network", f"qrouter-{number:03}", f"qr-{number}"), "veth")


def test_nothing_overlaps(lab: Topology) -> None:
    """Twenty hosts: rows lie within their host, hosts apart from one another."""
    hosts = tuple(
        msgspec.structs.replace(lab.hosts[0], name=f"h{number}", spaces=_of(f"h{number}", lab))
        for number in range(20)
    )
    made = layout(scope(None, msgspec.structs.replace(lab, hosts=hosts, edges=(), segments=(), tunnels=())))
    boxes = list(made.hosts.values())
    assert len(boxes) == 20
    for row in made.rows.values():
        box = made.hosts[row.device.at.host]
        assert box.x < row.box.x
        assert row.box.right < box.right
        assert box.y < row.box.y < row.box.y + row.box.height < box.y + box.height
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart_x = one.right < other.x or other.right < one.x
            assert apart_x or one.y + one.height < other.y or other.y + other.height < one.y


def _of(host: str, lab: Topology) -> tuple[Space, ...]:
    replace = msgspec.structs.replace
    return tuple(
        replace(
            space, host=host, devices=tuple(replace(d, at=replace(d.at, host=host)) for d in space.devices)
        )
        for space in lab.hosts[0].spaces
    )


def test_a_topology_alone(lab: Topology) -> None:
    page = draw(lab)
    assert "How the hosts are wired" in page
    assert page.count('class="tunnels"') == 3
    assert "VXLAN 1668, one-sided" in page
    assert page.count('class="wire"') == 6  # five edges, and the card of the external network
    assert 'class="forward' not in page
