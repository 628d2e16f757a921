"""Options as a service sees them: oslo.config itself is the oracle, the host's own script reads the files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oslo_config import cfg

from mitate.analyze.drift.reading import Reading, as_seen, default, read, refused
from mitate.analyze.drift.releases import Option, Project, release_of, releases
from mitate.collect.question import Answer, all_sources
from mitate.collect.sources._shell import URL, run_awk
from mitate.collect.sources.configuration import OPTIONS
from mitate.model.host import ConfigOption

NOVA = {
    "DEFAULT": {
        "state_path": Option(default="/var/lib/nova"),
        "log_dir": Option(default="$state_path/log"),
        "instances_path": Option(),
        "debug": Option("bool", False),
        "my_ip": Option(),
        "host": Option(),
    },
    "libvirt": {
        "images_type": Option(),
        "connection_uri": Option(),
        "num_pcie_ports": Option("int", 0),
        "cpu_models": Option("list", []),
        "volume_drivers": Option("multi"),
    },
}
PROJECT = Project("26.0", NOVA, {"DEFAULT": {"cpu_model": ("libvirt", "cpu_models")}})
TYPES = {
    "bool": cfg.BoolOpt,
    "int": cfg.IntOpt,
    "list": cfg.ListOpt,
    "multi": cfg.MultiStrOpt,
    "text": cfg.StrOpt,
}

TARGETS = ("host", "connection_uri")
"""What others stand for. They stand for nothing: of a circle oslo.config finds no end."""
PLAIN = st.sampled_from(["a", "/var/x", "10.0.0.1", "x y", ""])
WORDS = "a|true|False|1|12|x y|/var/x|a,b , c|$host/i|${host}|$$x|$libvirt.connection_uri|'q'||10.0.0.1"
WORD = st.sampled_from([*WORDS.split("|"), '"quoted"'])
NAMES = [name for group in NOVA.values() for name in group if name not in TARGETS]
NAME = st.sampled_from([*NAMES, "cpu_model", "cpu_mode"])
LINE = st.one_of(
    st.builds("{} = {}".format, st.sampled_from(TARGETS), PLAIN),
    st.builds("{} = {}".format, NAME, WORD),
    st.builds("{}:{}".format, NAME, WORD),
    st.builds("{} =\t{}\n   {}".format, NAME, WORD, st.sampled_from(["more", "z"])),
    st.sampled_from(["[DEFAULT]", "[libvirt]", "[other]", "# my_ip = 1", "", "; debug = true"]),
)
TEXT = st.lists(LINE, max_size=12).map(lambda lines: "\n".join(["[DEFAULT]", *lines, ""]))
FILES = st.lists(TEXT, min_size=1, max_size=3)


def told_by_host(texts: list[str]) -> list[ConfigOption]:
    """What the host's script tells of files with these texts."""
    paths = [f"/etc/nova/{number}.conf" for number in range(len(texts))]
    head = "process\t9\t/usr/bin/python3 /usr/bin/nova-compute\n" + "".join(
        f"uses\t{path}\n" for path in paths
    )
    body = "".join(f"\001{path}\n{text.rstrip()}\n" for path, text in zip(paths, texts, strict=True))
    text = "\n".join(row for row in run_awk(body, URL, OPTIONS).splitlines() if not row.startswith("\002"))
    answer = Answer("configuration", "c1", "asked", datetime(2026, 11, 22, tzinfo=UTC), head + text)
    return [each for each in all_sources()["configuration"].parse(answer) if isinstance(each, ConfigOption)]


def seen_by_oslo(texts: list[str], where: Path) -> Any:
    """What oslo.config makes of the very files; None where it refuses to read them."""
    conf = cfg.ConfigOpts()
    for group, options in NOVA.items():
        for name, option in options.items():
            old = [cfg.DeprecatedOpt("cpu_model", group="DEFAULT")] if name == "cpu_models" else None
            made = TYPES[option.kind](name, default=option.default, deprecated_opts=old)
            conf.register_opt(made, group=None if group == "DEFAULT" else group)
    files = []
    for number, text in enumerate(texts):
        files.append(where / f"{number}.conf")
        files[-1].write_text(text)
    try:
        conf([], default_config_files=[str(file) for file in files], default_config_dirs=[])
    except cfg.ConfigFileParseError:
        return None
    return conf


@pytest.mark.filterwarnings("ignore")
def test_oslo_config_is_the_oracle(tmp_path: Path) -> None:
    compared = 0

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(FILES)
    def agree(texts: list[str]) -> None:
        nonlocal compared
        conf = seen_by_oslo(texts, tmp_path)
        if conf is None:
            return
        reading = read(told_by_host(texts), PROJECT)
        for group, options in NOVA.items():
            for name, option in options.items():
                try:
                    theirs = conf[name] if group == "DEFAULT" else conf[group][name]
                except (cfg.ConfigFileValueError, cfg.TemplateSubstitutionError):
                    continue  # the service refuses it
                compared += agrees(reading, (group, name), option, theirs)

    agree()
    assert compared > 100


def agrees(reading: Reading, name: tuple[str, str], option: Option, theirs: Any) -> bool:
    """Whether it was compared: what the host did not tell cannot be."""
    setting = reading.get(name)
    if setting is None:
        assert theirs in (option.default, None, []) or "$" in str(option.default)
        return False
    assert setting.line is not None
    if setting.value is None or "$" in setting.value or any(line.redacted for line in setting.told):
        return False
    if option.kind == "multi":
        assert one_line(setting.value) == one_line(" ".join(theirs))
        return True
    text = ",".join(theirs) if isinstance(theirs, list) else str(theirs)
    assert one_line(setting.key or "") == one_line(as_seen(text, option))
    return True


def one_line(text: str) -> str:
    """The host joins lines that go on with a space, oslo.config with a newline: to compare they are one."""
    return " ".join(text.split())


def test_defaults_and_what_a_type_refuses() -> None:
    assert default(("DEFAULT", "debug"), PROJECT).key == "False"
    assert default(("DEFAULT", "unheard_of"), PROJECT).key is None
    assert default(("DEFAULT", "debug"), None).key is None
    assert refused("maybe", Option("bool"))
    assert refused("-1", Option("int", n=0)) == "-1 is less than 0, the least"
    assert refused("9", Option("int", m=8)) == "9 is more than 8, the most"
    assert refused("x", Option(choices=("a", "b"))) == "it is none of a, b"
    assert not refused("1", Option("bool"))


def test_what_the_releases_know() -> None:
    known = {each.release: each for each in releases()}
    assert {"zed", "2026.2"} <= set(known)
    assert set(known["zed"].projects) >= {"nova", "neutron", "keystone", "glance", "placement"}
    nova = known["zed"].projects["nova"]
    assert nova.groups["DEFAULT"]["report_interval"].default == 10
    assert nova.groups["libvirt"]["virt_type"].choices
    assert nova.moved["DEFAULT"]["rpc_thread_pool_size"] == ("DEFAULT", "executor_thread_pool_size")
    newest = release_of("nova", "34.0.0")
    assert newest is not None
    assert newest.release == "2026.2"
    assert release_of("nova", "x") is None
