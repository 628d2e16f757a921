"""Inventories in every form that Ansible reads, without Ansible."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mitate.collect.transport.inventory import read_inventory
from mitate.collect.transport.target import Target
from mitate.model.errors import CannotStart

INI = """
# a comment
deploy ansible_connection=local
[controllers]
controller1 ansible_host=10.0.0.11 ansible_user=root
controller2:2222
[computes]
compute[01:03] ansible_port=22
gpu-[a:b] ansible_ssh_private_key_file="~/keys/gpu key"   # quoted
[computes:vars]
ansible_user = nova-admin
ansible_ssh_common_args='-o ProxyJump=jump@bastion:2200 -o StrictHostKeyChecking=no'
[openstack:children]
controllers
computes
[openstack:vars]
ansible_user=stack
ansible_python_interpreter=/usr/bin/python3
"""


def by_name(path: Path) -> dict[str, Target]:
    return {target.name: target for target in read_inventory(path)}


def written(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def refused(path: Path) -> str:
    with pytest.raises(CannotStart) as caught:
        read_inventory(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_ini(tmp_path: Path) -> None:
    hosts = by_name(written(tmp_path, "hosts", INI))
    assert list(hosts) == [
        "deploy", "controller1", "controller2", "compute01", "compute02", "compute03", "gpu-a", "gpu-b"
    ]  # fmt: skip
    assert hosts["deploy"].local
    assert hosts["controller1"] == Target(
        "controller1", address="10.0.0.11", user="root", groups=("controllers", "openstack")
    )
    assert (hosts["controller2"].user, hosts["controller2"].port) == ("stack", 2222)
    gpu = hosts["gpu-a"]
    assert (gpu.user, gpu.key, gpu.jump) == ("nova-admin", "~/keys/gpu key", "jump@bastion:2200")
    assert not gpu.strict
    assert hosts["compute02"].groups == ("computes", "openstack")


def test_yaml(tmp_path: Path) -> None:
    text = """
all:
  vars: {ansible_user: stack, ansible_become_password: !vault "x"}
  hosts:
    deploy: {ansible_connection: local}
  children:
    computes:
      hosts:
        compute[1:2]: {ansible_host: "{{ management_ip }}", ansible_port: 2200}
        compute3:
      vars: {ansible_ssh_extra_args: "-J bastion -i ~/.ssh/lab -p 23 -l other"}
