"""The HTML report in a real browser: it asks nobody for anything, runs nothing, and fits a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mitate.model.diagnosis import Diagnosis
from mitate.report.html import render


@pytest.mark.slow
class TestInBrowser:
    @pytest.mark.parametrize("name", ["broken", "hostile", "unseen"])
    def test_it_fits_a_phone_and_runs_nothing(
        self, name: str, measured: Callable[[str], dict[str, Any]], request: pytest.FixtureRequest
    ) -> None:
        """390 pixels: nothing sticks out, folded or not; the style sheet applies, so its hash is right."""
        seen = measured(render(request.getfixturevalue(name)))
        assert seen["folded"][0] <= seen["folded"][1] <= 390
        assert seen["unfolded"][0] <= seen["unfolded"][1] <= 390
        assert seen["maxWidth"] == "928px"
        assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)

    def test_it_asks_nobody(self, hostile: Diagnosis, asked: Callable[[str], list[str]]) -> None:
        requests = asked(render(hostile))
        assert [url for url in requests if ".test" in url] == ["http://report.test/"]
        assert not [url for url in requests if "evil.example" in url]

    def test_a_page_that_does_ask_is_caught(self, asked: Callable[[str], list[str]]) -> None:
        assert "http://other.test/x.png" in asked("<img src='http://other.test/x.png'>")


def test_it_needs_nothing_else(hostile: Diagnosis) -> None:
    text = render(hostile)
    assert "default-src 'none'; style-src 'sha256-" in text
    assert not re.search(r"<script|<img|<iframe|\son\w+=|style=|@import|url\(|http-equiv=.refresh", text)
    assert re.findall(r'(?:href|src)="([^"]*)"', text) == ["data:,"]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_it_says_what_matters(broken: Diagnosis) -> None:
    text = render(broken)
    for words in (
        "2 causes explain 25 problems.",
        "Linux bridge agent on compute1 is there as process 812",
        "<pre><code>ssh compute1 sudo kill -CONT 812</code></pre>",
        "Explains 23 other findings: 22 × port_down, 1 × server_unreachable",
        "permission denied",
        "2.1 s, 23 API requests, 6 hosts",
    ):
        assert words in text
    assert text.count("<details open>") == 1


def test_what_was_only_sampled_is_said_under_the_summary(sampled: Diagnosis) -> None:
    assert (
        "<p>58 checks, all OK</p>\n<p>path_broken: of 512 floating IPs an even sample of 200 was walked; "
        "&lt;b&gt;of&lt;/b&gt; 300 routers 200</p>\n</header>"
    ) in render(sampled)


def test_a_healthy_cloud(healthy: Diagnosis) -> None:
    text = render(healthy)
    assert "✔ Nothing is wrong." in text
    assert "<article" not in text
    assert "Could not be seen" not in text


def test_ten_thousand_findings_stay_readable(huge: Diagnosis) -> None:
    assert len(render(huge)) < 10_000_000
