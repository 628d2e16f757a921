"""Which filters Nova enables where nobody configures them, release by release.

The default of ``[filter_scheduler] enabled_filters`` (nova/conf/scheduler.py; Newton called it
``scheduler_default_filters``), and the highest microversion of the compute API of each release
(nova/api/openstack/compute/rest_api_version_history.rst).
"""

from __future__ import annotations

import re

_CORE = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)
_NEWTON = ("RetryFilter", "AvailabilityZoneFilter", "RamFilter", "DiskFilter", *_CORE)
_PIKE = ("RetryFilter", "AvailabilityZoneFilter", *_CORE)
"""Placement counts memory and disk from here on."""
_TRAIN = ("AvailabilityZoneFilter", *_CORE)
"""The alternate hosts of Queens made RetryFilter needless."""
_XENA = _CORE
"""Zones are asked of Placement ([scheduler] query_placement_for_availability_zone)."""

RELEASES = (
    ("Newton", 38, _NEWTON),
    ("Ocata", 42, _NEWTON),
    ("Pike", 53, _PIKE),
    ("Queens", 60, _PIKE),
    ("Rocky", 65, _PIKE),
    ("Stein", 72, _PIKE),
    ("Train", 79, _TRAIN),
    ("Ussuri", 87, _TRAIN),
    ("Wallaby", 88, _TRAIN),
    ("Xena", 90, _XENA),
    ("Zed", 93, _XENA),
    ("2023.1", 95, _XENA),
    ("2024.1", 96, _XENA),
    ("2025.1", 100, _XENA),
    ("2026.1", 103, _XENA),
    ("2026.2", 104, _XENA),
)
"""Release, its highest microversion (after the "2."), its list. Releases that share both stand once:
Victoria is as Ussuri, Yoga as Xena, 2023.2 as 2023.1, 2024.2 as 2024.1, 2025.2 as 2025.1."""


def release_of(microversion: str) -> str:
    """The first release whose compute API goes up to a microversion; "" for none that is known.

    >>> release_of("2.93"), release_of("2.91"), release_of("2.104"), release_of(""), release_of("3.0")
    ('Zed', 'Zed', '2026.2', '', '')
    """
    found = re.fullmatch(r"2\.(\d{1,4})", microversion)
    if not found:
        return ""
    return next((name for name, highest, _ in RELEASES if int(found[1]) <= highest), RELEASES[-1][0])


def enabled_by_default(microversion: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Nova's list for a release, and the assumption that goes with it.

    >>> enabled_by_default("2.65")[0][:3]
    ('RetryFilter', 'AvailabilityZoneFilter', 'ComputeFilter')
    >>> enabled_by_default()[1]
    ('no list of enabled filters was seen in a nova.conf, nor which release this is: the default of the \
newest is taken',)
    """
    release = release_of(microversion)
    for name, _, filters in RELEASES:
        if name == release:
            return filters, (
                f"no list of enabled filters was seen in a nova.conf: the default of {name} is taken",
            )
    return RELEASES[-1][2], (
        "no list of enabled filters was seen in a nova.conf, nor which release this is: "
        "the default of the newest is taken",
    )
