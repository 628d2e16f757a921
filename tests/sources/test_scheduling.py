"""The lines of one request out of Nova's logs, and Nova's own commands that only read.

The host is a directory, and Nova's commands on it are scripts that print what real ones printed (Zed).
"""

from __future__ import annotations

from typing import Any

import pytest

from mitate.model.placement import PlacementAudit, SchedulingLine, UpgradeCheck

REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
OTHER = "req-11111111-2222-4333-8444-555555555555"
CONTEXT = "9f6234a2f7af4f44878372f44c6590be 141947b2173247cb957f7986ffc718b4 - - default default"
SCHEDULER = f"""\
2026-11-22 22:25:56.101 81 DEBUG nova.scheduler.manager [None {REQUEST} {CONTEXT}] Starting to schedule
2026-11-22 22:25:56.203 81 DEBUG nova.filters [None {REQUEST} {CONTEXT}] Starting with 12 host(s)
2026-11-22 22:25:56.204 81 INFO nova.filters [None {OTHER} {CONTEXT}] Filter ComputeFilter returned 0 hosts
2026-11-22 22:25:56.205 81 INFO nova.filters [None {REQUEST} {CONTEXT}] Filter NUMATopologyFilter \
returned 0 hosts
2026-11-22 22:25:57.000 81 INFO nova.filters [None {REQUEST} {CONTEXT}] Filtering removed all hosts for the \
request with instance ID 'bf3c4a35-ef05-4a9b-a579-751e33b56c67'. Filter results: \
['ComputeFilter: (start: 12, end: 2)', 'NUMATopologyFilter: (start: 2, end: 0)']
"""
CONDUCTOR = f"""\
2026-11-22 22:25:57.301 60 ERROR nova.conductor.manager [None {REQUEST} {CONTEXT}] Failed to schedule \
instances: NoValidHost: No valid host was found. with password=hunter2secret
"""


@pytest.fixture
def host(fake_host: Any) -> Any:
    fake_host.file("/var/log/nova/nova-scheduler.log", SCHEDULER)
    fake_host.file("/var/log/kolla/nova/nova-super-conductor.log", CONDUCTOR)
    fake_host.file("/var/log/nova/nova-api.log", SCHEDULER)
    return fake_host


def test_the_lines_of_one_request_and_of_no_other(host: Any, each_shell: str, each_awk: str) -> None:
    lines = host.ask("scheduling", shell=each_shell, awk=each_awk, request=REQUEST)
    assert {line.request_id for line in lines} == {REQUEST}
    said = {(line.service, line.level, line.message) for line in lines if isinstance(line, SchedulingLine)}
    assert ("nova-scheduler", "DEBUG", "Starting with 12 host(s)") in said
    assert ("nova-scheduler", "INFO", "Filter NUMATopologyFilter returned 0 hosts") in said
    assert sum(level == "ERROR" for _, level, _ in said) == 1
    assert len(lines) == 5, "what the API logged is not read"
    assert "(start: 12, end: 2)" in max((m for _, _, m in said), key=len)
    assert not [line for line in lines if "hunter2" in line.message]


def test_a_rotated_file_is_read_too(host: Any) -> None:
    host.file("/var/log/nova/nova-scheduler.log.1", SCHEDULER.replace("22:25", "21:25"))
    lines = host.ask("scheduling", request=REQUEST)
    assert len(lines) == 9
    assert {line.service for line in lines} == {"nova-scheduler", "nova-super-conductor"}


def test_the_last_times_that_no_host_was_found(host: Any) -> None:
    lines = host.ask("scheduling_failures")
    assert {line.request_id for line in lines} == {REQUEST, OTHER}
    assert not [line for line in lines if line.level == "DEBUG"]


def test_a_host_without_these_logs_has_none(fake_host: Any) -> None:
    fake_host.tool("journalctl", "exit 0")
    assert fake_host.ask("scheduling", request=REQUEST) == []


def test_the_journal_where_there_are_no_files(fake_host: Any) -> None:
    line = SCHEDULER.splitlines()[1].partition(" 81 ")[2]
    fake_host.tool("journalctl", f"echo '1795361521.450000 controller nova-scheduler[81]: {line}'")
    lines = fake_host.ask("scheduling", request=REQUEST)
    assert [(each.service, each.message) for each in lines] == [
        ("nova-scheduler", "Starting with 12 host(s)")
    ]


UPGRADE = """\
+-------------------------------------------------------------------+
| Upgrade Check Results                                             |
+-------------------------------------------------------------------+
| Check: Cells v2                                                   |
| Result: Failure                                                   |
| Details: No host mappings found but there are compute nodes. Run  |
|   command 'nova-manage cell_v2 simple_cell_setup' and then retry. |
+-------------------------------------------------------------------+
| Check: Placement API                                              |
| Result: Success                                                   |
| Details: None                                                     |
+-------------------------------------------------------------------+
"""
AUDIT = """\
Allocations were set against consumer UUID 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe but no existing instances or \
active migrations are related.
Allocations for consumer UUID 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe on Resource Provider \
4e8e5957-649f-477b-9e5b-f1f75b21c03c can be deleted: {'resources': {'VCPU': 1, 'MEMORY_MB': 128}}
Processed 1 allocation.
"""


def test_the_upgrade_check_is_run_beside_the_scheduler(
    fake_host: Any, each_shell: str, each_awk: str
) -> None:
    fake_host.process(81, "/usr/bin/python3 /usr/bin/nova-scheduler --config-file=/etc/nova/nova.conf")
    (fake_host.root / "usr/bin").mkdir(parents=True)
    fake_host.tool("nova-status", f"echo warned >&2\ncat <<'EOF'\n{UPGRADE}EOF\nexit 2")
    told = fake_host.ask("upgrade_check", shell=each_shell, awk=each_awk)
    assert [(each.name, each.result) for each in told if isinstance(each, UpgradeCheck)] == [
        ("Cells v2", "failure"),
        ("Placement API", "success"),
    ]
    assert told[0].details.startswith("No host mappings found but there are compute nodes.")
    assert told[0].details.endswith("and then retry.")
    assert told[1].details == ""


def test_the_audit_deletes_nothing(fake_host: Any) -> None:
    fake_host.process(81, "/usr/bin/python3 /usr/bin/nova-scheduler")
    (fake_host.root / "usr/bin").mkdir(parents=True)
    fake_host.tool("nova-manage", f"echo \"$*\" >{fake_host.bin}/told\ncat <<'EOF'\n{AUDIT}EOF\nexit 3")
    told = fake_host.ask("placement_audit")
    assert [each.orphans for each in told if isinstance(each, PlacementAudit)] == [
        (("8fd71303-f915-4cbc-bc8f-70ed05ab1dfe", "{'resources': {'VCPU': 1, 'MEMORY_MB': 128}}"),)
    ]
    assert (fake_host.bin / "told").read_text() == "--log-file=/dev/null placement audit --verbose\n"


@pytest.mark.parametrize("name", ["upgrade_check", "placement_audit"])
def test_what_could_not_look_says_so_and_elsewhere_there_is_nothing_to_ask(fake_host: Any, name: str) -> None:
    assert fake_host.ask(name) == []
    fake_host.process(81, "/usr/bin/python3 /usr/bin/nova-scheduler")
    (fake_host.root / "usr/bin").mkdir(parents=True)
    for command in ("nova-status", "nova-manage"):
        fake_host.tool(command, "echo Traceback; exit 255")
    done = fake_host.run(name)
    assert done.returncode == 1
    assert "ended with exit status 255" in done.stderr
    assert "Traceback" not in done.stdout
