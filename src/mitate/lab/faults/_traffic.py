"""Whether a packet really arrives: what a trace speaks of is sent, by whom it names."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mitate.lab.faults._expected import Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import FAR_CLIENT, addresses, in_fabric

if TYPE_CHECKING:
    from mitate.lab import Lab

PATH_MTU = 1450
"""The largest packet, in bytes at layer 3, that the tenant network carries. A larger one is well treated when
its sender is told."""

_HEADERS = 28  # IP and ICMP
_WITHIN_S = 90


def arrives(lab: Lab, traced: Traced) -> bool:
    """Whether the packet of a trace is answered; one larger than the path: whether its sender is told."""
    said = _answer(lab, traced)
    told = traced.size is not None and traced.size > PATH_MTU and "rag needed" in said
    return told or "arrived" in said


def wait_lost(lab: Lab, traced: Traced) -> None:
    """Wait until the packet is lost."""
    what = f"packets from {traced.source} to {traced.destination} to be lost"
    lab.wait(what, lambda: not arrives(lab, traced), _WITHIN_S, lambda: _answer(lab, traced))


def wait_arrives(lab: Lab, traced: Traced) -> None:
    """Wait until the packet arrives again."""
    what = f"packets from {traced.source} to {traced.destination} to arrive"
    lab.wait(what, lambda: arrives(lab, traced), _WITHIN_S, lambda: _answer(lab, traced))


def _answer(lab: Lab, traced: Traced) -> str:
    """What the sender says; the word "arrived" when an answer came."""
    known = addresses(lab)
    source, target = (
        _address(words.format_map(known), known) for words in (traced.source, traced.destination)
    )
    if "--source-address" in traced.options:
        source = traced.options[traced.options.index("--source-address") + 1]
    return _send(lab, traced, source, target)


def _address(words: str, known: dict[str, str]) -> str:
    return known.get(words, words.removeprefix("external:"))


def _send(lab: Lab, traced: Traced, source: str, target: str) -> str:
    if FAR_CLIENT in (source, target):
        own_name = "sysctl -qw net.ipv4.conf.br-ext.arp_announce=2"  # as a router that passes on for others
        in_fabric(lab, f"ip addr replace {FAR_CLIENT}/32 dev lo; {own_name}")
    if not traced.source.startswith("external:"):
        return inside(lab, traced.source, _inside(traced, source, target), check=False)
    if traced.proto == "tcp":
        tried = _tcp(f"nc -w 2 -s {source} {target} {traced.port}")
    else:
        tried = _ping(traced, target, f"-I {source}")
    if source == FAR_CLIENT:
        return in_fabric(lab, tried, check=False)
    return lab.sh("client", f"ip route flush cache; {tried}", check=False)


def _inside(traced: Traced, source: str, target: str) -> str:
    if target == "dhcp":
        return "udhcpc -i eth0 -n -q -t 2 -T 1 -s /bin/true && echo arrived"
    if target == "metadata":
        return _tcp("nc -w 3 169.254.169.254 80")
    if traced.proto == "tcp":
        return _tcp(f"nc -w 2 {target} {traced.port}")
    own = f"-I {source}" if "--source-address" in traced.options else ""
    return _ping(traced, target, own).replace("ping ", "ping-iputils ", 1)


def _ping(traced: Traced, target: str, own: str) -> str:
    size = "" if traced.size is None else f"-M do -s {traced.size - _HEADERS}"
    return f"ping -n -c 1 -W 1 {own} {size} {shlex.quote(target)} 2>&1 && echo arrived"


def _tcp(connect: str) -> str:
    return f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | {connect} 2>&1 | grep -q . && echo arrived"
