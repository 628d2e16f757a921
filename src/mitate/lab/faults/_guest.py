"""Inside a server: its serial console, where a shell of root waits for whoever types.

No network is needed for it, so what a fault has cut off can still be reached, and mended.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mitate.lab.topology import SERVERS

if TYPE_CHECKING:
    from mitate.lab import Lab

_CONSOLE = r"""
import os, re, select, subprocess, sys, time

name, script, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])

def virsh(*words):
    return subprocess.run(["virsh", *words], capture_output=True, text=True, check=True).stdout

described = (virsh("dumpxml", domain) for domain in virsh("list", "--name").split())
found = next((xml for xml in described if f"<nova:name>{name}</nova:name>" in xml), None)
if found is None:
    sys.exit(f"no server called {name} runs here")
console = os.open(re.search(r"<source path='(/dev/pts/\d+)'/>", found)[1], os.O_RDWR | os.O_NOCTTY)
# what the terminal echoes has the quotes in it, what the shell prints has not
os.write(console, f"\nstty -echo; echo 'beg''in'; {{ {script}; }} 2>&1; echo 'en''d' $?\n".encode())
seen, deadline = b"", time.monotonic() + limit
while not (end := re.search(rb"begin\r?\n(.*?)end (\d+)\r?\n", seen, re.S)):
    if not select.select([console], [], [], max(0.0, deadline - time.monotonic()))[0]:
        sys.exit(f"the console of {name} is silent: {seen[-200:]!r}")
    seen += os.read(console, 4096)
sys.stdout.write(end[1].decode(errors="replace").replace("\r\n", "\n"))
sys.exit(int(end[2]))
"""


def inside(lab: Lab, server: str, script: str, *, check: bool = True, timeout: float = 20) -> str:
    """Run a script of one line in a server's own shell (busybox); its output and errors together."""
    host = SERVERS.get(server, "compute1")
    words = shlex.join(["python3", "-c", _CONSOLE, server, script, str(timeout)])
    return lab.sh(host, words, check=check, timeout=timeout + 20)
