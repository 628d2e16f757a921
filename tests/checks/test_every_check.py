"""What holds for every check, whoever wrote it."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate.analyze.check import HEADINGS, Check, all_checks
from mitate.analyze.life import ENABLED
from mitate.model import change, host
from mitate.model.diagnosis import State
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact
from tests.checks.conftest import World

HERE = Path(__file__).parent
CASES = ("test_problem", "test_ok", "test_unknown")

every_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)


@every_check
def test_empty_snapshot_is_unknown(check: Check) -> None:
    outcome = check.run(snapshot("nothing", datetime(2026, 1, 1, tzinfo=UTC), []))
    assert outcome.state is State.UNKNOWN
    assert outcome.unknown_because


@every_check
def test_file_function_and_id_are_one_name(check: Check) -> None:
    assert check.find.__name__ == check.id
    assert Path(inspect.getfile(check.find)).stem == check.id


@every_check
def test_declares_as_many_kinds_as_it_takes(check: Check) -> None:
    takes = 1 if check.walks else len(check.needs) + len(check.helps)
    assert len(inspect.signature(check.find).parameters) == takes
    assert check.needs


@every_check
def test_manual_has_a_title_and_its_headings(check: Check) -> None:
    lines = check.manual.splitlines()
    assert lines[0].endswith(".")
    assert not lines[1]
    headings = [line for line in lines[1:] if line and not line.startswith(" ")]
    assert tuple(headings) == HEADINGS
    assert all(len(line) <= 108 for line in lines)


@every_check
def test_has_its_three_cases(check: Check) -> None:
    """tests/checks/test_ID.py: functions that begin with test_problem, test_ok and test_unknown."""
    tree = ast.parse((HERE / f"test_{check.id}.py").read_text("utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for case in CASES:
        assert any(name.startswith(case) for name in names), f"{check.id} has no {case}…"


def test_no_test_without_its_check() -> None:
    """A test_ID.py is about a check of that id."""
    tested = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {"every_check"}
    assert tested <= {check.id for check in all_checks()}


def test_the_page_about_openstack_detective_names_checks_that_exist() -> None:
    page = (HERE.parents[1] / "docs" / "openstack-detective.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page))
    assert named <= {check.id for check in all_checks()}


def test_a_disabled_unit_is_nobodys_problem() -> None:
    assert not {"disabled", "masked", "static", "indirect"} & set(ENABLED)


# -- one host of three does not answer ----------------------------------------------------------------------


def _host(world: World, name: str) -> None:
    """A host on which everything is as it should be: what differences and logs are looked for in."""
    log = f"/var/log/nova/{name}.log"
    world.add(host.HostIdentity, name, hostname=name)
    for package in ("nova-common", "neutron-common"):
        version = "2:26.2.2-1" if package == "nova-common" else "2:21.0.0-7"
        world.add(change.Package, name, name=package, version=version, installed_at=world.ago(900_000))
    world.process("nova-compute", name)
    world.option("nova-compute", name, "cpu_allocation_ratio", "4.0")
    for service in ("nova-conductor", "nova-compute"):
        world.option(service, name, "transport_url", "rabbit://***@k1/", digest="a" * 32)
    world.option("nova-api-metadata", name, "service_metadata_proxy", "true", section="neutron")
    for service, section in (("nova-api-metadata", "neutron"), ("neutron-metadata-agent", "DEFAULT")):
        secret = "metadata_proxy_shared_secret"
        world.option(service, name, secret, section=section, digest="b" * 32, file=f"/etc/{service}.conf")
    world.add(host.OpenLog, name, service="nova-compute", file=log)
    world.add(host.LogFile, name, service="nova-compute", file=log)
    world.log("nova-compute", name, "Nothing of note", level="WARNING", file=log)


DIFFERENCES = (
    *("config_newer_than_process", "log_flooded", "log_stopped_growing", "metadata_secret_differs"),
    *("option_differs_among_equals", "option_unknown", "package_differs_among_equals"),
    *("package_newer_than_process", "transport_url_differs"),
)
_CHECKS = {check.id: check for check in all_checks()}


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n in DIFFERENCES for k in _CHECKS[n].needs])
def test_a_host_that_does_not_answer_is_neither_fine_nor_different(
    world: World, name: str, kind: type[Fact]
) -> None:
    """What it did not tell is UNKNOWN, with the reason: it lacks nothing, and it is not like the others."""
    for each in ("c1", "c2", "c3"):
        _host(world, each)
    assert world.state(_CHECKS[name]) is State.OK
    world.facts = [fact for fact in world.facts if fact.source.host != "c3" or not isinstance(fact, kind)]
    world.gap("c3", kind, why="no answer within 30 s")
    outcome = world.run(_CHECKS[name])
    assert outcome.state is State.UNKNOWN
    assert not outcome.findings
    assert {gap.where for gap in outcome.unknown_because} == {"c3"}
    assert "no answer within 30 s" in [gap.why for gap in outcome.unknown_because]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_no_answer_of_a_host_at_all(world: World, name: str) -> None:
    for each in ("c1", "c2"):
        _host(world, each)
    world.gap("c3", *_CHECKS[name].needs, why="it cannot be reached")
    outcome = world.run(_CHECKS[name])
    assert outcome.state is State.UNKNOWN
    assert not outcome.findings
    assert {gap.where for gap in outcome.unknown_because} == {"c3"}
