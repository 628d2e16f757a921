"""The picture: well-formed, from nowhere else, and nothing hostile in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from mitate.model.diagnosis import Diagnosis
from mitate.report.svg import render


@pytest.mark.parametrize("name", ["broken", "healthy", "hostile"])
def test_it_stands_alone(name: str, request: pytest.FixtureRequest) -> None:
    text = render(request.getfixturevalue(name))
    ET.fromstring(text.encode())
    assert not re.search(r"@font-face|@import|<image|<script|href=|src=|url\((?!#)", text)


def test_it_shows_the_text(broken: Diagnosis) -> None:
    words = "".join(ET.fromstring(render(broken).encode()).itertext()).replace("\xa0", " ")
    assert "2 causes explain 25 problems." in words
    assert "ssh compute1 sudo kill -CONT 812" in words


def test_the_same_diagnosis_gives_the_same_picture(broken: Diagnosis) -> None:
    assert render(broken) == render(broken)
