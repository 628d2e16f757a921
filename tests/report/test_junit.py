"""The JUnit report: valid against a schema, one case for each check, nothing hostile in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mitate.model.diagnosis import Diagnosis, Severity
from mitate.report import Options
from mitate.report.junit import render

XSD = Path(__file__).with_name("junit.xsd")
DIAGNOSES = ("broken", "healthy", "unseen", "noted", "hostile", "huge")


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint (libxml2-utils) is not installed")
@pytest.mark.parametrize("name", DIAGNOSES)
def test_it_is_valid(name: str, request: pytest.FixtureRequest) -> None:
    """xmllint judges; a report with a case too many of one name, or an unknown element, would fail."""
    text = render(request.getfixturevalue(name))
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", XSD, "-"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[:2000]


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint (libxml2-utils) is not installed")
def test_the_schema_does_judge(broken: Diagnosis) -> None:
    text = render(broken).replace("<failure", "<faliure", 1).replace("</failure", "</faliure", 1)
    done = subprocess.run(
        ["xmllint", "--noout", "--schema", XSD, "-"], input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode != 0


def test_a_failure_says_what_why_and_what_next(broken: Diagnosis) -> None:
    cases = {case.get("name"): case for case in ET.fromstring(render(broken))}
    agent = cases["agent_process_frozen"].find("failure")
    assert agent is not None
    assert agent.get("type") == "critical"
    assert str(agent.get("message")).startswith("Linux bridge agent on compute1 is there as process 812")
    assert "compute1, 2026-11-22 13:28:00 UTC: ps -eo pid,stat,args\n    812 T  agent" in str(agent.text)
    assert "do next: ssh compute1 sudo kill -CONT 812" in str(agent.text)
    port = cases["port_down"].find("failure")
    assert port is not None
    assert port.get("message") == "port 10.0.0.0 is DOWN (and 21 more findings)"
    assert "because: Linux bridge agent on compute1" in str(port.text)


def test_what_could_not_be_seen_is_skipped_with_its_reason(unseen: Diagnosis) -> None:
    suite = ET.fromstring(render(unseen))
    skipped = suite.find("testcase[@name='logs_unread']/skipped")
    assert skipped is not None
    assert str(skipped.get("message")).startswith("UNKNOWN: compute2: journal: permission denied; ")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "0", "0", "1"]


def test_below_fail_on_is_no_failure(broken: Diagnosis, noted: Diagnosis) -> None:
    suite = ET.fromstring(render(broken, Options(fail_on=Severity.CRITICAL)))
    assert suite.get("failures") == "2"
    assert ET.fromstring(render(noted)).get("failures") == "0"
    assert "an agent is disabled" in render(noted)


def test_hostile_names_are_words(hostile: Diagnosis) -> None:
    text = render(hostile)
    assert "<script>" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 200_000
    text.encode()
