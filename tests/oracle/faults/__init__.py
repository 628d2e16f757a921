"""What can be broken: each fault is a few commands in namespaces of the cloud, none where it does not fit.

A fault that breaks nothing for what is asked is as good a question as one that does.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from tests.oracle.build import at
from tests.oracle.plan import NODE, Dice, Net, Nic, Plan, Router, Vm

Command = tuple[str, str]
"""(namespace, shell)"""
Fault = Callable[["Scene"], Iterator[Command]]
FAULTS: dict[str, Fault] = {}
NOBODY = "fa:16:3e:00:00:01"
"""A MAC that no device has."""


def fault(make: Fault) -> Fault:
    FAULTS[make.__name__] = make
    return make


class Scene:
    """The plan from where its question stands: the server at an end, its router, and the far end."""

    def __init__(self, plan: Plan, dice: Dice) -> None:
        self.plan = plan
        self.dice = dice
        ends = [
            vm for end in (plan.asked.to, plan.asked.at) for vm in plan.vms if (vm.nic.host, vm.space) == end
        ]
        self.vm: Vm = ends[0] if len(ends) == 1 else dice.choice(ends)
        self.others = [vm for vm in plan.vms if vm is not self.vm]
        asked = plan.asked
        self.far = asked.sender if (self.vm.nic.host, self.vm.space) == asked.to else asked.address
        assert self.vm.nic.net
        self.net: Net = self.vm.nic.net
        router = plan.router_of(self.net)
        assert router
        self.router: Router = router
        self.inner: Nic = next(nic for nic in router.inner if nic.net == self.net)
        outs = [each for each in plan.routers if each.gateway and any(n.net == self.net for n in each.inner)]
        self.exit: Router = outs[0] if outs else router
        self.qg = self.exit.gateway
        self.host = self.vm.nic.host
        self.guest = at(self.host, self.vm.space)
        self.space = at(NODE, self.router.space)
        self.exit_space = at(NODE, self.exit.space)

    def tap_hosts(self) -> list[str]:
        """The hosts on which the network is."""
        return [host for host in self.plan.hosts if any(nic.net == self.net for nic in self.plan.taps(host))]

    def some_host(self) -> str:
        return self.dice.choice(self.tap_hosts())


def draw(plan: Plan) -> list[tuple[str, list[Command]]]:
    """The faults of a case with their commands; the same for the same plan."""
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    dice = Dice(f"{plan.seed}:{plan.case}:faults")
    scene = Scene(plan, dice)
    wanted = dice.choice((0, 1, 1, 1, 1, 2, 2))
    found: list[tuple[str, list[Command]]] = []
    names = list(FAULTS)
    while len(found) < wanted:
        name = dice.choice(names)
        commands = list(FAULTS[name](scene))
        if commands and name not in dict(found):
            found.append((name, commands))
    return found
