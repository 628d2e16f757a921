"""Which cloud, and who one is there: openstacksdk's own rules and places (clouds.yaml, OS_* variables)."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openstack.config
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import ConfigException

from mitate.model.errors import CannotStart

if TYPE_CHECKING:
    from mitate.collect.transport.api import ApiPlace

PLACES = "./clouds.yaml, ~/.config/openstack/clouds.yaml and /etc/openstack/clouds.yaml"


class CloudEntry:
    """One cloud of the configuration, with the credentials to it."""

    def __init__(self, name: str, region: Any) -> None:
        self.name = name
        self._region = region
        self.region = str(region.region_name or "")
        self.auth_url = str(region.config.get("auth", {}).get("auth_url", ""))

    def session(self) -> Any:
        """A keystoneauth session; nothing is sent yet. Raises CannotStart."""
        try:
            return self._region.get_session()
        except (ConfigException, ClientException, OSError) as error:
            raise CannotStart(f"the cloud {self.name!r} cannot be used: {_sentence(error)}") from None

    def interface(self, service: str) -> str:
        """public, unless the configuration says otherwise"""
        return str(self._region.get_interface(service) or "public")

    def override(self, service: str) -> str:
        """The URL that the configuration gives for that service, in the catalogue's stead."""
        return str(self._region.get_endpoint(service) or "") if service != "identity" else ""


def open_cloud(cloud: str | None = None, clouds_file: Path | None = None) -> ApiPlace:
    """The API of a cloud; by default OS_CLOUD, the OS_* variables, or the only entry of clouds.yaml.

    Raises CannotStart: no such file or entry, or one that cannot be used.
    """
    from mitate.collect.transport.api import ApiPlace  # noqa: PLC0415 - api needs CloudEntry from here

    if clouds_file and not clouds_file.is_file():
        raise CannotStart(f"there is no {clouds_file}: name a clouds.yaml that exists")
    with warnings.catch_warnings(action="ignore"):  # the SDK's own, of what it will drop some day
        entry = _found(cloud, clouds_file)
    return ApiPlace(entry)


def _found(cloud: str | None, clouds_file: Path | None) -> CloudEntry:
    try:
        config = openstack.config.OpenStackConfig(
            config_files=[str(clouds_file)] if clouds_file else None, load_envvars=clouds_file is None
        )
        known = sorted(name for name in config.get_cloud_names() if name != "defaults")
    except (ConfigException, OSError, ValueError) as error:
        raise CannotStart(f"clouds.yaml cannot be read: {_sentence(error)}") from None
    except Exception as error:  # yaml's own errors, whichever library it came with
        raise CannotStart(f"clouds.yaml is not valid YAML: {_sentence(error)}") from None
    return _entry(config, _chosen(cloud, known, clouds_file))


def _chosen(cloud: str | None, known: list[str], clouds_file: Path | None) -> str:
    where = str(clouds_file) if clouds_file else PLACES
    if not cloud and clouds_file is None:
        cloud = os.environ.get("OS_CLOUD")
        if not cloud and os.environ.get("OS_AUTH_URL"):
            cloud = "envvars"
    if cloud:
        if cloud not in known:
            others = f"it has {', '.join(known)}" if known else f"no cloud is configured in {where}"
            raise CannotStart(f"there is no cloud {cloud!r} in clouds.yaml: {others}")
        return cloud
    if not known:
        raise CannotStart(
            f"no cloud is configured: write one into clouds.yaml ({where}), or set OS_CLOUD or OS_AUTH_URL"
        )
    if len(known) > 1:
        raise CannotStart(f"which cloud? say --cloud with one of {', '.join(known)}")
    return known[0]


def _entry(config: Any, name: str) -> CloudEntry:
    try:
        region = config.get_one(cloud=name)
    except (ConfigException, ClientException, OSError, ValueError, TypeError, AttributeError) as error:
        raise CannotStart(f"the cloud {name!r} in clouds.yaml cannot be used: {_sentence(error)}") from None
    auth_url = region.config.get("auth", {}).get("auth_url", "")
    if not auth_url:
        raise CannotStart(f"the cloud {name!r} in clouds.yaml has no auth_url: add it below auth")
    is_v3 = urlsplit(auth_url).path.rstrip("/").endswith("/v3")
    if is_v3 and region.config.get("auth_type") in (None, "password"):
        with suppress(ConfigException, ClientException):  # spares asking which versions there are
            region = config.get_one(cloud=name, auth_type="v3password")
    return CloudEntry(name, region)


def _sentence(error: Exception) -> str:
    """One line, without what a parser quotes from the file (it may be a password)."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"{getattr(error, 'problem', 'error')} in line {mark.line + 1} of {mark.name}"
    return " ".join(str(error).split())[:200]
