"""A network as Neutron makes it, out of namespaces of this machine: an outside client, a network node with a
router and a DHCP namespace, a compute host with a guest behind a tap, and VXLAN between the two.

    prb-out eth0 ── ext0 [brext] tapqg ── qg-1 prb-qr qr-1 ── tapqr [brint] vxlan9 ══     in prb-net
    ══ vxlan9 [brint] tapvm ── eth0 prb-vm                                                in prb-cmp
    prb-dhcp ns-1 ── tapdhcp [brint]                                                      in prb-net

203.0.113.151 is the floating IP of the guest, 10.10.0.10. The client is also the gateway of the router.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SPACES = ("prb-out", "prb-net", "prb-qr", "prb-cmp", "prb-vm", "prb-dhcp")
GUEST, GATEWAY, DHCP = "10.10.0.10", "10.10.0.1", "10.10.0.2"
FLOATING, CLIENT = "203.0.113.151", "203.0.113.100"
VETHS = (
    ("prb-out", "eth0", "prb-net", "ext0"),
    ("prb-qr", "qg-1", "prb-net", "tapqg"),
    ("prb-qr", "qr-1", "prb-net", "tapqr"),
    ("prb-dhcp", "ns-1", "prb-net", "tapdhcp"),
    ("prb-vm", "eth0", "prb-cmp", "tapvm"),
    ("prb-net", "under0", "prb-cmp", "under0"),
)
ADDRESSES = (
    ("prb-out", "eth0", f"{CLIENT}/24"),
    ("prb-qr", "qg-1", "203.0.113.171/24"),
    ("prb-qr", "qg-1", f"{FLOATING}/32"),
    ("prb-qr", "qr-1", f"{GATEWAY}/24"),
    ("prb-dhcp", "ns-1", f"{DHCP}/24"),
    ("prb-vm", "eth0", f"{GUEST}/24"),
    ("prb-net", "under0", "10.88.0.1/24"),
    ("prb-cmp", "under0", "10.88.0.2/24"),
)
BRIDGES = (
    ("prb-net", "brext", ("ext0", "tapqg")),
    ("prb-net", "brint", ("tapqr", "tapdhcp", "vxlan9")),
    ("prb-cmp", "brint", ("tapvm", "vxlan9")),
)


class Small:
    """The network, and hands to break it with."""

    def __init__(self, stands: bool = False) -> None:
        """stands: it is there, whole, from an earlier test."""
        if stands:
            return
        self.remove()
        for space in SPACES:
            self.ip("netns", "add", space)
            # no IPv6: nothing but what a test sends is on the wires
            self.inside(
                space,
                "sh",
                "-c",
                "for f in default all; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done",
            )
            self.inside(space, "ip", "link", "set", "lo", "up")
        for one, name, other, peer in VETHS:
            self.ip("link", "add", name, "netns", one, "type", "veth", "peer", "name", peer, "netns", other)
        for space, device, address in ADDRESSES:
            self.ip("-n", space, "addr", "add", address, "dev", device)
        for space in ("prb-net", "prb-cmp"):
            local, remote = ("10.88.0.1", "10.88.0.2") if space == "prb-net" else ("10.88.0.2", "10.88.0.1")
            self.ip("-n", space, "link", "add", "vxlan9", "type", "vxlan", "id", "9", "dstport", "4789",
                    "local", local, "remote", remote, "dev", "under0")  # fmt: skip
        for space, bridge, ports in BRIDGES:
            self.ip("-n", space, "link", "add", bridge, "type", "bridge")
            for port in ports:
                self.ip("-n", space, "link", "set", port, "master", bridge)
        for space in SPACES:
            for link in self.links(space):
                self.ip("-n", space, "link", "set", link, "up")
        self.inside("prb-qr", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.ip("-n", "prb-qr", "route", "add", "default", "via", CLIENT)
        self.ip("-n", "prb-vm", "route", "add", "default", "via", GATEWAY)
        nat = ("iptables", "-t", "nat", "-A")
        self.inside("prb-qr", *nat, "PREROUTING", "-d", FLOATING, "-j", "DNAT", "--to", GUEST)
        self.inside("prb-qr", *nat, "POSTROUTING", "-s", GUEST, "-o", "qg-1", "-j", "SNAT", "--to", FLOATING)
        self._settle()

    def _settle(self) -> None:
        """The kernel takes a second to notice that links are up, and longer to say so (linkwatch)."""
        ping = ("ip", "netns", "exec", "prb-out", "ping", "-c", "1", "-W", "1", FLOATING)
        tries = (subprocess.run(ping, capture_output=True, check=False) for _ in range(20))
        assert any(done.returncode == 0 for done in tries), "it does not forward"
        links = [(space, name) for space in SPACES for name in self.links(space)]
        until = time.monotonic() + 10
        while dark := [each for each in links if "NO-CARRIER" in self.links(each[0])[each[1]]["flags"]]:
            assert time.monotonic() < until, f"without a carrier: {dark}"
            time.sleep(0.05)

    def remove(self) -> None:
        for space in SPACES:
            subprocess.run(("ip", "netns", "del", space), capture_output=True, check=False)

    def ip(self, *words: str) -> str:
        return run("ip", *words)

    def inside(self, space: str, *words: str) -> str:
        return run("ip", "netns", "exec", space, *words)

    def links(self, space: str) -> dict[str, Any]:
        """By name, as ``ip -j link`` shows them."""
        return {link["ifname"]: link for link in json.loads(self.ip("-n", space, "-j", "link"))}

    def mac(self, space: str, device: str) -> str:
        mac: str = self.links(space)[device]["address"]
        return mac

    def state(self) -> dict[str, str]:
        """All that a probe could leave behind, here and in the namespaces of this network."""
        told = {
            "namespaces": "\n".join(
                n for n in run("ip", "netns", "list").split("\n") if n.startswith("prb-")
            ),
            "links": "\n".join(n for n in run("ip", "-br", "link").split("\n") if n.startswith("mitate")),
            "programs": " ".join(bpf_programs()),
        }
        tracing = Path("/sys/kernel/tracing/instances")
        told["tracing"] = " ".join(sorted(p.name for p in tracing.iterdir())) if tracing.is_dir() else ""
        for space in SPACES:
            rules = self.inside(space, "iptables-save").splitlines()
            told[f"{space} rules"] = "\n".join(line for line in rules if not line.startswith(("#", ":")))
            told[f"{space} links"] = "\n".join(sorted(_lasting(self.links(space))))
            told[f"{space} qdiscs"] = self.inside(space, "tc", "qdisc", "show")
            told[f"{space} routes"] = self.ip("-n", space, "route", "show", "table", "all")
            told[f"{space} sockets"] = self.inside(space, "cat", "/proc/net/packet")
        return told


def _lasting(links: dict[str, Any]) -> Iterator[str]:
    for name, link in links.items():
        yield f"{name} {link['ifindex']} {link['flags']} {link['mtu']} {link.get('master')} {link['address']}"


def bpf_programs() -> list[str]:
    """The names of the probe's BPF programs that this kernel holds."""
    found: list[str] = []
    last = 0
    while True:
        request = ctypes.create_string_buffer(struct.pack("=III", last, 0, 0))
        if _bpf(11, request) < 0:  # BPF_PROG_GET_NEXT_ID
            return sorted(found)
        (last,) = struct.unpack_from("=I", request, 4)
        program = _bpf(13, ctypes.create_string_buffer(struct.pack("=III", last, 0, 0)))  # …_FD_BY_ID
        if program < 0:
            continue
        info = ctypes.create_string_buffer(256)
        asked = struct.pack("=IIQ", program, len(info), ctypes.addressof(info))
        if _bpf(15, ctypes.create_string_buffer(asked)) == 0:  # BPF_OBJ_GET_INFO_BY_FD
            name = info.raw[64:80].split(b"\0")[0].decode()
            found += [name] if name.startswith("mitate") else []
        os.close(program)


