"""Configuration files of a host: changed by a fault, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitate.lab import Lab

_KEPT = "/var/lib/kept-by-fault"


def change(lab: Lab, host: str, file: str, sed: str) -> None:
    """Apply a sed script to a file, keeping the first original. Owner and mode of the file stay."""
    kept = _kept(file)
    lab.sh(
        host,
        f"set -e; umask 077; mkdir -p {_KEPT}; "
        f"[ -e {kept} ] || {{ cp -p {file} {kept}.new; mv {kept}.new {kept}; }}; "
        f"sed -e '{sed}' {kept} > {kept}.sed; cat {kept}.sed > {file}; rm {kept}.sed",
    )


def put_back(lab: Lab, host: str, file: str) -> None:
    """The original again; nothing happens when none was kept."""
    kept = _kept(file)
    lab.sh(
        host,
        f"set -e; [ -e {kept} ] || exit 0; cat {kept} > {file}; touch -r {kept} {file}; rm {kept}; "
        f"rmdir --ignore-fail-on-non-empty {_KEPT}",
    )


def _kept(file: str) -> str:
    return f"{_KEPT}/{file.strip('/').replace('/', '_')}"
