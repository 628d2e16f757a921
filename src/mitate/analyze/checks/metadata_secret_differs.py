"""Neutron signs with another secret than Nova checks with."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.problems import problems, untimed
from mitate.analyze.drift.secrets import metadata_secrets
from mitate.model.diagnosis import Severity
from mitate.model.drift import Difference
from mitate.model.host import ConfigFile, ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(ConfigOption, ConfigFile, severity=Severity.CRITICAL)
def metadata_secret_differs(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """The metadata agent and Nova's metadata API do not share their secret: servers get no metadata.

    What it means
        Neutron's metadata agent signs each request of a server with metadata_proxy_shared_secret; Nova checks
        the signature with its own, in [neutron] of nova.conf. When the two differ, every request ends with
        HTTP 403, and servers come up without ssh keys and user data. Both were compared by keyed hash.
    Why it happens
        A secret that was changed on one side, a network host that was added with an old one.
    Look again
        grep -n metadata_proxy_shared_secret /etc/neutron/metadata_agent.ini     (network host)
        grep -n metadata_proxy_shared_secret /etc/nova/nova.conf                 (where the metadata API runs)
        curl http://169.254.169.254/openstack in a server
    Fix
        Write the same secret on both sides, restart neutron-metadata-agent and Nova's metadata API.
    """
    found = list(metadata_secrets(snapshot))
    yield from problems(each for each in found if isinstance(each, Difference))
    yield from (each for each in found if isinstance(each, Gap))
    yield from untimed(snapshot)
