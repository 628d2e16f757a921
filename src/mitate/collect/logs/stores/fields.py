"""What the records of a store call things.

kolla: ``ansible/roles/fluentd/templates/conf/`` of kolla-ansible, ``input/00-global.conf.j2`` (a record is an
event with all its lines; the ids of requests lose their ``req-``), ``filter/00-record_transformer.conf.j2``,
``output/03-opensearch.conf.j2`` (``logstash_format``, which adds ``@timestamp``), index
``opensearch_log_index_prefix``.
fluentd: ``FluentFormatter`` of oslo.log (``oslo_log/formatters.py``), or a container's lines in ``log``.
vector: the sources ``file``, ``journald`` and ``kubernetes_logs`` as they are, a line each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mitate.model.errors import CannotStart

_NAME = re.compile(r"[@A-Za-z_][\w.@/-]{0,127}")


class Fields(msgspec.Struct, frozen=True):
    """For each the names it may have; the first that a record has counts. A dot goes into an object.

    time: the one that is searched and sorted by. offset: where in its file the line began, or any number that
    grows with the lines. index: the indices of Elasticsearch where no others are named.
    """

    index: str
    time: tuple[str, ...] = ("@timestamp",)
    message: tuple[str, ...] = ("message",)
    level: tuple[str, ...] = ("level",)
    logger: tuple[str, ...] = ("logger",)
    host: tuple[str, ...] = ("host",)
    program: tuple[str, ...] = ("programname",)
    process: tuple[str, ...] = ("process",)
    request: tuple[str, ...] = ("request_id",)
    global_request: tuple[str, ...] = ("global_request_id",)
    user: tuple[str, ...] = ("user_id",)
    tenant: tuple[str, ...] = ("tenant_id",)
    resource: tuple[str, ...] = ("resource_uuid",)
    traceback: tuple[str, ...] = ("traceback",)
    file: tuple[str, ...] = ("file",)
    offset: tuple[str, ...] = ("offset",)

    @property
    def every(self) -> list[str]:
        """The names of all that is read of a record."""
        told = (getattr(self, name) for name in self.__struct_fields__ if name != "index")
        return list(dict.fromkeys(name for names in told for name in names))


PRESETS = {
    "kolla": Fields(
        index="flog-*",
        message=("Payload",),
        level=("log_level",),
        logger=("python_module",),
        host=("Hostname",),
        process=("Pid",),
    ),
    "fluentd": Fields(
        index="logstash-*",
        message=("message", "log"),
        level=("level", "levelname"),
        logger=("name",),
        host=("hostname", "kubernetes.host", "host"),
        program=("uwsgi_name", "kubernetes.container_name", "container_name", "ident", "cmdline"),
        process=("process", "pid"),
        request=("context.request_id", "request_id"),
        global_request=("context.global_request_id", "context.global_id"),
        user=("context.user_id", "context.user"),
        tenant=("context.project_id", "context.tenant"),
        resource=("context.resource_uuid", "extra.instance_uuid"),
        file=("path", "tag"),
    ),
    "vector": Fields(
        index="vector-*",
        time=("timestamp",),
        level=("level", "log_level", "severity"),
        logger=("logger", "python_module"),
        host=("host", "kubernetes.pod_node_name", "node", "hostname"),
        program=("kubernetes.container_name", "container_name", "_SYSTEMD_UNIT", "unit", "appname"),
        process=("_PID", "procid"),
        file=("file", "filename"),
    ),
}


def fields_of(text: str) -> Fields:
    """A preset, and what differs from it: ``vector,time=@timestamp,message=msg``. Raises CannotStart.

    >>> fields_of("kolla,level=severity").level, fields_of("message=msg").message
    (('severity',), ('msg',))
    """
    first, *rest = text.split(",")
    if first in PRESETS:
        fields = PRESETS[first]
    else:
        fields, rest = PRESETS["kolla"], [first, *rest]
    changed: dict[str, Any] = {}
    for each in rest:
        name, equals, field = each.partition("=")
        if (
            not equals
            or name not in Fields.__struct_fields__
            or not _NAME.fullmatch(field)
            or name == "index"
        ):
            known = ", ".join(name for name in Fields.__struct_fields__ if name != "index")
            raise CannotStart(
                f"--store-fields: {each[:40]} is neither {', '.join(PRESETS)} nor NAME=FIELD with one of "
                f"{known}"
            )
        changed[name] = (field,)
    return msgspec.structs.replace(fields, **changed)


def found(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The value of the first name that is there, as text; "" when none is.

    >>> found({"kubernetes": {"host": "c1"}, "a.b": 3}, ("x", "kubernetes.host")), found({"a.b": 3}, ("a.b",))
    ('c1', '3')
    """
    for name in names:
        value: Any = record.get(name)
        if value is None and "." in name:
            value = record
            for part in name.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            return "\n".join(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""
