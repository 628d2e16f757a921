"""The page: it says what the text says, needs nothing else, and no name can break out of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import msgspec
import pytest

from mitate.model.placement import Explanation, HostAnswer
from mitate.report.placement import format_named
from mitate.report.placement.html import render

ALL = ("candidate", "filtered", "echo", "fits", "blind", "many")
Measured = Callable[[str], dict[str, Any]]


def bare(page: str) -> str:
    """The page without its text: what is left are tags."""
    return re.sub(r">[^<]*<", "><", page)


def words(page: str) -> str:
    """What a reader sees."""
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)))


@pytest.mark.slow
class TestInBrowser:
    @pytest.mark.parametrize("name", ["candidate", "filtered", "many"])
    def test_it_fits_a_phone_and_runs_nothing(
        self, name: str, measured: Measured, request: pytest.FixtureRequest
    ) -> None:
        """Wide tables scroll within the page, whose own width is the phone's, also with all unfolded."""
        seen = measured(render(request.getfixturevalue(name)))
        assert seen["unfolded"][0] <= seen["unfolded"][1] <= 390
        assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)
        assert seen["maxWidth"] == "928px"  # the style sheet applies, so its hash is right
        assert all(re.fullmatch(r"#host-\d+", link) for link in seen["links"])

    def test_no_name_runs_anything(self, hostile: list[Explanation], measured: Measured) -> None:
        for explanation in hostile[:4]:
            seen = measured(render(explanation))
            assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)
            assert seen["unfolded"][0] <= seen["unfolded"][1] <= 390

    def test_it_asks_nobody(self, hostile: list[Explanation], asked: Callable[[str], list[str]]) -> None:
        assert [url for url in asked(render(hostile[0])) if ".test" in url] == ["http://report.test/"]


@pytest.mark.parametrize("name", ALL)
def test_every_link_leads_into_the_page(name: str, request: pytest.FixtureRequest) -> None:
    page = render(request.getfixturevalue(name))
    anchors = re.findall(r' id="([^"]*)"', page)
    assert len(anchors) == len(set(anchors))
    links = set(re.findall(r'<a href="#([^"]*)"', page))
    assert links
    assert links <= set(anchors)


def test_it_needs_nothing_else(hostile: list[Explanation]) -> None:
    pages = [render(explanation) for explanation in hostile]
    for page in pages:
        assert "default-src 'none'; style-src 'sha256-" in page
        assert not re.search(
            r"<script|<img|<iframe|\son\w+=|style=|@import|url\(|http-equiv=.refresh", bare(page)
        )
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
        assert bare(page).count("</body>") == 1
        assert len(page) < 60_000
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]
    assert (
        len({bare(page).count("<") for page in pages if "two lines" not in page}) == 1
    )  # no name adds a tag


def test_the_answer_comes_first(candidate: Explanation, echo: Explanation) -> None:
    said = words(render(candidate))
    order = [
        "✘ No provider has 64 VCPU free",
        "Placement has no candidate to offer",
        "64 VCPU (flavour m1.huge)",
        "Hosts left after each stage",
        "The smallest changes that would give a host",
        "Host by host",
        "The hosts nearest to fitting",
        "What fits now",
        "Assumed",
        "Could not be seen",
    ]
    places = [said.index(each) for each in order]
    assert places == sorted(places)
    said = words(render(echo))
    assert said.index("Binding failed for the port of big1") < said.index("Hosts left after each stage")


def test_the_bars_of_the_waterfall(filtered: Explanation) -> None:
    page = render(filtered)
    bars = re.findall(r"<svg .*?</svg>", page)
    assert len(bars) == len(filtered.waterfall)
    parts = [
        [
            (look, float(width))
            for look, width in re.findall(r'class="(\w+)" x="[\d.]+" y="0" width="([\d.]+)"', bar)
        ]
        for bar in bars
    ]
    assert parts == [
        [("remains", 100)],
        [("remains", 100)],
        [("remains", 33.33), ("lost", 66.67)],
        [("remains", 25), ("doubt", 8.33)],
        [("lost", 33.33)],
    ]
    assert "5 ≠" in words(page)


def test_each_host_with_every_stage(filtered: Explanation, candidate: Explanation) -> None:
    """Passed, its own no, and what it was not asked any more; a host that remains passed all."""
    page = render(filtered)
    assert stages_of(page, "az1-0") == ["✔", "✘", "", ""]
    assert stages_of(page, "az2-1") == ["✔", "✔", "✔", "✘"]
    assert stages_of(page, "az2-4") == ["✔", "✔", "✔", "✔", "?"]
    page = render(candidate)
    assert stages_of(page, "compute4") == ["✔", "✔", "✘", "", "", "✘"]


def test_a_no_that_the_waterfall_does_not_know(filtered: Explanation) -> None:
    answer = msgspec.structs.replace(filtered.hosts[0], rejected_by="MyFilter", host="odd")
    page = render(msgspec.structs.replace(filtered, hosts=(answer,)))
    assert stages_of(page, "odd") == ["✔", "✔", "✔", "✔", "✘"]


def stages_of(page: str, host: str) -> list[str]:
    """The marks in the table of one host, from the first stage to the last."""
    found = re.search(rf"<details id=[^>]*><summary>[^\n]* {host}</summary>\n(.*?)</table>", page, re.DOTALL)
    assert found
    return [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<tr[^>]*><td>(.*?)</td>", found[1])]


def test_five_thousand_hosts_are_one_page(many: Explanation) -> None:
    page = render(many)
    assert len(page) < 1_000_000
    assert "4,000 hosts say no, wanted 64, available 0 to 28" in words(page)
    assert "… and 3,000 more (--format json)" in words(page)


def test_evidence_stands_with_its_host(candidate: Explanation) -> None:
    page = render(candidate)
    assert page.count("GET /allocation_candidates?resources=VCPU:64") == len(candidate.hosts) + 1


def test_without_hosts_there_is_no_table(candidate: Explanation) -> None:
    page = render(msgspec.structs.replace(candidate, hosts=(), waterfall=(), usages=()))
    assert "Host by host" not in page
    assert "Hosts left" not in page


def test_a_host_may_be_called_anything(fits: Explanation) -> None:
    page = render(msgspec.structs.replace(fits, hosts=(HostAnswer(host='"><a href="x">'),)))
    assert '<a href="x">' not in page


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(LookupError, match="no format 'pdf'"):
        format_named("pdf")