"""
    hosts = by_name(written(tmp_path, "hosts.yml", text))
    assert list(hosts) == ["deploy", "compute1", "compute2", "compute3"]
    one, three = hosts["compute1"], hosts["compute3"]
    assert (one.address, one.port, one.user, one.jump, one.key) == (
        "",
        2200,
        "stack",
        "bastion",
        "~/.ssh/lab",
    )
    assert (three.port, three.groups) == (23, ("computes",))


def test_group_vars_and_host_vars_win(tmp_path: Path) -> None:
    written(tmp_path, "inv/hosts", "[computes]\ncompute1 ansible_user=a\ncompute2 ansible_user=a\n")
    written(tmp_path, "inv/group_vars/all.yml", "ansible_port: 2222\n")
    written(tmp_path, "inv/group_vars/computes/ssh.yml", "ansible_user: b\nansible_host: '{{ x }}'\n")
    written(tmp_path, "inv/group_vars/computes/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    written(tmp_path, "inv/host_vars/compute2.yml", "ansible_user: c\n")
    written(tmp_path, "inv/README.md", "[not a section\n")
    for path in (tmp_path / "inv", tmp_path / "inv/hosts"):
        hosts = by_name(path)
        assert [(h.user, h.port) for h in hosts.values()] == [("a", 2222), ("c", 2222)]


def test_a_directory_of_several(tmp_path: Path) -> None:
    written(tmp_path, "inv/1-ini", "[computes]\ncompute1\n")
    written(tmp_path, "inv/2.yml", "computes: {hosts: {compute2: {}}, vars: {ansible_user: stack}}\n")
    assert {h.name: h.user for h in read_inventory(tmp_path / "inv")} == {
        "compute1": "stack",
        "compute2": "stack",
    }


DYNAMIC = {
    "_meta": {"hostvars": {"compute1": {"ansible_host": "10.0.0.21"}, "stranger": {}}},
    "computes": {"hosts": ["compute1", "compute2"], "vars": {"ansible_user": "stack"}},
    "old": ["compute3"],
    "all": {"children": ["computes", "old"]},
}


def test_a_dynamic_inventory(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    text = f"""test "$*" = --list || exit 2
cat <<'END'
{json.dumps(DYNAMIC)}
END"""
    hosts = by_name(program("inventory", text) / "inventory")
    assert list(hosts) == ["compute1", "compute2", "compute3"]
    assert hosts["compute1"] == Target("compute1", address="10.0.0.21", user="stack", groups=("computes",))
    saved = by_name(written(tmp_path, "saved.json", json.dumps(DYNAMIC)))
    assert saved == hosts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exit 3", "ended with exit status 3"),
        ("echo no cloud here >&2; exit 1", "exit status 1: no cloud here"),
        ("echo hello", "must be a JSON object"),
        ("echo '[1, 2]'", "must be a JSON object"),
        ("echo '{}'", "names no host"),
    ],
)
def test_dynamic_inventories_that_fail(program: Callable[[str, str], Path], text: str, says: str) -> None:
    assert says in refused(program("inventory", text) / "inventory")


def test_an_executable_that_is_no_program(tmp_path: Path) -> None:
    file = written(tmp_path, "hosts", "[computes]\ncompute1\n")
    file.chmod(0o755)
    assert "is executable, but cannot be run" in refused(file)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("hosts", "", "names no host"),
        ("hosts", "[computes:vars]\nno equal sign\n", "line 2: a variable needs name=value"),
        ("hosts", "[computes:things]\n", "line 1 opens a section of an unknown kind"),
        ("hosts", "compute1 whatever\n", "line 1: after a host come its variables"),
        ("hosts", "compute[3:1]\n", "line 1: the range [3:1] makes no sense"),
        ("hosts", "compute[1:99999999]\n", "more than 50000 hosts"),
        ("hosts", "Dear all,\nplease\n", "is no inventory"),
        ("hosts", "<html>\n", "is no inventory"),
        ("hosts", 'compute1 x="open\n', "line 1"),
        ("hosts", "a\0b", "it is not text"),
        ("hosts.yml", "a: [", "not valid YAML (line 1)"),
        ("hosts.yml", "- a\n- b\n", "must be groups"),
        ("hosts.yml", "just words", "must be groups"),
        ("hosts.yml", "plugin: openstack.cloud.openstack\n", "needs a plugin of Ansible"),
        ("hosts.yml", "all: {children: {computes: {hosts: {'c[2:1]': {}}}}}", "makes no sense"),
        ("hosts.yml", "all: &a {children: {x: *a}, hosts: {h: {}}}", "nest without end"),
    ],
)
def test_what_is_no_inventory(tmp_path: Path, name: str, text: str, says: str) -> None:
    assert says in refused(written(tmp_path, name, text))


def test_a_plugin_configuration_says_what_to_do(tmp_path: Path) -> None:
    file = written(tmp_path, "clouds.yml", "plugin: openstack.cloud.openstack\nexpand_hostvars: {}\n")
    assert "save `ansible-inventory --list`" in refused(file)


def test_no_such_file(tmp_path: Path) -> None:
    assert (
        refused(tmp_path / "none")
        == f"the inventory {tmp_path}/none cannot be read: No such file or directory"
    )


def test_groups_that_contain_each_other_do_not_hang(tmp_path: Path) -> None:
    text = "[a:children]\nb\n[b:children]\na\n[a]\nhost1\n[a:vars]\nansible_user=x\n"
    assert by_name(written(tmp_path, "hosts", text))["host1"].user == "x"
