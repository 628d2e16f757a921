"""The diagnosis as JUnit XML, as Jenkins' JUnit plugin and GitLab read it: one test case for each check.

A finding at or above ``fail_on`` is a failure; a check that could not see enough is skipped, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from mitate.model.diagnosis import Diagnosis, Finding, Outcome
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import cost, headline
from mitate.report.digest.words import clean, clean_lines, count, moment, place, stamp

FINDINGS = 100
"""Findings of one check that are written out."""

_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    because = {finding.key: cause.finding.says for cause in diagnosis.causes for finding in cause.explains}
    suite = ET.Element("testsuite")
    failures = skipped = 0
    for outcome in diagnosis.outcomes:
        case = ET.SubElement(suite, "testcase", name=outcome.check, time="0")
        case.set("classname", f"mitate.{_name(diagnosis.cloud)}")
        if alarms := [f for f in outcome.findings if f.severity.rank >= options.fail_on.rank]:
            failures += 1
            more = f" (and {count(len(alarms) - 1, 'more finding')})" if len(alarms) > 1 else ""
            worst = max(alarms, key=lambda finding: finding.severity.rank)
            failure = ET.SubElement(case, "failure", type=worst.severity.value)
            failure.set("message", clean(worst.says, 500) + more)
            failure.text = "\n".join(_told(alarms, because, diagnosis))
        elif outcome.unknown_because:
            skipped += 1
            ET.SubElement(case, "skipped", message=_unknown(outcome))
        if notes := [f for f in outcome.findings if f.severity.rank < options.fail_on.rank]:
            ET.SubElement(case, "system-out").text = "\n".join(_told(notes, because, diagnosis))
    numbers = {"tests": len(diagnosis.outcomes), "failures": failures, "errors": 0, "skipped": skipped}
    suite.set("name", f"mitate {clean(diagnosis.cloud, 60)}")
    suite.set("timestamp", stamp(diagnosis.taken_at)[:-1])
    suite.set("time", f"{diagnosis.took_s:.3f}")
    for name, number in numbers.items():
        suite.set(name, str(number))
    told = [headline(diagnosis, options.fail_on), f"Cost: {cost(diagnosis)}"]
    ET.SubElement(suite, "system-out").text = "\n".join(told)
    _mend(suite)
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _told(
    findings: list[Finding], because: dict[tuple[str, str, str], str], diagnosis: Diagnosis
) -> Iterator[str]:
    for finding in findings[:FINDINGS]:
        yield f"{finding.severity.upper()}: {clean(finding.says, 600)}"
        if cause := because.get(finding.key):
            yield f"  because: {clean(cause, 600)}"
        for evidence in finding.evidence:
            yield f"  {clean(place(evidence.host), 60)}, {moment(evidence.at)}: {clean(evidence.asked)}"
            yield from (f"    {line}" for line in clean_lines(evidence.excerpt, 20))
        yield from (f"  do next: {clean(command, 1000)}" for command in finding.fix)
    if len(findings) > FINDINGS:
        yield f"… and {count(len(findings) - FINDINGS, 'more finding')}"


def _unknown(outcome: Outcome) -> str:
    shown = "; ".join(clean(str(gap)) for gap in outcome.unknown_because[:5])
    more = len(outcome.unknown_because) - 5
    return f"UNKNOWN: {shown}" + (f"; and {count(more, 'more gap')}" if more > 0 else "")


def _name(cloud: str) -> str:
    """Jenkins splits a class name at its dots into packages."""
    return clean(cloud, 60).replace(".", "_") or "cloud"


def _mend(suite: ET.Element) -> None:
    """Leave out what XML 1.0 cannot hold, wherever it came from."""
    for element in suite.iter():
        element.text = element.text and _NO_XML.sub("", element.text)
        for name, value in element.items():
            element.set(name, _NO_XML.sub("", value))
