"""Random providers and random demands, as JSON for Placement (placement_says.py) and as facts for us."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.request import Ask
from mitate.model.cloud import Hypervisor
from mitate.model.placement import (
    Allocation,
    Constraint,
    Inventory,
    Provider,
    ProviderAggregates,
    ProviderTraits,
)
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

SOURCE = Source("api", "made up", datetime(2026, 11, 22, tzinfo=UTC))
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
DEVICES = ("CUSTOM_GPU", "SRIOV_NET_VF")
TRAITS = ("CUSTOM_A", "CUSTOM_B", "CUSTOM_C", "CUSTOM_D")
AGGREGATES = tuple(f"00000000-0000-4000-8000-00000000bbb{n}" for n in range(3))


def draw(seed: int) -> dict[str, Any]:
    """Providers (some with children), what they hold, and an Ask."""
    chance = random.Random(seed)
    nested = chance.random() < 0.5
    providers = []
    for number in range(chance.randint(1, 5)):
        root = _provider(chance, f"{number:x}", "", CLASSES, DEVICES if chance.random() < 0.4 else ())
        providers.append(root)
        for child in range(chance.randint(0, 3) if nested else 0):
            above = chance.choice([each for each in providers if each["root"] == root["id"]])
            providers.append(
                _provider(chance, f"{number:x}{child:x}", above["id"], (), DEVICES, root["id"], CLASSES)
            )
    return {
        "classes": [each for each in DEVICES if each.startswith("CUSTOM_")],
        "traits": list(TRAITS),
        "providers": providers,
        "allocations": list(_allocations(chance, providers)),
        "queries": [],
    }


def _provider(
    chance: random.Random,
    name: str,
    parent: str,
    sure: Sequence[str],
    maybe: Sequence[str],
    root: str = "",
    seldom: Sequence[str] = (),
) -> dict[str, Any]:
    id_ = f"00000000-0000-4000-8000-{int('1' + name, 16):012d}"
    classes = [*sure, *(each for each in maybe if chance.random() < 0.6)]
    classes += [each for each in seldom if chance.random() < 0.15]
    return {
        "id": id_,
        "name": f"h{name}",
        "parent": parent,
        "root": root or id_,
        "inventories": {each: _inventory(chance) for each in classes},
        "traits": [each for each in TRAITS if chance.random() < 0.35],
        "aggregates": [each for each in AGGREGATES if chance.random() < 0.35],
    }


def _inventory(chance: random.Random) -> dict[str, Any]:
    total = chance.choice([2, 4, 8, 10, 16])
    return {
        "total": total,
        "reserved": chance.choice([0, 0, 0, 0, 0, 0, 1, total]),
        "allocation_ratio": chance.choice([1.0, 1.0, 1.5, 2.0, 4.0, 0.5, 0.1, 1.1]),
        "min_unit": chance.choice([1, 1, 1, 1, 1, 2]),
        "max_unit": chance.choice([total, total, total, 4, 16]),
        "step_size": chance.choice([1, 1, 1, 1, 1, 2, 3]),
    }


def _allocations(chance: random.Random, providers: list[dict[str, Any]]) -> Any:
    used: dict[tuple[str, str], int] = {}
    for number in range(chance.randint(0, 6)):
        here = chance.choice(providers)
        amounts = {}
        for name, known in here["inventories"].items():
            left = (known["total"] - known["reserved"]) * known["allocation_ratio"]
            left -= used.get((here["id"], name), 0)
            most = min(left, known["max_unit"])
            fitting = [
                each for each in range(known["min_unit"], int(most) + 1) if each % known["step_size"] == 0
            ]
            if fitting and chance.random() < 0.6:
                amounts[name] = chance.choice(fitting)
                used[here["id"], name] = used.get((here["id"], name), 0) + amounts[name]
        if amounts:
            yield f"00000000-0000-4000-8000-00000000c{number:03d}", {here["id"]: amounts}


def ask_for(case: dict[str, Any], seed: int) -> Ask:
    """What is demanded of it."""
    chance = random.Random(f"ask {seed}")
    wanted: list[Constraint] = []

    def resources(classes: Sequence[str], share: float, group: str = "") -> int:
        chosen = [each for each in classes if chance.random() < share]
        wanted.extend(Constraint("resource", each, chance.choice([1, 1, 2, 3, 4]), group) for each in chosen)
        return len(chosen)

    def traits(share: float, group: str = "", root: bool = False) -> None:
        for each in TRAITS:
            if chance.random() < share:
                kind = chance.choice(["trait", "trait", "no_trait"])
                wanted.append(Constraint(kind, each, 0, group, root=root))

    if resources(CLASSES, 0.6) + resources(DEVICES, 0.1):
        traits(0.07)
        for _ in range(chance.choice([0, 0, 0, 0, 0, 1, 2])):
            wanted.append(Constraint("member_of", ",".join(sorted(chance.sample(AGGREGATES, 2)))))
        if chance.random() < 0.15:
            wanted.append(Constraint("not_member_of", chance.choice(AGGREGATES)))
        if chance.random() < 0.1:
            wanted.append(Constraint("in_tree", chance.choice(case["providers"])["id"]))
    traits(0.04, root=True)
    for group in ("1", "_b")[: chance.choice([0, 0, 0, 1, 1, 2])]:
        if resources(DEVICES if chance.random() < 0.7 else CLASSES, 0.6, group):
            traits(0.1, group)
    wanted = list(dict.fromkeys(wanted))
    policy = chance.choice(["none", "isolate"])
    granular = {each.group for each in wanted} - {""}
    return Ask(constraints=tuple(wanted), group_policy=policy if len(granular) > 1 else "")


def subsets(ask: Ask) -> list[tuple[Constraint, ...]]:
    """Of one, two and three."""
    return [each for size in (1, 2, 3) for each in combinations(ask.constraints, size)]


def known(case: dict[str, Any]) -> Cloud:
    """The same, as we know it when everything was asked."""
    facts: list[Fact] = []
    for each in case["providers"]:
        id_ = each["id"]
        facts.append(
            Provider(source=SOURCE, id=id_, name=each["name"], root_id=each["root"], parent_id=each["parent"])
        )
        if not each["parent"]:
            facts.append(Hypervisor(source=SOURCE, id=id_, hostname=each["name"], service_host=each["name"]))
        facts.append(ProviderTraits(source=SOURCE, provider_id=id_, traits=frozenset(each["traits"])))
        facts.append(
            ProviderAggregates(source=SOURCE, provider_id=id_, aggregates=frozenset(each["aggregates"]))
        )
        for name, said in each["inventories"].items():
            facts.append(
                Inventory(
                    source=SOURCE,
                    provider_id=id_,
                    resource_class=name,
                    total=said["total"],
                    reserved=said["reserved"],
                    ratio=said["allocation_ratio"],
                    min_unit=said["min_unit"],
                    max_unit=said["max_unit"],
                    step_size=said["step_size"],
                    used=_used(case, id_, name),
                )
            )
    for consumer, held in case["allocations"]:
        for provider, amounts in held.items():
            for name, amount in amounts.items():
                facts.append(
                    Allocation(
                        source=SOURCE,
                        provider_id=provider,
                        consumer_id=consumer,
                        resource_class=name,
                        amount=amount,
                    )
                )
    return Cloud(snapshot("made up", SOURCE.at, facts))


def _used(case: dict[str, Any], provider: str, name: str) -> int:
    return sum(held.get(provider, {}).get(name, 0) for _, held in case["allocations"])
