"""A story whose every word is hostile, in every format; and what a reader finds on top."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import msgspec
import pytest

from mitate.model.source import Gap
from mitate.model.timeline import (
    Clock,
    Entry,
    Followed,
    Kind,
    Outcome,
    Reader,
    RequestSeen,
    Routine,
    Silence,
    Timeline,
    Waiting,
)
from mitate.report import Options
from mitate.report.timeline import FORMATS, format_named
from tests.report.conftest import HOSTILE

NOW = datetime(2026, 11, 22, 13, 28, tzinfo=UTC)
T = NOW.timestamp()
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
ID = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"


def of(word: str) -> Timeline:
    """A story in which every word that a cloud may choose is this one."""
    entries = (
        Entry(at=T, written=T, kind=Kind.ACTION, service=word, says=word, request=REQUEST),
        Entry(at=T + 1, written=T, kind=Kind.CALL, host=word, service="b", says=word, caller=("a", word)),
        Entry(at=T + 2, written=T, host=word, service=word, level="DEBUG", says=word),
        Entry(at=T + 3, written=T, host=word, service=word, level="DEBUG", says=word),
        Entry(
            at=T + 64,
            written=T,
            exact=False,
            host=word,
            service=word,
            level="ERROR",
            says=word,
            exception=word,
            origin=word,
            asking=word,
            source=word,
            trouble=True,
        ),
    )
    return Timeline(
        cloud=word,
        taken_at=NOW,
        kind="server",
        id=ID,
        name=word,
        outcome=Outcome.FAILED,
        says=word,
        first_error=4,
        entries=entries,
        silences=(Silence(before=4, seconds=61.0, says=word, waited=word, proved=True),),
        waiting=(Waiting(caller=("a", word), callee=(word, word), how="HTTP", what=word, took_s=1.0),),
        requests=(RequestSeen(id=REQUEST, action=word, began=T, ended=T + 9, services=(word,), lines=3),),
        followed=(Followed(word, word, word),),
        clocks=(Clock(word, -3.2, -3.2, 0.3), Clock("c", 0.0, 0.0, 0.3), Clock("d", None)),
        readers=(Reader(host=word, service=word, file=word, debug=None, lines=1),),
        routine=(Routine(host=word, service=word, says=word, times=9, first=T, last=T + 9),),
        blind=(word,),
        gaps=(Gap(word, word, word),),
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_no_word_of_a_cloud_breaks_out(word: str, form: str) -> None:
    text = format_named(form)(of(word), Options())
    assert "\x1b" not in text
    if form == "html":
        bare = re.sub(r">[^<]*<", "><", text)
        assert "<script" not in text
        assert re.search(r'(?:href|src)="[^"]*evil', bare) is None
        assert re.search(r"\son\w+=", bare) is None
    if form == "text":
        assert "\u202e" not in text
    if form == "json":
        assert json.loads(text)["schema"] == "mitate.timeline/1"


def test_the_page_needs_nothing_else() -> None:
    page = format_named("html")(of("web"), Options())
    assert "Content-Security-Policy" in page
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert "style=" not in page, "the policy allows the style sheet only"


def test_lanes_and_arrows() -> None:
    """A lane for whoever asked or answered; the arrow leads from the one to the other."""
    page = format_named("html")(of("web"), Options())
    heads = re.findall(r'<th class="lane"><b>(.*?)</b> (.*?)</th>', page)
    assert heads == [("web", ""), ("a", "web"), ("b", "web"), ("web", "web")]
    assert page.count('class="head"') == 1
    assert page.count('class="arrow"') == 2, "both ends draw their half"


def test_html_text_and_json_agree() -> None:
    told = of("web")
    page = unescape(re.sub(r"<[^>]*>", " ", format_named("html")(told, Options())))
    text = format_named("text")(told, Options(width=200))
    for words in ("the first error", "61", "3.20 s behind", "and 1 more line"):
        assert words in page.lower() or words in page, words
        assert words in text.lower() or words in text, words


@pytest.mark.parametrize("width", [40, 80, 110])
def test_the_text_keeps_within_its_width(width: int) -> None:
    text = format_named("text")(of("compute1.example.org " * 9), Options(width=width))
    assert max(map(len, text.splitlines())) <= width


def test_a_story_of_nothing() -> None:
    empty = Timeline(cloud="lab", taken_at=NOW, kind="request", id=REQUEST, says="nothing tells anything")
    for form in FORMATS:
        assert "nothing tells anything" in format_named(form)(empty, Options())


def test_long_stories_are_cut_and_it_is_said() -> None:
    told = of("web")
    entry = told.entries[0]
    many = tuple(msgspec.structs.replace(entry, at=T + n, says=f"{n}") for n in range(5000))
    long = msgspec.structs.replace(told, entries=many, silences=(), first_error=None)
    assert "more (--format json has all)" in format_named("text")(long, Options())
    assert "2,000 more" in format_named("html")(long, Options())
    assert len(json.loads(format_named("json")(long, Options()))["entries"]) == 5000


def test_an_unknown_format() -> None:
    with pytest.raises(LookupError, match="html, json, text"):
        format_named("pdf")


@pytest.mark.slow
def test_in_a_browser(measured: Callable[[str], dict[str, Any]]) -> None:
    for word in (HOSTILE[0], "web"):
        seen = measured(format_named("html")(of(word), Options()))
        assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)
        assert seen["unfolded"][0] <= seen["unfolded"][1] <= 390
