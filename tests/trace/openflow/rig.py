"""A real ovs-vswitchd of a test's own: private directory, userspace dummy datapath, no root, no module.

Interfaces of type dummy stand for taps and the like. Tunnels are left to the datapath's tunnel metadata
(tnl_push_pop off), so that a trace shows their key and addresses without any route.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mitate.analyze.trace.openflow import Switch
from mitate.collect.question import Answer, all_sources
from mitate.model.ovs import OvsBridge, OvsConnection, OvsFdb, OvsFlow, OvsGroup, OvsInterface, OvsPort
from mitate.model.source import Fact

PROGRAMS = ("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl")
SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
AT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
VERSIONS = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14"
HOST = "compute1"


def missing() -> str:
    """What the rig lacks on this machine, "" when nothing."""
    lacks = [name for name in PROGRAMS if not shutil.which(name)]
    return f"Open vSwitch is not installed: {', '.join(lacks)}" if lacks or not SCHEMA.exists() else ""


class Gone(Exception):
    """ovs-vswitchd ended: it asserts that actions are not too long, and some random flows make them so."""


class Rig:
    def __init__(self, where: Path) -> None:
        self.where = where
        self.env = os.environ | {name: str(where) for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR")}
        self._pids: list[int] = []
        self._unixctl: socket.socket | None = None
        self._number = 0
        self._buffer = b""

    def start(self) -> None:
        self.run("ovsdb-tool", "create", "conf.db", str(SCHEMA))
        quiet = ("--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off")
        self.run("ovsdb-server", *quiet, f"--remote=punix:{self.where}/db.sock", "conf.db")
        self._pids.append(int((self.where / "ovsdb-server.pid").read_text()))
        self.run("ovs-vsctl", "--no-wait", "init")
        dummy = ("--enable-dummy=system", "--disable-system", "--disable-system-route")
        self.run("ovs-vswitchd", *quiet, *dummy, f"unix:{self.where}/db.sock")
        self._pids.append(int((self.where / "ovs-vswitchd.pid").read_text()))

    def stop(self) -> None:
        if self._unixctl:
            self._unixctl.close()
        for pid in reversed(self._pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def run(self, *argv: str, text: str = "") -> str:
        done = subprocess.run(
            argv,
            cwd=self.where,
            env=self.env,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        bad = re.search(r"-:(\d+):", done.stderr)
        line = text.splitlines()[int(bad[1]) - 1] if bad and text else ""
        assert done.returncode == 0, f"{argv[:6]}: {done.stderr[-2000:]} {line}"
        return done.stdout

    def vsctl(self, *commands: str) -> None:
        """Commands of ovs-vsctl, each as one text."""
        words = [word for command in commands for word in ("--", *command.split())]
        self.run("ovs-vsctl", "--timeout=20", *words)

    def bridge(self, name: str, *ports: str, secure: bool = True) -> None:
        """ports: ``NAME [column=value …]``, columns of Port before a "/", of Interface behind it."""
        mode = "secure" if secure else "standalone"
        told = [f"add-br {name}", f"set Bridge {name} datapath_type=dummy fail_mode={mode}"]
        told.append(f"set Bridge {name} protocols={VERSIONS},OpenFlow15")
        for number, port in enumerate(ports, 1):
            words, _, columns = port.partition("/")
            device, *tags = words.split()
            told.append(f"add-port {name} {device} {' '.join(tags)}")
            told.append(f"set Interface {device} {columns.strip() or 'type=dummy'} ofport_request={number}")
        self.vsctl(*told)
        self.ask("dpif/set-dp-features", name, "tnl_push_pop", "false")

    def flows(self, bridge: str, flows: list[str], groups: Sequence[str] = (), version: str = "14") -> None:
        self.run("ovs-ofctl", "-O", "OpenFlow14", "del-flows", bridge)
        self.run("ovs-ofctl", "-O", "OpenFlow14", "del-groups", bridge)
        if groups:
            self.run("ovs-ofctl", "-O", "OpenFlow14", "add-groups", bridge, "-", text="\n".join(groups))
        self.run("ovs-ofctl", "-O", f"OpenFlow{version}", "add-flows", bridge, "-", text="\n".join(flows))

    def ask(self, method: str, *words: str) -> str:
        """A command of ovs-appctl over the control socket: JSON-RPC, no fork."""
        if self._unixctl is None:
            pid = self._pids[-1]
            self._unixctl = socket.socket(socket.AF_UNIX)
            self._unixctl.settimeout(30)
            self._unixctl.connect(str(self.where / f"ovs-vswitchd.{pid}.ctl"))
        self._number += 1
        question = {"id": self._number, "method": method, "params": list(words)}
        self._unixctl.sendall(json.dumps(question).encode())
        decoder = json.JSONDecoder()
        while True:
            try:
                said, end = decoder.raw_decode(self._buffer.decode())
                self._buffer = self._buffer[end:].lstrip()
                break
            except ValueError:
                more = self._unixctl.recv(1 << 20)
                if not more:
                    raise Gone(f"{method} {words}") from None
                self._buffer += more
        assert said["error"] is None, f"{method} {words}: {said['error']}"
        return str(said["result"])

    def trace(self, bridge: str, flow: str, states: Sequence[str] = ()) -> list[str]:
        """The datapath actions of every pass of ofproto/trace; states: of ct, one for each ct(table=…)."""
        options = [word for state in states for word in ("--ct-next", state)]
        said = self.ask("ofproto/trace", bridge, flow, *options)
        return re.findall(r"^Datapath actions: (.*)$", said, re.MULTILINE)

    def ports(self) -> dict[int, str]:
        """Names by number of the datapath; tunnels have "" (several share one)."""
        shown = re.findall(r"^\s+(\S+) (\d+)/(\d+): \((.*)\)$", self.ask("dpif/show"), re.MULTILINE)
        found: dict[int, str] = {}
        for name, _, number, kind in shown:
            found[int(number)] = "" if kind.startswith(("vxlan", "gre", "geneve")) else name
        return found

    def facts(self) -> list[Fact]:
        """What the sources' own questions would tell."""
        listed = (
            ("name,datapath_type,fail_mode,ports", "Bridge"),
            ("_uuid,name,tag,trunks,vlan_mode,interfaces", "Port"),
            (
                "_uuid,name,type,ofport,error,mac_in_use,mtu,admin_state,link_state,options,external_ids",
                "Interface",
            ),
        )
        words = [word for columns, table in listed for word in ("--", f"--columns={columns}", "list", table)]
        told = self._told("ovs_bridges", self.run("ovs-vsctl", "--format=json", *words))
        names = [fact.name for fact in told if isinstance(fact, OvsBridge)]
        flows = learnt = ""
        for name in names:
            flows += f"# {name}\n" + self.run("ovs-ofctl", "-O", VERSIONS, "dump-flows", name)
            flows += self.run("ovs-ofctl", "-O", VERSIONS, "dump-groups", name)
            learnt += f"# {name}\n" + self.ask("fdb/show", name)
        return [*told, *self._told("ovs_flows", flows), *self._told("ovs_learnt", learnt)]

    def switch(self) -> Switch:
        return switch(self.facts())

    @staticmethod
    def _told(name: str, text: str) -> list[Fact]:
        return list(all_sources()[name].parse(Answer(name, HOST, name, AT, text)))


def switch(facts: list[Fact]) -> Switch:
    def of(kind: Any) -> list[Any]:
        return [fact for fact in facts if isinstance(fact, kind)]

    return Switch(
        HOST,
        of(OvsBridge),
        of(OvsPort),
        of(OvsInterface),
        of(OvsFlow),
        of(OvsGroup),
        of(OvsFdb),
        of(OvsConnection),
    )


@contextmanager
def rig(where: Path) -> Iterator[Rig]:
    """where: a directory with a short path, for the sockets in it."""
    made = Rig(where)
    try:
        made.start()
        yield made
    finally:
        made.stop()
