"""The formats are found by path, and each of them can tell every diagnosis."""

from __future__ import annotations

import pytest

from mitate.model.diagnosis import Diagnosis, Severity
from mitate.report import Options, formats, renderer


def test_the_formats() -> None:
    assert formats() == ("html", "json", "junit", "nagios", "svg", "text")


def test_an_unknown_format() -> None:
    with pytest.raises(LookupError, match="there is no format 'pdf'; there are html, json"):
        renderer("pdf")


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("name", ["broken", "healthy", "unseen", "noted", "hostile"])
@pytest.mark.parametrize("fail_on", list(Severity))
def test_each_tells_each(format: str, name: str, fail_on: Severity, request: pytest.FixtureRequest) -> None:
    diagnosis: Diagnosis = request.getfixturevalue(name)
    text = renderer(format)(diagnosis, Options(fail_on=fail_on))
    assert text.endswith("\n")
    text.encode()
