"""clouds.yaml and the OS_* variables: every mistake in them is one sentence."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from mitate.collect.transport.clouds import open_cloud
from mitate.model.errors import CannotStart

LOGIN = 'auth_url: "http://127.0.0.1:1/v3", username: u, project_name: p, user_domain_name: d'
GOOD = f"""
clouds:
  east: {{auth: {{{LOGIN}, password: pw-of-east}}}}
  west: {{auth: {{{LOGIN}, password: pw-of-west}}}}
"""


@pytest.fixture(autouse=True)
def nobodys_desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "OS_CLOUD",
        "OS_AUTH_URL",
        "OS_USERNAME",
        "OS_PASSWORD",
        "OS_PROJECT_NAME",
        "OS_CLIENT_CONFIG_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def says(cloud: str | None, file: Path | None) -> str:
    with pytest.raises(CannotStart) as caught:
        open_cloud(cloud, file)
    text = str(caught.value)
    assert "\n" not in text
    assert "pw-of" not in text
    return text


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "my-clouds.yaml"
    file.write_text(text)
    return file


def test_no_such_file(tmp_path: Path) -> None:
    assert (
        says("x", tmp_path / "none.yaml")
        == f"there is no {tmp_path}/none.yaml: name a clouds.yaml that exists"
    )


def test_no_such_cloud(tmp_path: Path) -> None:
    said = says("north", written(tmp_path, GOOD))
    assert said == "there is no cloud 'north' in clouds.yaml: it has east, west"


def test_which_of_two(tmp_path: Path) -> None:
    assert says(None, written(tmp_path, GOOD)) == "which cloud? say --cloud with one of east, west"


def test_the_only_one_is_meant(tmp_path: Path) -> None:
    file = written(tmp_path, "\n".join(GOOD.splitlines()[:3]))
    assert open_cloud(None, file).cloud == "east"


def test_nothing_configured() -> None:
    assert says(None, None).startswith("no cloud is configured: write one into clouds.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "clouds: [",
        "clouds:\n  east: {auth: {password: pw-of-east, x: [}}",
        "{",
        "\t- x",
        "%",
        "just a word",
        "- a\n- b",
    ],
)
def test_broken_yaml(tmp_path: Path, text: str) -> None:
    assert "clouds.yaml" in says("east", written(tmp_path, text))


def test_an_entry_without_auth_url(tmp_path: Path) -> None:
    said = says("east", written(tmp_path, "clouds: {east: {auth: {username: u, password: pw-of-east}}}"))
    assert "auth_url" in said


def test_an_unknown_kind_of_login(tmp_path: Path) -> None:
    text = GOOD.replace("{auth:", "{auth_type: sorcery, auth:")
    assert "'east' in clouds.yaml cannot be used" in says("east", written(tmp_path, text))


def test_os_cloud_and_the_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(written(tmp_path, GOOD)))
    monkeypatch.setenv("OS_CLOUD", "west")
    assert open_cloud().cloud == "west"
    monkeypatch.delenv("OS_CLOUD")
    for name, value in (
        ("AUTH_URL", "http://127.0.0.1:2/v3"),
        ("USERNAME", "u"),
        ("PASSWORD", "pw"),
        ("PROJECT_NAME", "p"),
    ):
        monkeypatch.setenv(f"OS_{name}", value)
    assert open_cloud().cloud == "envvars"


def test_a_cloud_whose_certificate_is_not_checked_does_not_say_so_at_each_request(tmp_path: Path) -> None:
    open_cloud("east", written(tmp_path, GOOD.replace("{auth:", "{verify: false, auth:")))
    warnings.warn(
        "not verified", InsecureRequestWarning, stacklevel=1
    )  # an error in tests, were it not ignored
