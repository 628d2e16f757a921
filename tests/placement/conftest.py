"""Programs for the Python that has Nova and Placement are no modules of these tests."""

from __future__ import annotations

collect_ignore = ["nova_asks.py", "placement_says.py"]
