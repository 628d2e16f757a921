"""Makes a package of the modules that came along, and starts it. It is read before there is any package."""

import sys
import types
from typing import Any


def start(given: "dict[str, Any]") -> None:
    """given: modules [[name, text], …] in an order in which each finds those it needs, and the plan."""
    package = types.ModuleType("onhost")
    package.__path__ = []  # what makes it a package
    sys.modules["onhost"] = package
    for name, text in given["modules"]:
        module = types.ModuleType("onhost." + name)
        module.__package__ = "onhost"
        sys.modules[module.__name__] = module
        setattr(package, name, module)
        exec(compile(text, f"onhost/{name}.py", "exec"), module.__dict__)  # noqa: S102 # it is our own
    sys.modules["onhost.main"].main(given["plan"])
