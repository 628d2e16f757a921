"""Ansible inventories, read without Ansible: INI and YAML files, directories of them, and dynamic ones.

Forms as in Ansible's own plugins ini, yaml, script and host_group_vars. Only what says how to reach a host is
used; values with Jinja in them cannot be known here, and count as not given.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml  # type: ignore[import-untyped] # it brings no types

from mitate.collect.transport.ansible_ini import read_ini
from mitate.collect.transport.ansible_tree import Tree, as_text, expand
from mitate.collect.transport.ssh_words import options_in
from mitate.collect.transport.target import Target
from mitate.model.errors import CannotStart

IGNORED = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
"""Endings that Ansible leaves out of a directory (INVENTORY_IGNORE_EXTS)."""
VARS = ("group_vars", "host_vars")
DYNAMIC_S = 60
MAX_BYTES = 64_000_000


def read_inventory(path: Path) -> list[Target]:
    """The hosts of an inventory, in its order. Raises CannotStart with one sentence."""
    tree = Tree()
    try:
        if path.is_dir():
            files = [file for file in sorted(path.iterdir()) if _counts(file)]
            for file in files:
                _read_file(file, tree)
            _read_vars(path, tree)
        else:
            _read_file(path, tree)
            _read_vars(path.parent, tree)
    except OSError as error:
        raise CannotStart(f"the inventory {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise CannotStart(f"the inventory {path} is no inventory: {error}") from None
    except RecursionError:
        raise CannotStart(f"the inventory {path} is no inventory: its groups nest without end") from None
    if not tree.hosts:
        raise CannotStart(f"the inventory {path} names no host")
    return [_target(name, tree.vars_of(name), tree.groups_of(name)) for name in tree.hosts]


def _counts(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".") and not file.name.endswith(IGNORED)


def _read_file(file: Path, tree: Tree) -> None:
    if os.access(file, os.X_OK):
        _read_json(file, _run(file), tree)
        return
    if file.stat().st_size > MAX_BYTES:
        raise CannotStart(f"{file} is no inventory: it has {file.stat().st_size} bytes")
    text = file.read_text(errors="replace")
    if "\0" in text:
        raise CannotStart(f"{file} is no inventory: it is not text")
    if file.suffix in (".yml", ".yaml", ".json"):
        _read_yaml(file, text, tree)
        return
    try:
        read_ini(text, tree)
    except ValueError as error:
        raise ValueError(f"{file.name}, {error}") from None


def _run(file: Path) -> bytes:
    """What a dynamic inventory says."""
    try:
        done = subprocess.run(
            [str(file.absolute()), "--list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DYNAMIC_S,
            check=False,
        )
    except OSError as error:
        raise CannotStart(
            f"the inventory {file} is executable, but cannot be run: {error.strerror}"
        ) from None
    except subprocess.TimeoutExpired:
        raise CannotStart(f"the dynamic inventory {file} gave no answer within {DYNAMIC_S} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        more = f": {said[-1][:200]}" if said else ""
        raise CannotStart(f"the dynamic inventory {file} ended with exit status {done.returncode}{more}")
    return done.stdout


def _read_json(file: Path, told: bytes, tree: Tree) -> None:
    try:
        groups = msgspec.json.decode(told)
    except (msgspec.MsgspecError, RecursionError):
        groups = None
    if not isinstance(groups, dict):
        raise CannotStart(f"{file} is no inventory: what `--list` says must be a JSON object")
    meta = _mapping(_mapping(groups.get("_meta")).get("hostvars"))
    for name, group in groups.items():
        if name == "_meta":
            continue
        body = {"hosts": group} if isinstance(group, list) else _mapping(group)
        for host in _strings(body.get("hosts")):
            tree.add_host(host, name)
        for child in _strings(body.get("children")):
            tree.add_child(name, child)
        tree.group_vars(name, _mapping(body.get("vars")))
    for host, variables in meta.items():
        if host in tree.hosts:
            tree.host_vars(host, _mapping(variables))


def _read_yaml(file: Path, text: str, tree: Tree) -> None:
    groups = _yaml(file, text)
    if isinstance(groups, dict) and "plugin" in groups:
        raise CannotStart(f"{file} needs a plugin of Ansible: save `ansible-inventory --list`, and give that")
    if isinstance(groups, dict) and "_meta" in groups:  # that is such a saved list
        _read_json(file, text.encode(), tree)
        return
    if not isinstance(groups, dict) or not all(isinstance(group, dict | None) for group in groups.values()):
        raise CannotStart(f"{file} is no inventory: it must be groups with hosts, children or vars")
    _read_groups(groups, tree, 0)


def _read_groups(groups: Mapping[str, Any], tree: Tree, depth: int) -> None:
    if depth > 50:
        raise RecursionError
    for name, group in groups.items():
        body = _mapping(group)
        tree.add_group(str(name))
        for pattern, variables in _mapping(body.get("hosts")).items():
            for host in expand(str(pattern)):
                tree.add_host(host, str(name))
                tree.host_vars(host, _mapping(variables))
        tree.group_vars(str(name), _mapping(body.get("vars")))
        children = _mapping(body.get("children"))
        for child in children:
            tree.add_child(str(name), str(child))
        _read_groups(children, tree, depth + 1)


def _read_vars(directory: Path, tree: Tree) -> None:
    """group_vars/ and host_vars/ beside the inventory; they win over what the inventory itself says."""
    for kind, names, put in (
        ("group_vars", tree.groups, tree.group_vars),
        ("host_vars", tree.hosts, tree.host_vars),
    ):
        for name in list(names):
            for file in _vars_files(directory / kind, name):
                text = file.read_text(errors="replace")
                if not text.startswith("$ANSIBLE_VAULT"):
                    put(name, _mapping(_yaml(file, text)))


def _vars_files(directory: Path, name: str) -> Iterator[Path]:
    if "/" in name:
        return
    for ending in ("", ".yml", ".yaml", ".json"):
        here = directory / f"{name}{ending}"
        if here.is_file():
            yield here
        elif here.is_dir() and not ending:
            yield from (file for file in sorted(here.iterdir()) if _counts(file))


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # it brings no types
    """Ansible's own tags (!vault, !unsafe) are values that cannot be known here."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def _yaml(file: Path, text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise CannotStart(f"{file} is not valid YAML{where}") from None


def _target(name: str, variables: Mapping[str, Any], groups: Iterable[str]) -> Target:
    def said(*names: str) -> str:
        return next((text for text in (as_text(variables.get(each)) for each in names) if text), "")

    words = " ".join(
        said(each) for each in ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
    )
    options = options_in(words)
    port = said("ansible_port", "ansible_ssh_port") or options.get("port", "")
    return Target(
        name=name,
        address=said("ansible_host", "ansible_ssh_host"),
        user=said("ansible_user", "ansible_ssh_user") or options.get("user", ""),
        port=int(port) if port.isdigit() and 0 < int(port) < 65536 else None,
        key=said("ansible_ssh_private_key_file", "ansible_private_key_file")
        or options.get("identityfile", ""),
        jump=options.get("proxyjump", ""),
        proxy_command=options.get("proxycommand", ""),
        known_hosts=options.get("userknownhostsfile", ""),
        strict=options.get("stricthostkeychecking", "yes").lower()
        not in ("no", "off", "false", "accept-new"),
        local=said("ansible_connection") == "local",
        groups=tuple(groups),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
