"""The schemas of MariaDB or MySQL, when it runs here, and how many tables each has.

Asked as root through the local socket, which distributions allow without a password, or with root's own
client file; where neither holds, it could not be looked.

>>> from mitate.collect.sources._sample import told
>>> told(databases, "nova_cell0\\t0\\nkeystone\\t48\\n", "controller")
Database name=nova_cell0 tables=0
Database name=keystone tables=48
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._broker import INSIDE
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import fields, lines, whole
from mitate.model.host import Database

QUERY = (
    "SELECT s.schema_name, COUNT(t.table_name) FROM information_schema.schemata s "
    "LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name GROUP BY s.schema_name"
)
_OWN = ("information_schema", "performance_schema", "mysql", "sys")

SCRIPT = rf"""{ROOT}{INSIDE}export LC_ALL=C
server=$(pid_of '^[^ ]*/(mariadbd|mysqld)( |$)')
[ -n "$server" ] || exit 0
for client in mariadb mysql; do
  [ -x "$root/proc/$server/root/usr/bin/$client" ] &&
    {{ inside "$server" $client --connect-timeout=3 -N -B -e '{QUERY}'; exit; }}
done
echo 'no client of the database is installed beside it' >&2
exit 1
"""


@source(
    HostQuestion(name="databases", script=SCRIPT, asked=f'mysql -N -e "{QUERY}"', timeout_s=12, slow=True),
    Database,
)
def databases(answer: Answer) -> Iterator[Database]:
    for line in lines(answer.text):
        name, tables = fields(line, 2)[:2]
        if name.lower() not in _OWN:
            yield Database(source=answer.source, name=name, tables=whole(tables))
