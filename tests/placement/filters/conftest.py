"""nova_side.py is a program for the Python that has Nova, no module of these tests."""

from __future__ import annotations

collect_ignore = ["nova_side.py"]
