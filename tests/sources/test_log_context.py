"""What stands around an event in the logs of a host: a directory here; the script and the tools are real."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.collect.slots import fits
from mitate.model.log_answer import LogAround

LOG = "/var/log/nova/nova-compute.log"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
WHO = "9f6234a2f7af4f44878372f44c6590be 141947b2173247cb957f7986ffc718b4 - - default default"
CONTEXT = f"[None {REQUEST} {WHO}]"
HEAD = "2026-11-22 22:25:56.203 81 ERROR nova.compute.manager"
AT = "1795386356.203"


def lines() -> str:
    """Ten steps of one process, with an error after the fifth; another process writes in between."""
    text = ""
    for number in range(10):
        text += f"2026-11-22 22:25:5{number}.101 81 INFO nova.virt {CONTEXT} Step {number} password=hunter2\n"
        text += f"2026-11-22 22:25:5{number}.150 82 INFO nova.virt {CONTEXT} Somebody else\n"
        if number == 6:
            text += (
                f"{HEAD} {CONTEXT} No spawn\n{HEAD} Traceback (most recent call last):\n{HEAD} KeyError: 0\n"
            )
    return text


def words(said: tuple[str, ...]) -> list[str]:
    return [line.partition("Step ")[2][:1] for line in said]


@pytest.fixture
def host(fake_host: Any) -> Any:
    fake_host.file(LOG, lines())
    return fake_host


def test_around_an_error(host: Any, each_shell: str, each_awk: str) -> None:
    (found,) = host.ask("log_context", shell=each_shell, awk=each_awk, examples=f"{LOG}={AT}=81")
    assert isinstance(found, LogAround)
    assert (found.file, found.moment, found.process) == (LOG, AT, 81)
    assert words(found.before) == ["2", "3", "4", "5", "6"]
    assert words(found.after) == ["7", "8", "9"]
    assert found.before[-1].startswith("22:25:56.101 INFO nova.virt Step 6")
    assert "hunter" not in repr(found)


def test_several_at_once(host: Any) -> None:
    host.file("/var/log/nova/nova-api.log", f"{HEAD} {CONTEXT} No answer\n")
    asked = f"{LOG}={AT}=81,/var/log/nova/nova-api.log={AT}=0,{LOG}=1795386356.999=81"
    one, two, three = host.ask("log_context", examples=asked)
    assert len(one.before) == 5
    assert (two.before, two.after, three.before) == ((), (), ())


def test_only_logs_of_services_are_read(host: Any) -> None:
    host.file(
        "/etc/shadow.log", f"{HEAD} {CONTEXT} hush\n2026-11-22 22:25:57.203 81 INFO nova.virt [-] hush\n"
    )
    (found,) = host.ask("log_context", examples=f"/etc/shadow.log={AT}=0")
    assert (found.before, found.after) == ((), ())
    assert not fits("examples", f"/var/log/../../etc/shadow={AT}=0;reboot")
    assert not fits("examples", f"{LOG}={AT}=0 {LOG}")


def test_around_an_error_in_the_journal(host: Any) -> None:
    (host.root / LOG.lstrip("/")).unlink()
    rows = [f"17953863{n}.203000 c1 nova-compute[81]: INFO nova.virt [-] Step {n}" for n in range(40, 70)]
    rows.insert(17, f"{AT}000 c1 nova-compute[81]: ERROR nova.virt [-] No spawn")
    journal = host.file("/journal", "\n".join(rows) + "\n")
    host.tool("journalctl", f"cat {journal}")
    (found,) = host.ask("log_context", examples=f"journal:nova-compute={AT}=81")
    assert (len(found.before), len(found.after)) == (5, 5)
