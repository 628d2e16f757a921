"""The practice cloud as one object: what the command line, the faults, the exam and the tests hold.

How a lab comes up. Once per machine the base and the server images are built (`base.py`, `guest.py`). Once
per release and driver the healthy cloud is made on fresh hosts (`cloud.py`) and, while it runs, copied as the
saved state (`saved.py`); nothing has to boot twice for it. Every later `up`, and every `reset`, boots the
hosts from that copy, so what was done to a lab lasts until the next `down` unless it is saved.

`down` ends a lab as a power cut would: it kills the hosts' cgroups. Since every boot begins with the saved
state, nothing is lost that a clean shutdown would keep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mitate.lab import machine, saved
from mitate.lab.base import Base
from mitate.lab.cloud import Cloud
from mitate.lab.configure import configure
from mitate.lab.desk import Desk
from mitate.lab.errors import LabError
from mitate.lab.fabric import Fabric
from mitate.lab.guest import Guest
from mitate.lab.hosts import Host, end_cgroup
from mitate.lab.progress import Clocked, Progress, Silent
from mitate.lab.recipe import Recipe, load
from mitate.lab.shell import run
from mitate.lab.state import State
from mitate.lab.status import LabStatus, look
from mitate.lab.topology import MOST_FAKES, SERVERS, hosts

_BOOT_S = 120
_HEALTHY_S = 420  # patient: a machine that is busy with other work only takes longer
_PING_S = 180
_FAKES_AT_ONCE = 2  # starting a daemon takes a processor for seconds
_CONNECTED = "import openstack\nconn = openstack.connect()\n"
_CREDENTIALS = ". /root/openrc && "


class Lab:
    """A practice cloud. Make it with `Lab.at`; nothing is contacted or changed before a method is called.

    Every method raises `LabError` (one sentence, then evidence) when it cannot do its work.
    """

    def __init__(self, state: State, progress: Progress) -> None:
        self.state = state
        self.clocked = Clocked(progress)
        self.fabric = Fabric(state.prefix)
        self.desk = Desk(state.desk, self.fabric.namespace("operator"))
        self._possible: dict[str, Host] | None = None

    @classmethod
    def at(cls, directory: Path | None = None, progress: Progress | None = None) -> Lab:
        """The lab whose directory this is: `$MITATE_LAB` or `/var/lib/mitate/lab` unless given."""
        return cls(State(directory), progress or Silent())

    @property
    def hosts(self) -> dict[str, Host]:
        """All hosts by name, running or not; as many fake computes as it has, or had when it ran last."""
        fakes = self.state.read("run.json").get("fakes", 0)
        return {plan.name: self._all_possible[plan.name] for plan in hosts(fakes)}

    @property
    def _all_possible(self) -> dict[str, Host]:
        """Every host that a lab could have: what is ended does not depend on what is remembered."""
        if self._possible is None:
            groups = machine.cgroup_root()
            self._possible = {
                plan.name: Host(
                    plan,
                    self.state.hosts / plan.name,
                    groups / f"{self.state.prefix}-{plan.name}",
                    self.fabric.namespace(plan.name),
                )
                for plan in hosts(MOST_FAKES)
            }
        return self._possible

    @property
    def _build_cgroup(self) -> Path:
        return machine.cgroup_root() / f"{self.state.prefix}-build"

    # -- up and down ------------------------------------------------------------------------------------

    def up(
        self, release: str | None = None, driver: str | None = None, fakes: int | None = None
    ) -> dict[str, float]:
        """Bring the lab up until both servers answer a ping; returns the seconds of each phase.

        Builds what is missing: at first everything (minutes), later it boots the saved state of that release
        and driver, with so many fake computes. Without them, those of the last time, else bookworm,
        linuxbridge and no fakes. On a lab that is up, only looks whether it is healthy.
        """
        machine.require_root()
        self.state.prepare()
        with self._changing("up"):
            recipe, last = self.recipe(release, driver, fakes), self.recipe()
            kept = saved.load(self.state, last)
            if self.is_up() and kept:  # without a saved state it is what an interrupted first `up` has left
                self._stay_up(kept, last, recipe)
                return self.clocked.seconds
            machine.require_tools()
            machine.require_kernel(self.state.directory)
            self._clear()
            base = Base(self.state, recipe, self._build_cgroup)
            guest = Guest(base)
            machine.require_room(self.state.directory, building=not base.is_built(), fakes=recipe.fakes)
            machine.require_watches(len(recipe.hosts))
            if not base.is_built():
                base.build(self.clocked)
            if not guest.is_built():
                guest.build(self.clocked)
            end_cgroup(self._build_cgroup)
            kept = saved.load(self.state, recipe)
            if kept and kept.fingerprint == recipe.fingerprint():
                self._start(base, recipe, kept)
                self._wait_healthy(recipe, kept.servers)
            else:
                self._make(base, guest, recipe)
        return self.clocked.seconds

    def _stay_up(self, kept: saved.Saved, running: Recipe, asked: Recipe) -> None:
        if asked != running:
            raise LabError(
                f"The lab is up with {running.release}, {running.driver} and {running.fakes} fake computes: "
                "run `mitate lab down` first."
            )
        self._must_be_whole()
        self._wait_healthy(running, kept.servers)

    def _start(self, base: Base, recipe: Recipe, kept: saved.Saved) -> None:
        with self.clocked.phase("restore saved state"):
            self._note_run(recipe)
            saved.restore(self.hosts, kept)
            self._prepare_run(recipe)
        self._boot(base, ["controller", "operator", "client"])
        self._boot_agents(base, recipe)

    def _make(self, base: Base, guest: Guest, recipe: Recipe) -> None:
        """The first time: empty hosts, then databases, resources and servers, then the copy of it all."""
        with self.clocked.phase("configure hosts"):
            self._note_run(recipe)
            saved.restore(self.hosts, None)
            configure(self.hosts, base.root, recipe, guest.images)
            self._prepare_run(recipe)
        cloud = self._cloud(recipe)
        self._boot(base, ["controller", "operator", "client"])
        with self.clocked.phase("databases and services"):
            cloud.make_databases()
        self._boot_agents(base, recipe)
        with self.clocked.phase("networks and servers"):
            cloud.make_resources()
        self._wait_healthy(recipe)
        with self.clocked.phase("save healthy state"):
            cloud.forget_history()
            saved.take(self.state, self.hosts, recipe, tuple(SERVERS))

    def _note_run(self, recipe: Recipe) -> None:
        """Remember what is to run: from here on the lab has the hosts of this recipe."""
        noted = {"release": recipe.release, "driver": recipe.driver, "fakes": recipe.fakes}
        self.state.write("run.json", {**noted, "since": time.time()})

    def _prepare_run(self, recipe: Recipe) -> None:
        self.fabric.lay(recipe.hosts)
        self.desk.write(self.hosts, recipe.variables()["password"])

    def _boot(self, base: Base, names: list[str], phase: str = "boot hosts") -> None:
        with self.clocked.phase(phase):
            self._boot_at_once(base, names)

    def _boot_at_once(self, base: Base, names: list[str]) -> None:
        for name in names:
            self.hosts[name].boot(base.root)
        for name in names:
            host = self.hosts[name]
            self.wait(f"{name} to boot", host.is_booted, _BOOT_S, host.pending)

    def _boot_agents(self, base: Base, recipe: Recipe) -> None:
        """Boot all hosts that call the controller, once it listens: fakes last, and not all at once."""
        self._wait_controller(recipe)
        self._boot(base, ["network", "compute1", "compute2"], "boot agents and computes")
        fakes = [plan.name for plan in recipe.hosts if plan.role == "fake"]
        if fakes:
            with self.clocked.phase("boot fake computes"):
                for begin in range(0, len(fakes), _FAKES_AT_ONCE):
                    few = fakes[begin : begin + _FAKES_AT_ONCE]
                    self._boot_at_once(base, few)
                    self._wait_settled(few)

    def _wait_controller(self, recipe: Recipe) -> None:
        cloud = self._cloud(recipe)
        with self.clocked.phase("controller's services"):
            what = "the controller's services to consume their queues"
            self.wait(what, cloud.listens, _HEALTHY_S, cloud.complaints)

    def _wait_healthy(self, recipe: Recipe, servers: tuple[str, ...] = tuple(SERVERS)) -> None:
        cloud = self._cloud(recipe)
        with self.clocked.phase("services and servers"):
            where = cloud.wait_healthy(servers, _HEALTHY_S)
            self._wait_settled(self.hosts)
        with self.clocked.phase("servers answer"):
            cloud.wait_answers(where, self.wait, _PING_S)

    def _wait_settled(self, names: Iterable[str]) -> None:
        for name in names:
            host = self.hosts[name]
            self.wait(f"every unit of {name} to start", host.is_settled, _BOOT_S, host.pending)

    def down(self) -> None:
        """End the lab and leave only its directory: no process, mount, namespace, cable or cgroup.

        Also clears away what a killed `up`, or a lab that was killed from outside, has left.
        """
        machine.require_root()
        self.state.prepare()
        with self._changing("down"):
            self._clear()

    def _clear(self) -> None:
        end_cgroup(self._build_cgroup)
        for host in self._all_possible.values():
            host.kill()
        self.fabric.tear()
        self.state.forget("broken.json")

    def save(self) -> float:
        """Make the present state the one that `up` and `reset` return to; the lab goes on running.

        Returns the seconds for which it stood still. LabError while a fault is in force, or hosts are down.
        """
        machine.require_root()
        with self._changing("save"):
            self._must_be_up()
            self._must_be_whole()
            with self.clocked.phase("save"):
                active = self.python(
                    "print(*(s.name for s in conn.compute.servers() if s.status == 'ACTIVE'))"
                )
                return saved.take(self.state, self.hosts, self.recipe(), tuple(active.split()))

    def reset(self) -> dict[str, float]:
        """Back to the saved state and healthy, whatever happened; returns the seconds of each phase."""
        machine.require_root()
        if saved.load(self.state, self.recipe()) is None:
            raise LabError("There is no saved state to go back to: run `mitate lab up`.")
        with self._changing("reset"):
            with self.clocked.phase("end hosts"):
                self._clear()
            return self.up()

    # -- looking ----------------------------------------------------------------------------------------

    def is_up(self) -> bool:
        """Whether all hosts run (which does not say that the cloud is healthy)."""
        return all(host.is_running() for host in self.hosts.values())

    def status(self) -> LabStatus:
        """What there is of the lab now; needs root to look into hosts. The API is asked if the hosts run."""
        machine.require_root()
        return look(self)

    def recipe(
        self, release: str | None = None, driver: str | None = None, fakes: int | None = None
    ) -> Recipe:
        """The release, driver and number of fake computes asked for, else those that run or ran last."""
        last: dict[str, Any] = self.state.read("run.json")
        return load(
            release or str(last.get("release", "bookworm")),
            driver or str(last.get("driver", "linuxbridge")),
            int(last.get("fakes", 0)) if fakes is None else fakes,
        )

    def wait(
        self, what: str, condition: Callable[[], bool], timeout: float, explain: Callable[[], str]
    ) -> None:
        """Wait until `condition()`; after `timeout` s, LabError says what for, and what `explain()` found."""
        self.clocked.say(f"waiting for {what}")
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise LabError(f"Waited {timeout:g} s in vain for {what}.\n{explain()}".rstrip())
            time.sleep(0.5)

    # -- inside -----------------------------------------------------------------------------------------

    def host(self, name: str) -> Host:
        """One host by name; LabError for a name that the lab does not have."""
        try:
            return self.hosts[name]
        except KeyError:
            raise LabError(f"The lab has no host {name}; it has {', '.join(self.hosts)}.") from None

    def sh(self, host: str, script: str, *, check: bool = True, timeout: float = 60) -> str:
        """Run a POSIX sh script as root inside a host; returns its standard output. Standard input is empty.

        With `check`, a bad status is a LabError with the tail of standard error. `timeout` in seconds.
        """
        return self.host(host).sh(script, check=check, timeout=timeout)

    def python(self, code: str, *, check: bool = True, timeout: float = 120) -> str:
        """Run Python on the operator's host; `conn` is an administrator's openstacksdk connection."""
        script = f'{_CREDENTIALS}exec python3 -c "$1"'
        return self.host("operator").sh(script, _CONNECTED + code, check=check, timeout=timeout)

    def openstack(self, *arguments: str) -> str:
        """Run the `openstack` command line client as administrator on the operator's host."""
        argv = [*self.host("operator").entry(), *self.openstack_argv(*arguments)]
        return run(argv, timeout=180, what=f"openstack {' '.join(arguments[:3])}")

    @staticmethod
    def openstack_argv(*arguments: str) -> list[str]:
        """The command that runs the client, to be run inside the operator's host."""
        return ["sh", "-c", f'{_CREDENTIALS}exec openstack "$@"', "openstack", *arguments]

    # -- what is broken ---------------------------------------------------------------------------------

    def broken(self) -> list[str]:
        """The faults that are in force, by name, oldest first."""
        return [str(name) for name in self.state.read("broken.json").get("faults", [])]

    def hidden(self) -> list[str]:
        """Those of the faults in force whose names are not to be told."""
        return [str(name) for name in self.state.read("broken.json").get("hidden", [])]

    def note_broken(self, fault: str, *, hidden: bool = False) -> None:
        """Remember that a fault is in force; to be called before it is brought about, lest it be lost."""
        secrets = [name for name in self.hidden() if name != fault] + ([fault] if hidden else [])
        self._note([*(name for name in self.broken() if name != fault), fault], secrets)

    def note_mended(self, fault: str) -> None:
        """Remember that a fault is no longer in force."""
        left = [name for name in self.broken() if name != fault]
        self._note(left, [name for name in self.hidden() if name in left])

    def _note(self, faults: list[str], hidden: list[str]) -> None:
        self.state.write("broken.json", {"faults": faults, "hidden": hidden})

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Hold the lab for a change; LabBusyError says who holds it. May be nested within one process."""
        with self._changing(command):
            yield

    # -- small things -----------------------------------------------------------------------------------

    @contextmanager
    def _changing(self, command: str) -> Iterator[None]:
        with self.state.locked(f"mitate lab {command}"):
            yield

    def _must_be_up(self) -> None:
        if not self.is_up():
            raise LabError("The practice cloud is not up: run `mitate lab up`.")

    def _must_be_whole(self) -> None:
        if self.broken():
            raise LabError(
                "The cloud has a fault in force: run `mitate lab mend` or `mitate lab reset` first."
            )

    def _cloud(self, recipe: Recipe) -> Cloud:
        return Cloud(self.hosts, recipe, self.clocked, self.state.logs)
