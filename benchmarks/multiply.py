"""A recording of a small cloud made large: its compute hosts copied under other names.

A copy has a host name, addresses, MACs, servers and ports of its own, so that nothing in the large cloud
stands twice. What the API and the other hosts say of a compute host they say of each copy too, item by item
and line by line. What compute hosts say of each other stays as it was: all grows as the number of hosts.
"""

from __future__ import annotations

import ipaddress
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from mitate.collect.question import Answer
from mitate.collect.transport.record_form import (
    ANSWERS,
    MANIFEST,
    Kept,
    Manifest,
    PlaceRecord,
    file_of,
    read_record,
)
from mitate.model.source import API

FIRST_IP = int(ipaddress.ip_address("10.128.0.1"))
MOST_WORDS = 1024
"""More than one compute host has of its own."""
Copy = Callable[[str], str]
SHARED = ("endpoints",)
"""API lists of which no item belongs to a host."""


@dataclass
class Template:
    """A compute host of the recording. words: what is its own, each with what kind of word it is."""

    name: str
    words: dict[str, str] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)
    """Ids of its services, agents, servers, ports and their floating IPs."""

    def learn(self, kind: str, *words: str) -> None:
        self.words.update(dict.fromkeys(filter(None, words), kind))

    def pattern(self) -> re.Pattern[str]:
        """Matches any of its words where it stands alone: 10.0.0.2 is not in 10.0.0.21."""
        bounds = {"id": "{}", "mac": "{}", "ip": r"(?<![\d.]){}(?!\d)", "name": r"(?<![\w-]){}(?![\w-])"}
        longest = sorted(self.words, key=len, reverse=True)
        return re.compile("|".join(bounds[self.words[word]].format(re.escape(word)) for word in longest))

    def copy(self, number: int) -> Copy:
        """Makes a text about it one about a copy. number: of the copy, among those of all compute hosts."""
        pattern = self.pattern()
        new = {word: self._new(word, number * MOST_WORDS + at, number) for at, word in enumerate(self.words)}
        return lambda text: pattern.sub(lambda found: new[found[0]], text)

    def _new(self, word: str, unique: int, number: int) -> str:
        match self.words[word]:
            case "id":
                whole = next((each for each in self.owned if each.startswith(word)), word)
                return str(uuid5(NAMESPACE_OID, f"{whole}/{number}"))[: len(word)]
            case "mac":  # the last five bytes: a tap's begins with fe where its port's begins with fa
                return f"{word[:5]}:" + unique.to_bytes(3).hex(":")
            case "ip":
                return str(ipaddress.ip_address(FIRST_IP + unique))
        return f"instance-{unique + 0x10000:08x}" if word.startswith("instance-") else f"{word}-{number:04}"


@dataclass(frozen=True)
class Cloud:
    """A recording in memory. templates: its compute hosts."""

    manifest: Manifest
    places: dict[str, PlaceRecord]
    templates: list[Template]


def read(path: Path) -> Cloud:
    """A recording as ``mitate record`` writes it, of our own making: nothing in it is doubted."""
    files = dict(_files(path))
    manifest = msgspec.json.decode(files[MANIFEST], type=Manifest)
    places = {kept.name: read_record(files[kept.file]) for kept in manifest.places if kept.file}
    return Cloud(manifest, places, list(_templates(places)))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in (path / MANIFEST, *(path / ANSWERS).iterdir()):
            yield file.name, file.read_bytes()
        return
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content:
                yield PurePosixPath(member.name).name, content.read()


# -- what belongs to a compute host -----------------------------------------------------------------------


def _templates(places: dict[str, PlaceRecord]) -> Iterator[Template]:
    lists = {answer.question: json.loads(answer.text) for answer in places[API].answers}
    for service in lists.get("compute_services", ()):
        if service["binary"] == "nova-compute" and service["host"] in places:
            yield _template(service["host"], lists, places[service["host"]])


