"""What a real Nagios makes of the plugin output: state, output, long output and performance data."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mitate.model.diagnosis import Diagnosis
from mitate.report.nagios import STATUS, render, state

NAGIOS = shutil.which("nagios4")
pytestmark = [
    pytest.mark.skipif(NAGIOS is None, reason="nagios4 (package nagios4-core) is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="nagios4 changes its user, which only root can"),
]

MAIN = """\
log_file={here}/nagios.log
cfg_file={here}/objects.cfg
object_cache_file={here}/objects.cache
status_file={here}/status.dat
status_update_interval=1
nagios_user=root
nagios_group=root
check_result_path={here}
temp_file={here}/temp
temp_path={here}
lock_file={here}/lock
command_file={here}/command
query_socket={here}/query
interval_length=1
service_inter_check_delay_method=n
host_inter_check_delay_method=n
illegal_macro_output_chars=`~$&|'"<>
check_for_updates=0
"""

OBJECTS = """\
define command {{
  command_name mitate
  command_line {here}/plugin
}}
define command {{
  command_name nobody
  command_line /bin/true
}}
define timeperiod {{
  timeperiod_name always
  alias always
  {days}
}}
define contact {{
  contact_name nobody
  host_notification_commands nobody
  service_notification_commands nobody
  host_notification_period always
  service_notification_period always
}}
define host {{
  host_name cloud
  address 127.0.0.1
  max_check_attempts 1
  check_period always
  contacts nobody
}}
define service {{
  host_name cloud
  service_description mitate
  check_command mitate
  max_check_attempts 1
  check_interval 600
  check_period always
  contacts nobody
}}
"""

Ask = Callable[[str, int], dict[str, str]]


@contextmanager
def running(config: Path) -> Iterator[None]:
    """A Nagios of its own; its workers are of its process group and end with it."""
    assert NAGIOS
    with subprocess.Popen([NAGIOS, config], stdout=subprocess.DEVNULL, start_new_session=True) as nagios:
        try:
            yield
        finally:
            os.killpg(nagios.pid, signal.SIGTERM)


@pytest.fixture
def nagios(tmp_path: Path) -> Ask:
    """(output, exit status) of a plugin → what Nagios knows of the service after its check."""

    def ask(output: str, status: int) -> dict[str, str]:
        week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        days = "\n  ".join(f"{day} 00:00-24:00" for day in week)
        (tmp_path / "output").write_text(output)
        (tmp_path / "plugin").write_text(f"#!/bin/sh\ncat {tmp_path}/output\nexit {status}\n")
        (tmp_path / "plugin").chmod(0o755)
        (tmp_path / "nagios.cfg").write_text(MAIN.format(here=tmp_path))
        (tmp_path / "objects.cfg").write_text(OBJECTS.format(here=tmp_path, days=days))
        with running(tmp_path / "nagios.cfg"):
            end = time.monotonic() + 30
            while time.monotonic() < end:
                known = checked(tmp_path / "status.dat")
                if known:
                    return known
                time.sleep(0.3)
        raise AssertionError((tmp_path / "nagios.log").read_text())

    return ask


def checked(status: Path) -> dict[str, str]:
    """The service's block of status.dat, once it was checked."""
    try:
        block = re.search(r"servicestatus \{(.*?)\n\t\}", status.read_text(), re.DOTALL)
    except FileNotFoundError:
        return {}
    pairs = (line.strip().partition("=") for line in block[1].splitlines()) if block else ()
    known = {name: value for name, _, value in pairs}
    return known if known.get("has_been_checked") == "1" else {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["broken", "healthy", "unseen", "hostile"])
def test_nagios_understands(name: str, nagios: Ask, request: pytest.FixtureRequest) -> None:
    diagnosis: Diagnosis = request.getfixturevalue(name)
    text = render(diagnosis)
    first, _, rest = text.partition("\n")
    output, _, perfdata = first.partition(" | ")
    known = nagios(text, STATUS[state(diagnosis)])
    assert known["current_state"] == str(STATUS[state(diagnosis)])
    assert known["plugin_output"] == output.strip()
    assert known["performance_data"] == perfdata
    assert known["long_plugin_output"].replace("\\n", "\n").rstrip() == rest.replace("\\", "\\\\").rstrip()
