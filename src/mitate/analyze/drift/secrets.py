"""Secrets and addresses that two services must share: compared by digest, never told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from mitate.analyze.drift.projects import projects
from mitate.analyze.drift.reading import Name, Reading, Setting, readings
from mitate.analyze.peers import addresses
from mitate.analyze.subjects import agent_named, service_subject
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import HIDDEN, UNSET, Difference, Kind
from mitate.model.host import ConfigFile, ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap

PROXIES = ("neutron-metadata-agent", "neutron-ovn-metadata-agent", "neutron-ovn-agent")
APIS = ("nova-api-metadata", "nova-api")
OF_NOVA: Name = ("neutron", "metadata_proxy_shared_secret")
OF_NEUTRON: Name = ("DEFAULT", "metadata_proxy_shared_secret")
AMQP = 5672
URL: Name = ("DEFAULT", "transport_url")
TALKS_TO = {
    "nova-compute": ("nova-conductor",),
    "neutron-linuxbridge-agent": ("neutron-rpc-server", "neutron-server"),
    "neutron-openvswitch-agent": ("neutron-rpc-server", "neutron-server"),
    "neutron-l3-agent": ("neutron-rpc-server", "neutron-server"),
    "neutron-dhcp-agent": ("neutron-rpc-server", "neutron-server"),
}
"""Who answers the calls of a service: one of them at least must use the same broker and vhost (with cells,
each has conductors of its own)."""


def all_readings(snapshot: Snapshot) -> Mapping[tuple[str, str], Reading]:
    return readings(snapshot.all(ConfigOption), snapshot.all(ConfigFile), projects(snapshot))


def metadata_secrets(snapshot: Snapshot) -> Iterator[Difference | Gap]:
    """Neutron's metadata agent signs what Nova's metadata API checks: both must know the same secret."""
    found = all_readings(snapshot)
    there = {
        host: reading
        for name in APIS
        for (host, service), reading in found.items()
        if service == name and _on(reading.get(("neutron", "service_metadata_proxy")))
    }
    if not there:
        return
    rows = {(row.host, row.binary): row for row in snapshot.all(NetworkAgent)}
    theirs = {host: reading.get(OF_NOVA) for host, reading in there.items()}
    for (host, service), reading in found.items():
        if service not in PROXIES:
            continue
        here = reading.get(OF_NEUTRON)
        blind = [h for h, s in ((host, here), *theirs.items()) if s is not None and s.key is None]
        if blind:
            why = "no digest of the metadata secret was told"
            yield Gap(blind[0], "configuration", why, ("ConfigOption",))
            continue
        if any(_key(each) == _key(here) for each in theirs.values()):
            continue
        nova, example = next(iter(theirs.items()))
        line = here.line if here else None
        proofs = [each for each in (line, example.line if example else None) if each is not None]
        if not proofs:
            proofs = [option for option in snapshot.all(ConfigOption) if option.source.host == host][:1]
        yield Difference(
            kind=Kind.SECRET,
            check="metadata_secret_differs",
            severity=Severity.CRITICAL,
            subject=agent_named(service, host, rows),
            what=f"[{OF_NEUTRON[0]}] {OF_NEUTRON[1]}",
            says=f"the metadata secret of {service} on {host} {_is(here)} the one that Nova's metadata API "
            f"on {nova} has in [neutron]: servers get no metadata",
            here=HIDDEN if here else UNSET,
            there=HIDDEN if example else UNSET,
            where=f"{line.file}:{line.line}" if line else "",
            service=service,
            hosts=(host,),
            equals=tuple(theirs),
            since=_changed(snapshot, proofs),
            evidence=tuple(
                Evidence.of(each, f"{each.file}:{each.line}: [{each.section}] {each.name} = {HIDDEN}")
                for each in proofs
            ),
        )


def brokers(snapshot: Snapshot) -> Iterator[Difference]:
    """A service calls somebody at a broker, or in a vhost, where nobody who could answer listens."""
    found = all_readings(snapshot)
    rows = {(row.host, row.binary): row for row in snapshot.all(NetworkAgent)}
    answers: dict[tuple[str, ...], dict[str, Setting]] = {}
    for names in set(TALKS_TO.values()):
        answers[names] = {
            host: reading[URL]
            for (host, service), reading in found.items()
            if service in names and reading.get(URL, Setting(None, None)).value
        }
    for (host, service), reading in found.items():
        here = reading.get(URL)
        there = answers.get(TALKS_TO.get(service, ()), {})
        if here is None or not here.value or here.line is None or not there:
            continue
        if any(_meet(each.value or "", here.value) for each in there.values()):
            continue
        other, example = next(iter(there.items()))
        yield Difference(
            kind=Kind.SECRET,
            check="transport_url_differs",
            severity=Severity.WARNING,
            subject=agent_named(service, host, rows)
            if service.startswith("neutron")
            else service_subject(service, host),
            what=f"[{URL[0]}] {URL[1]}",
            says=f"{service} on {host} calls at {here.value}, and whoever answers ({TALKS_TO[service][0]} on "
            f"{other}) listens at {example.value}",
            here=here.value,
            there=example.value or "",
            where=f"{here.line.file}:{here.line.line}",
            service=service,
            hosts=(host,),
            equals=tuple(there),
            since=_changed(snapshot, [here.line]),
            evidence=tuple(Evidence.of(each) for each in (here.line, example.line) if each is not None),
        )


def _meet(one: str, other: str) -> bool:
    """Whether two transport URLs have a server in common, and the vhost."""
    if one == other:
        return True
    common = set(addresses(one, AMQP)) & set(addresses(other, AMQP))
    return bool(common) and _vhost(one) == _vhost(other)


def _vhost(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("?")[0] or "/"


def _key(setting: Setting | None) -> str:
    return (setting.key or "") if setting else ""


def _on(setting: Setting | None) -> bool:
    return setting is not None and (setting.value or "").lower() in ("true", "1", "yes", "on")


def _is(here: Setting | None) -> str:
    return "is not" if here and _key(here) else "is not set, and is not"


def _changed(snapshot: Snapshot, lines: list[ConfigOption]) -> datetime | None:
    places = {(line.source.host, line.file) for line in lines}
    times = [file.changed_at for file in snapshot.all(ConfigFile) if (file.source.host, file.path) in places]
    return max(times, default=None)
