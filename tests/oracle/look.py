"""The snapshot of a case, asked with mitate's own questions and read by its own parsers."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from functools import cache, partial

from mitate.collect.question import Answer, HostQuestion, SourceOfFacts, all_sources
from mitate.collect.transport.script import Frames, script_for
from mitate.model import net as model
from mitate.model.cloud import FloatingIp, SecurityGroupRule
from mitate.model.ovs import OvsBridge
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import API, Fact, Gap
from tests.oracle import api as neutron_and_nova
from tests.oracle.build import Cloud

_PASSED_OVER = {"traffic", "dhcp_hosts"}
"""Questions about the network that say nothing of the way of a packet."""


@cache
def questions() -> dict[HostQuestion, SourceOfFacts]:
    """Every source that tells what the network of a host is like, by its question."""
    return {
        source.question: source
        for name, source in all_sources().items()
        if isinstance(source.question, HostQuestion)
        and name not in _PASSED_OVER
        and any(kind.__module__ == model.__name__ for kind in source.tells)
    }


def look(cloud: Cloud) -> Snapshot:
    """Ask every host at once. Raises RuntimeError when one cannot be asked."""
    now = datetime.now(UTC)
    script = script_for(list(questions()))
    running = {host: _start(cloud, host, script.text) for host in cloud.plan.hosts}
    facts: list[Fact] = list(neutron_and_nova.facts(cloud.plan, now))
    gaps: list[Gap] = []
    looked = {(type(fact), API) for fact in facts} | {(FloatingIp, API), (SecurityGroupRule, API)}
    by_name = {question.name: question for question in questions()}
    for host, process in running.items():
        said, _ = process.communicate(timeout=60)
        frames = Frames(script)
        for frame in frames.feed(said, 0.0):
            question = by_name[frame.name]
            source = questions()[question]
            if frame.status:
                gaps.append(Gap(host, frame.name, frame.why, tuple(kind.__name__ for kind in source.tells)))
                continue
            facts += source.parse(Answer(frame.name, host, question.asked, now, frame.text.decode()))
            looked |= {(kind, host) for kind in source.tells}
        looked.add((OvsBridge, host))  # there is none: a case is made without Open vSwitch
        if not frames.complete:
            raise RuntimeError(f"{host} did not answer all questions")
    return snapshot("oracle", now, facts, gaps, [(kind.__name__, where) for kind, where in looked])


def _start(cloud: Cloud, host: str, script: str) -> subprocess.Popen[bytes]:
    """A shell that has become the host: in its namespace, with only its namespaces in /run/netns."""
    wanted = {name: name.partition(":")[2] for name in cloud.names if name.startswith(f"{host}:")}
    with cloud.spaces.inside(host):
        process = subprocess.Popen(
            ["sh", "-s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=partial(cloud.spaces.view, wanted),  # noqa: PLW1509 - there are no threads
        )
    assert process.stdin
    with process.stdin as commands:
        commands.write(script.encode())
    process.stdin = None
    return process
