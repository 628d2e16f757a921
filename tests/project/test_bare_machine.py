"""``./run demo`` on a bare Debian: nothing there but sh and apt.

A minimal Debian is made by debootstrap once and kept in the cache folder; each run gets a throw-away copy
of it, with this machine's ways to Debian's packages and Python's (read from apt's and pip's own settings).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "/var/cache")) / "mitate" / "bare"
WAYS = {
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "cert",
    "proxy",
    "timeout",
    "default-timeout",
}
"""The settings of pip that say how packages are reached."""
INSIDE = Path(__file__).with_name("in_bare_root.sh")
SCRIPT = """
set -e
for tool in python3 pip git make gcc curl sudo; do ! command -v $tool; done
/root/mitate/run demo
echo NEXT
/root/mitate/run demo
echo NEXT
cp -R /root/mitate /var/tmp/mitate
chown -R nobody /var/tmp/mitate
cd /var/tmp/mitate
HOME=/var/tmp setpriv --reuid=nobody --regid=nogroup --clear-groups ./run demo
"""

pytestmark = pytest.mark.slow


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def why_not() -> str:
    """What is missing to make a bare root, "" when nothing is."""
    if os.geteuid() != 0:
        return "needs root, to make a bare Debian and change into it"
    for tool in ("debootstrap", "unshare", "chroot", "apt-get"):
        if shutil.which(tool) is None:
            return f"needs {tool}"
    return "" if debian() else "needs a machine whose apt knows a Debian mirror"


def debian() -> dict[str, str]:
    """This machine's Debian mirrors by suite: {"bookworm": URL, "bookworm-security": URL, ...}."""
    lines = output(
        "apt-get",
        "indextargets",
        "--format",
        "$(ORIGIN)|$(SUITE)|$(CODENAME)|$(REPO_URI)",
        "Created-By: Packages",
    )
    rows = [line.split("|") for line in lines.splitlines()]
    return {codename or suite: uri for origin, suite, codename, uri in rows if origin == "Debian"}


def bare_root(suite: str) -> Path:
    """A minimal Debian of that suite, out of the cache or made now."""
    root = CACHE / suite
    if not (root / "made").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        mirror = next(uri for name, uri in debian().items() if "-" not in name)
        subprocess.run(
            ["debootstrap", "--variant=minbase", suite, str(root), mirror],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (root / "made").touch()
    return root


def settings(etc: Path, suite: str) -> list[Path]:
    """Writes this machine's ways out into ``etc``; returns the folders that they name."""
    own = output("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME").strip()
    (etc / "apt").mkdir(parents=True)
    (etc / "apt/sources.list").write_text(
        "".join(f"deb {uri} {name.replace(own, suite)} main\n" for name, uri in debian().items())
    )
    (etc / "resolv.conf").write_text(Path("/etc/resolv.conf").read_text())
    shown = output(sys.executable, "-m", "pip", "config", "list")
    pairs = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    said = {name.rsplit(".", 1)[1]: value.strip("'") for name, value in pairs.items()}
    known = {name: value for name, value in said.items() if name in WAYS}  # not what it would rather install
    lines = ["[global]"]
    if cert := known.get("cert"):
        shutil.copy(cert, etc / "machine-ca.crt")
        known["cert"] = "/etc/machine-ca.crt"
    lines += [f"{name} = {value}" for name, value in known.items()]
    (etc / "pip.conf").write_text("\n".join(lines) + "\n")
    local = " ".join(known.get(name, "") for name in ("index-url", "extra-index-url", "find-links")).split()
    # an index and its files lie side by side
    folders = {Path(urlsplit(place).path).parent for place in local if urlsplit(place).scheme in ("", "file")}
    return sorted(folder for folder in folders if folder.is_dir())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a clone of the project holds."""
    left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info")
    return Path(shutil.copytree(ROOT, tmp_path / "mitate", ignore=left_out))


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.timeout(900)
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_demo_on_a_bare_debian(checkout: Path, tmp_path: Path, suite: str) -> None:
    """It installs what is missing, says so, shows the diagnosis, and says what to type next; then again, and
    in a copy of the folder (whose .venv points elsewhere) without root."""
    root = bare_root(suite)
    binds = settings(tmp_path / "etc", suite)
    (tmp_path / "mem").mkdir()
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", str(INSIDE)]
    inside += [str(root), str(tmp_path), ",".join(map(str, binds)), "sh", "-c", SCRIPT]
    began = time.monotonic()
    done = subprocess.run(inside, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    print(f"{suite}: {time.monotonic() - began:.0f} s\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    bare, again, own = done.stdout.split("NEXT\n")
    assert "installing python3 python3-venv" in bare
    assert "making .venv" in bare
    assert "installing" not in again and "making" not in again  # all is there
    assert "installing" not in own and "making .venv" in own  # without root, nothing but the folder changes
    for told in (bare, again, own):
        assert re.search(r"agent|service|server|network", told.split("That was")[0])  # a cause of something
        assert "mitate check --cloud NAME" in told
    assert not list((tmp_path / "mem").iterdir())
