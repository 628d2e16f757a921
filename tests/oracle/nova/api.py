"""The lab's API by plain calls, as the administrator, from within the operator's network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from mitate.lab import Lab

COMPUTE, PLACEMENT = "2.90", "1.36"
PATIENCE_S = 60.0
_AT_ONCE = 6
_AGAIN = {"connect_retries": 8, "connect_retry_delay": 0.1}
"""uWSGI ends a connection after an answer without content, and that may cross the next request."""


class Refused(Exception):
    """The API said no: (status, its words)."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(f"HTTP {status}: {says}")
        self.status, self.says = status, says


class Api:
    """Answers are JSON. To be made after the process entered the lab's network."""

    def __init__(self, clouds_yaml: Path) -> None:
        config = OpenStackConfig(config_files=[str(clouds_yaml)], load_envvars=False)
        self.connection: Any = Connection(config=config.get_one("lab"))
        self.project = str(self.connection.current_project_id)

    def nova(self, method: str, path: str, body: object = None, microversion: str = COMPUTE) -> Any:
        return self._call(self.connection.compute, method, path, body, microversion)

    def placement(self, method: str, path: str, body: object = None) -> Any:
        return self._call(self.connection.placement, method, path, body, PLACEMENT)

    def glance(self, method: str, path: str, body: object = None) -> Any:
        return self._call(self.connection.image, method, path, body, None)

    def upload(self, image: str, data: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        self.connection.image.put(f"/images/{image}/file", data=data, headers=headers, raise_exc=False)

    @staticmethod
    def _call(adapter: Any, method: str, path: str, body: object, microversion: str | None) -> Any:
        given: dict[str, Any] = {"raise_exc": False, **_AGAIN}
        if body is not None:
            given["json"] = body
        if microversion:
            given["microversion"] = microversion
        answer = adapter.request(path, method, **given)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _words(answer))
        return answer.json() if answer.content else None

    def requested(self, path: str, body: object) -> tuple[str, Any]:
        """POST to Nova; the id of the request beside the answer."""
        answer = self.connection.compute.request(
            path, "POST", json=body, microversion=COMPUTE, raise_exc=False, **_AGAIN
        )
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _words(answer))
        return str(answer.headers["x-openstack-request-id"]), answer.json()


def _words(answer: Any) -> str:
    try:
        told = answer.json()
    except ValueError:
        return str(answer.text)[:300]
    if "errors" in told:
        return str(told["errors"][0].get("detail", told))
    return str(next(iter(told.values())).get("message", told))


def connect(lab: Lab) -> Api:
    """Enters the lab's network with this process, for good."""
    lab.desk.enter_network()
    return Api(lab.desk.clouds_yaml)


def until(
    what: str, condition: Callable[[], bool], limit_s: float = PATIENCE_S, pause_s: float = 0.15
) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain until {what}")
        time.sleep(pause_s)


A = TypeVar("A")
B = TypeVar("B")


def at_once(do: Callable[[A], B], what: Iterable[A]) -> list[B]:
    """Do several things that do not hang on one another; raises what the first that fails raises."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(do, what))
