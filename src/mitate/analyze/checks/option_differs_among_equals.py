"""The same service on equal hosts, with another option."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.names import but_slips, unknown_options
from mitate.analyze.drift.options import options_that_differ
from mitate.analyze.drift.problems import problems, untimed
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigFile, ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(ConfigOption, ConfigFile, severity=Severity.WARNING)
def option_differs_among_equals(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """An option of one host is another than on its equals.

    What it means
        Hosts with the same roles run the same service, and one of them was told something else. Options
        are compared as the service itself sees them: all files in their order, substitution done, defaults
        of the release filled in. Addresses and names of the host itself are no difference. Secrets are
        compared by a keyed hash and never told. Of two hosts the one whose file changed last is named.
    Why it happens
        A change by hand that nobody carried to the others, configuration management that failed on one
        host, or a host that was away while it ran. Hardware that differs may ask for it: where more than a
        fifth of five or more hosts have it otherwise, `mitate drift` tells it as two kinds of hosts, and
        this check is silent.
    Look again
        mitate drift --cloud NAME
        grep -rn OPTION /etc/nova /etc/neutron
    Fix
        Give the host what its equals have, and restart the service; or put it down in the configuration
        management as what this host needs.
    """
    slips, _ = unknown_options(snapshot)
    yield from problems(but_slips(options_that_differ(snapshot), slips))
    yield from untimed(snapshot)
