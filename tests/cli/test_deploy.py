"""What deploy/ and the README tell people to type: every command line is one that the program understands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mitate.cli.main import build_parser

ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())


def command_lines(path: Path) -> Iterator[str]:
    """Every ``mitate …`` of a file that is meant to be run, continued lines joined."""
    text = path.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        found = re.search(r"(?:^\s*|[/ \t=])mitate (check|record|explain|lab) [^#;`]*", line)
        if found and not line.lstrip().startswith(("//", "#", ";")):
            yield found[0].split("mitate ", 1)[1].strip()


LINES = [(path.name, line) for path in (*FILES, ROOT / "README.md") for line in command_lines(path)]


@pytest.mark.parametrize(("file", "line"), LINES)
def test_the_program_understands_it(file: str, line: str) -> None:
    words = [word for word in shlex.split(line) if not re.fullmatch(r"[\[\]|)]+", word)]
    arguments = build_parser().parse_args(words)
    assert arguments.command in {"check", "record", "explain", "lab"}


def test_there_are_some() -> None:
    assert {"Jenkinsfile", "README.md", "mitate.cfg", "mitate@.service"} <= {file for file, _ in LINES}


def test_no_secret_stands_on_a_command_line() -> None:
    for path in FILES:
        assert not re.search(r"--notify (?!env:|file:)", path.read_text())


def test_the_jenkinsfile_is_balanced() -> None:
    """No Jenkins is here to read it; at least every bracket and quote is closed."""
    text = re.sub(
        r"'''.*?'''|'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*",
        "",
        (ROOT / "deploy/Jenkinsfile").read_text(),
        flags=re.DOTALL,
    )
    opened: list[str] = []
    for bracket in re.findall(r"[][(){}]", text):
        if bracket in "([{":
            opened.append(bracket)
        else:
            assert opened.pop() + bracket in ("()", "[]", "{}")
    assert not opened
    assert "'" not in text
    assert '"' not in text


def test_the_container_copies_what_is_there() -> None:
    text = (ROOT / "deploy/Containerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for name in line.split()]
    assert "src" in copied
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", ["mitate@.service", "mitate@.timer"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    """All that it may miss is the program, which is not installed in /opt here."""
    for path in (ROOT / "deploy/systemd").iterdir():
        text = path.read_text().replace("/opt/mitate/bin/mitate", "/bin/true")
        (tmp_path / path.name.replace("@.", "@east.")).write_text(text)
    name = tmp_path / unit.replace("@.", "@east.")
    done = subprocess.run(["systemd-analyze", "verify", name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("nagios4") is None, reason="nagios4 (package nagios4-core) is not installed")
def test_nagios_takes_the_definitions(tmp_path: Path) -> None:
    """A real Nagios checks them, beside a host, a contact and a time period of its own."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    week = "\n".join(f"{day} 00:00-24:00" for day in days)
    (tmp_path / "own.cfg").write_text(
        f"""
define timeperiod {{
timeperiod_name 24x7
alias always
{week}
}}
define command {{
command_name nobody
command_line /bin/true
}}
define contact {{
contact_name nobody
host_notification_commands nobody
service_notification_commands nobody
host_notification_period 24x7
service_notification_period 24x7
}}
define contactgroup {{
contactgroup_name admins
members nobody
}}
define host {{
host_name mycloud
address 127.0.0.1
max_check_attempts 1
check_period 24x7
notification_period 24x7
contacts nobody
}}
"""
    )
    (tmp_path / "nagios.cfg").write_text(
        f"log_file={tmp_path}/log\ncfg_file={tmp_path}/own.cfg\ncfg_file={ROOT}/deploy/nagios/mitate.cfg\n"
        f"nagios_user=root\nnagios_group=root\ncheck_result_path={tmp_path}\nillegal_macro_output_chars=`~$&|'\"<>\n"
    )
    done = subprocess.run(
        ["nagios4", "-v", tmp_path / "nagios.cfg"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "Total Warnings: 0\n" in done.stdout
    assert "Total Errors:   0\n" in done.stdout