def _template(name: str, lists: dict[str, list[Any]], said: PlaceRecord) -> Template:
    template = Template(name)
    template.learn("name", name)
    items = [item for question, every in lists.items() if question not in SHARED for item in every]
    grown = True
    while grown:  # a server's floating IP belongs to a port that belongs to the host
        mine = [item for item in items if _belongs(item, template)]
        grown = {str(item["id"]) for item in mine} != template.owned
        template.owned = {str(item["id"]) for item in mine}
    for item in mine:
        if _is_uuid(item["id"]):
            template.learn("id", item["id"], item["id"][:11])  # the second is in the name of its tap
        template.learn("mac", item.get("mac_address", "")[3:])
        template.learn("ip", *(each["ip_address"] for each in item.get("fixed_ips", ())))
        template.learn("ip", item.get("floating_ip_address", ""))
        template.learn("name", item.get("OS-EXT-SRV-ATTR:instance_name", ""))
    network = next((answer.text for answer in said.answers if answer.question == "network"), "")
    own = re.findall(r'"local":"(\d+\.\d+\.\d+\.\d+)","prefixlen"', network)
    template.learn("ip", *(ip for ip in own if not ip.startswith("127.")))
    return template


def _belongs(item: dict[str, Any], template: Template) -> bool:
    refers = {item.get("port_id"), item.get("device_id"), str(item.get("id"))}
    return template.name in _strings(item) or not refers.isdisjoint(template.owned)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def _is_uuid(text: Any) -> bool:
    try:
        return bool(str(UUID(text)) == text)
    except (AttributeError, TypeError, ValueError):
        return False


# -- the large cloud --------------------------------------------------------------------------------------


def write(cloud: Cloud, hosts: int, folder: Path) -> None:
    """The recording of a cloud with that many hosts, as a folder that ``--bundle`` reads."""
    if not cloud.templates:
        raise SystemExit("the recording holds no compute host to copy")
    computes = {template.name for template in cloud.templates}
    others = [name for name in cloud.places if name not in computes and name != API]
    copies: list[tuple[Template, Copy]] = []
    for number, template in zip(range(hosts - len(others)), cycle(cloud.templates), strict=False):
        copies.append((template, template.copy(number)))
    (folder / ANSWERS).mkdir(parents=True)
    kept = []

    def keep(record: PlaceRecord) -> None:
        file = file_of(record.place)
        (folder / ANSWERS / file).write_bytes(msgspec.json.encode(record))
        kept.append(Kept(record.place, file))

    for name in (API, *others):
        keep(_told_of_all(cloud.places[name], copies))
    for template, copy in copies:
        record = msgspec.json.encode(cloud.places[template.name]).decode()
        keep(read_record(copy(record).encode()))
    manifest = msgspec.structs.replace(cloud.manifest, places=tuple(kept), taken_at=datetime.now(UTC))
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def _told_of_all(record: PlaceRecord, copies: list[tuple[Template, Copy]]) -> PlaceRecord:
    """What a place that is no compute host says, with what it says of a compute host said of each copy."""
    patterns = [
        (template.pattern(), [copy for of, copy in copies if of is template])
        for template in {template.name: template for template, _ in copies}.values()
    ]

    def each(text: str) -> Iterable[str]:
        mine = next((copies for pattern, copies in patterns if pattern.search(text)), None)
        return [text] if mine is None else [copy(text) for copy in mine]

    def whole(answer: Answer) -> Answer:
        lines = [line for given in answer.text.split("\n") for line in _multiplied(given, each)]
        return msgspec.structs.replace(answer, text="\n".join(lines))

    return msgspec.structs.replace(record, answers=tuple(map(whole, record.answers)))


def _multiplied(line: str, each: Callable[[str], Iterable[str]]) -> Iterable[str]:
    """A line, or the items of a line that is a JSON array, said of every copy."""
    if not line.startswith("["):
        return each(line)
    try:
        items = json.loads(line)
    except ValueError:
        return each(line)
    many = [json.loads(text) for item in items for text in each(json.dumps(item))]
    seen: set[str] = set()
    for item in many:  # an id that is a number stays what it was: count it on
        if isinstance(item, dict) and "id" in item:
            while str(item["id"]) in seen:
                item["id"] = f"{item['id']}0"
            seen.add(str(item["id"]))
    return [json.dumps(many)]
