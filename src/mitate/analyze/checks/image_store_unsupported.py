from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption

DRIVERS = ("file", "filesystem", "http", "https", "rbd", "swift", "cinder", "s3", "vmware", "sheepdog")
"""Names of glance_store drivers; vmware and sheepdog only in old releases."""


@check(ConfigOption, severity=Severity.CRITICAL)
def image_store_unsupported(options: Sequence[ConfigOption]) -> Problems:
    """Glance is told to keep images in a store that it does not have.

    What it means
        glance-api does not start, or refuses every new image: the store is unknown to it.
    Why it happens
        A typing error, a default that is not among the enabled stores, or a store that a newer release no
        longer has.
    Look again
        grep -n -e default_store -e stores -e default_backend -e enabled_backends /etc/glance/glance-api.conf
    Fix
        Name the default among the enabled stores, each of a known type (file, rbd, swift, cinder, s3,
        http), and restart glance-api.
    """
    by_host: dict[str, dict[str, ConfigOption]] = defaultdict(dict)
    for option in options:
        if option.service == "glance-api" and option.value:
            by_host[option.source.host][f"{option.section}.{option.name}"] = option
    for host, own in by_host.items():
        found = _with_backends(own) if "DEFAULT.enabled_backends" in own else _with_stores(own)
        if found:
            option, says = found
            yield Problem(
                subject=config_subject(host, option.file, option.section),
                says=f"glance-api on {host}: {says}",
                seen=(option,),
            )


def _with_backends(own: Mapping[str, ConfigOption]) -> tuple[ConfigOption, str] | None:
    """enabled_backends = NAME:TYPE, … (several stores, since Rocky)."""
    enabled = own["DEFAULT.enabled_backends"]
    pairs = [item.strip().partition(":") for item in enabled.value.split(",")]
    for name, _, driver in pairs:
        if driver and driver.strip() not in DRIVERS:
            return enabled, f"the store {name} is of the unknown type {driver}"
    names = {name.strip() for name, _, _ in pairs}
    default = own.get("glance_store.default_backend")
    if default and default.value not in names:
        return (
            default,
            f"default_backend is {default.value}, which is not in enabled_backends ({enabled.value})",
        )
    return None


def _with_stores(own: Mapping[str, ConfigOption]) -> tuple[ConfigOption, str] | None:
    """stores and default_store; both default to file."""
    default, stores = own.get("glance_store.default_store"), own.get("glance_store.stores")
    if default and default.value not in DRIVERS:
        return default, f"default_store is {default.value}, which is no store that Glance knows"
    if default and stores and not stores.value.startswith("glance."):
        names = {_plain(name) for name in stores.value.split(",")}
        if _plain(default.value) not in names:
            return default, f"default_store is {default.value}, which is not in stores ({stores.value})"
    return None


def _plain(name: str) -> str:
    name = name.strip()
    return {"filesystem": "file", "https": "http"}.get(name, name)