def _bpf(command: int, attributes: ctypes.Array[ctypes.c_char]) -> int:
    """The raw system call: this test does not ask the code that it tests."""
    number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    size = len(attributes) - 1
    result: int = ctypes.CDLL(None).syscall(number, command, attributes, size)
    return result


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def _left() -> Iterator[None]:
    """The network stays from test to test, and goes at the end."""
    yield
    if os.geteuid() == 0:
        with _alone():
            Small(stands=True).remove()


@contextmanager
def _alone() -> Iterator[None]:
    """There is one such network on a machine, and one kernel to leave nothing behind in: others wait."""
    with (Path(tempfile.gettempdir()) / "mitate-probe-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ends = time.monotonic() + 3  # the kernel lets go of the last test's programs in its own time
        while bpf_programs() and time.monotonic() < ends:
            time.sleep(0.05)
        yield


@pytest.fixture
def small(_left: None) -> Iterator[Small]:
    """The network, for tests that change nothing in it."""
    if os.geteuid() != 0:
        pytest.skip("making network namespaces needs root")
    for tool in ("ip", "tc", "iptables"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    with _alone():
        try:
            made = Small(stands=all((Path("/run/netns") / space).exists() for space in SPACES))
        except AssertionError as error:
            pytest.skip(f"such a network cannot be made here: {error}")
        yield made


@pytest.fixture
def fragile(small: Small) -> Iterator[Small]:
    """The network, to be broken."""
    yield small
    small.remove()


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], Any], None]:
    """Waits up to three seconds for a call to tell what is expected."""

    def wait(told: Callable[[], Any], expected: Any) -> None:
        ends = time.monotonic() + 3
        while time.monotonic() < ends and told() != expected:
            time.sleep(0.05)
        assert told() == expected

    return wait
