"""The one program that can be sent to a host, and how it gets there: as one line, behind a fixed command."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from mitate.collect.probe.plan import Plan

MODULES = ("kernel", "filter", "frames", "btf", "drops", "netlink", "inject", "ears", "main")
"""Of ``onhost``, each after those it needs."""
BOOT = "import sys,json;g=json.loads(sys.stdin.buffer.readline().decode());exec(g[0]);start(g[1])"
COMMAND = ("python3", "-I", "-S", "-c", BOOT)
_FIND = (
    "for p in python3 /usr/libexec/platform-python; do command -v $p >/dev/null && break; p=; done; "
    'test "$p" || { echo "there is no python3" >&2; exit 127; }; '
    f'test "$(id -u)" = 0 && exec "$p" -I -S -c "{BOOT}"; exec sudo -n "$p" -I -S -c "{BOOT}"'
)
AS_ROOT = f"exec sh -c '{_FIND}'"
"""Quoted so that csh and fish as login shells read it alike."""


@cache
def _modules() -> tuple[str, list[list[str]]]:
    here = resources.files("mitate.collect.probe.onhost")
    texts = {name: here.joinpath(f"{name}.py").read_text() for name in ("boot", *MODULES)}
    return texts["boot"], [[name, texts[name]] for name in MODULES]


def first_line(plan: Plan, host: str) -> bytes:
    """What the program is and what it is to do there. Raises ValueError for anything but a checked plan."""
    if type(plan) is not Plan:
        raise ValueError("only a plan can be sent")
    plan.__post_init__()
    boot, modules = _modules()
    return json.dumps([boot, {"modules": modules, "plan": plan.for_host(host)}]).encode() + b"\n"
