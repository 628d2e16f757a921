"""Every registered script only reads: each command in it is on a list, with what it may be told to do.

They are taken apart by a small reader of sh, which knows quotes, substitutions, case, for and functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mitate.collect.question import HostQuestion, all_sources

SCRIPTS = {
    name: s.question.script for name, s in all_sources().items() if isinstance(s.question, HostQuestion)
}

BUILTINS = re.compile(
    r":|\[|break|cd|command|continue|echo|exit|export|printf|pwd|read|return|set|shift|test|true|unset|wait"
)
READERS = re.compile(
    r"awk|bridge|cat|chronyc|cut|date|df|ebtables-save|find|getent|grep|head|hostname|id|ip"
    r"|ip6?tables(-legacy|-nft)?-save"
    r"|journalctl|ls|nproc|ntpq|ps|readlink|renice|sed|sha256sum|sleep|sort|ss|stat|tail|tr|uname|uniq|wc|zcat"
)
WRAPPERS = {"exec": 0, "timeout": 1, "nsenter": 1, "nice": 0}
"""Commands that run the command behind them, and how many words of their own they take, options aside."""
ONLY = {
    "conntrack": {"-L"},
    "curl": {"-q"},
    "docker": {"ps", "exec"},
    "ipset": {"save"},
    "nft": {"list", "-j"},
    "podman": {"ps", "exec"},
    "$engine": {"ps", "exec"},
    "nova-manage": {"--log-file=/dev/null"},
    "nova-status": {"upgrade"},
    "mariadb": {"--connect-timeout=3"},
    "mysql": {"--connect-timeout=3"},
    "$client": {"--connect-timeout=3"},
    "ovs-appctl": {"--timeout=10", "--timeout=15"},
    "ovs-ofctl": {"--timeout=15"},
    "ovs-vsctl": {"--timeout=10"},
    "rabbitmqctl": {"-q", '"$@"', "list_vhosts", "list_queues", "status"},
    "rpm": {"-qa"},
    "systemctl": {"show", "list-units", "list-unit-files", "is-active"},
    "tc": {"-j"},
    "timedatectl": {"show"},
    "virsh": {"-r"},
}
"""Commands that can do more than read: the first words that they may be given."""
NEVER = {
    "nova-manage": r"^(?!--log-file=/dev/null placement audit --verbose$)",
    "nova-status": r"^(?!upgrade check$)",
    "nft": r"\b(add|create|insert|delete|destroy|flush|reset|replace|rename|monitor)\b|-f\b|-i\b",
    "renice": r"^(?!-n 5 -p \$\$$)",
    "ip": r"\b(add|del|delete|set|flush|change|replace|append|exec)\b",
    "tc": r"\b(add|del|change|replace|link|monitor)\b|-b\w*\b",
    "bridge": r"\b(add|del|set|append|replace|flush)\b",
    "sed": r"-i|--in-place|\bw\b",
    "find": r"-delete|-exec|-ok|-fprint",
    "date": r"-s\b|--set",
    "hostname": r"\w",
    "sort": r"-o\b|--output",
    "journalctl": r"--(vacuum|rotate|flush|sync|relinquish|setup|update)",
    "ss": r"-K|--kill",
    "ovs-vsctl": r"\b(add|del|set|clear|remove|create|destroy|init|emer-reset)\b",
    "ovs-ofctl": r"\b(add|del|mod|replace|packet-out|snoop)\b",
    "ovs-appctl": r" \S*/(?!show\b|dump-)|\bexit\b",
    "curl": r"-X|--request|-T|--upload|-d\b|-o (?!/dev/null)",
}
PASSED_ON = {'"$@"'}
"""What a function was given: the words are checked where it is called."""
GIVEN = '"$1"'
"""A function that a function was given, with arguments of its own behind it."""
FUNCTIONS_THAT_RUN = {
    "within": 1,
    "inside": 1,
    "ask": 0,
    "save": 0,
    "some": 0,
    "look": 0,
    "each": 0,
    "lane": 0,
}
"""Functions of the scripts whose arguments are a command, and how many words stand before it."""


class Reader:
    """Simple commands (their words as written) and targets of redirections, of a script and all within it."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.commands: list[list[str]] = []
        self.targets: list[tuple[str, str]] = []
        self.functions: set[str] = set()

    def script(self, ends: str = "") -> None:
        """Up to the unquoted character ``ends``, or the end."""
        words: list[str] = []
        patterns = 0
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == ends and not patterns:
                break
            if here in " \t" or self.text.startswith("\\\n", self.at):
                self.at += 1 if here in " \t" else 2
            elif (here == "#" and not words) or (here == "#" and self.text[self.at - 1] in " \t\n"):
                self._line()
            elif self.text.startswith(";;", self.at):
                words, self.at = self._done(words), self.at + 2
                self._pattern()
            elif here in "\n;&|":
                words, self.at = self._done(words), self.at + 1
            elif here == "(" and len(words) == 1 and self.text.startswith("()", self.at):
                self.functions.add(words.pop())
                self.at += 2
            elif here == "(":
                words, self.at = self._done(words), self.at + 1
                self.script(")")
                self.at += 1
            elif here in "<>" or (here.isdigit() and re.match(r"\d[<>]", self.text[self.at :])):
                self._redirection()
            else:
                word = self._word()
                words.append(word)
                if words[0] == "case" and word == "in":
                    words = []
                    self._pattern()
        self._done(words)

    def _line(self) -> None:
        self.at = self.text.find("\n", self.at) if "\n" in self.text[self.at :] else len(self.text)

    def _pattern(self) -> None:
        """Of a case: up to its bracket; nothing when it is over."""
        rest = re.match(r"\s*(#[^\n]*\n\s*)*", self.text[self.at :])
        assert rest
        self.at += rest.end()
        if re.match(r"esac\b", self.text[self.at :]):
            return
        while self.text[self.at] != ")":
            if self.text[self.at] in " \t\n|(":
                self.at += 1
            else:
                self._word()
        self.at += 1

    def _redirection(self) -> None:
        operator = re.match(r"\d?(>>|>&|<&|<>|>\||>|<)[ \t]*", self.text[self.at :])
        assert operator
        self.at += operator.end()
        self.targets.append((operator[1], self._word()))

    def _word(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in " \t\n;&|()<>":
            here = self.text[self.at]
            if here == "\\":
                self.at += 2
            elif here == "'":
                self.at = self.text.index("'", self.at + 1) + 1
            elif here == '"':
                self._quoted()
            elif here == "$":
                self._dollar()
            elif here == "`":
                raise AssertionError("use $( ) and not `")
            else:
                self.at += 1
        assert self.at > start, f"not understood: {self.text[start : start + 40]!r}"
        return self.text[start : self.at]

    def _quoted(self) -> None:
        self.at += 1
        while self.text[self.at] != '"':
            if self.text[self.at] == "\\":
                self.at += 2
            elif self.text[self.at] == "$":
                self._dollar()
            else:
                self.at += 1
        self.at += 1

    def _dollar(self) -> None:
        if self.text.startswith("$((", self.at):
            self.at = self.text.index("))", self.at) + 2
        elif self.text.startswith("$(", self.at):
            self.at += 2
            self.script(")")
            self.at += 1
        elif self.text.startswith("${", self.at):
            depth = 0
            while True:
                here = self.text[self.at]
                depth += (here == "{") - (here == "}")
                self.at += 1
                if depth == 0 and here == "}":
                    break
        else:
            self.at += 1

    def _done(self, words: list[str]) -> list[str]:
        while words and (words[0] in _RESERVED or re.match(r"\w+=", words[0])):
            words.pop(0)
        if words and words[0] not in ("for", "case", "esac"):
            self.commands.append(words)
        return []


_RESERVED = ("if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!")


def read(script: str) -> Reader:
    reader = Reader(script)
    reader.script()
    return reader


def complaints(name: str, script: str) -> Iterator[str]:
    reader = read(script)
    for words in reader.commands:
        yield from _command(name, words, reader.functions)
    for operator, target in reader.targets:
        if operator in (">", ">>", "<>", ">|") and target.strip('"') != "/dev/null":
            yield f"writes to {target}"


def _command(name: str, words: list[str], functions: set[str]) -> Iterator[str]:
    command, rest = words[0].strip("\"'"), words[1:]
    if command in WRAPPERS or command in FUNCTIONS_THAT_RUN:
        own = WRAPPERS.get(command, FUNCTIONS_THAT_RUN.get(command, 0))
        inner = (
            [word for word in rest if not word.startswith("-")][own:] if command in WRAPPERS else rest[own:]
        )
        if inner:
            yield from _command(name, rest[rest.index(inner[0]) :], functions)
    elif words[0] == GIVEN:
        pass
    elif words[0] in PASSED_ON:
        if rest:
            yield from _command(name, rest, functions)
    elif command == "set":
        if "--" in rest and rest[rest.index("--") + 1 :][:1] == ["conntrack"]:
            yield from _command(name, rest[rest.index("--") + 1 :], functions)
    elif command == "sh" and re.fullmatch(r"-c '[^']*'", " ".join(rest[:2])):
        yield from complaints(name, rest[1][1:-1])
    elif command in ONLY:
        if not rest or rest[0] not in ONLY[command]:
            yield f"{command} is told {rest[:1]}"
    elif not (BUILTINS.fullmatch(command) or READERS.fullmatch(command) or command in functions):
        yield f"runs {command}"
    said = " ".join(rest)
    if command in NEVER and re.search(NEVER[command], said):
        yield f"{command} is told {said[:80]}"
    if command == "awk":
        yield from (f"awk {what}" for what in _awk(name, said))
    if command in ("mariadb", "mysql", "$client") and not re.search(r"-e 'SELECT [^;]*'$", said):
        yield f"{command} is told {said[-80:]}"


PIPES = {"credentials": "which asks Keystone with curl, so that no password is on a command line"}


def _awk(name: str, program: str) -> Iterator[str]:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"/(?:[^/\\\n]|\\.)+/", "//", program))
    if re.search(r"\bsystem\s*\(", bare):
        yield "runs a command"
    if re.search(r"\bprintf?\b[^;}\n|]*>\s*[\"\w(]", re.sub(r"\([^()]*\)", "", bare)):
        yield "writes a file"
    if re.search(r"(?<!\|)\|(?!\|)", bare) and name not in PIPES:
        yield "runs a command"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_registered_script_only_reads(name: str) -> None:
    assert list(complaints(name, SCRIPTS[name])) == []


@pytest.mark.parametrize(
    "script",
    [
        "rm -rf /",
        "cat /etc/passwd; kill 1",
        "ps | xargs kill",
        "x=$(reboot)",
        'echo "$(systemctl restart nova-compute)"',
        "if true; then systemctl stop x; fi",
        "for x in a b; do touch $x; done",
        "case $x in a) echo ;; b | c) mv a b ;; esac",
        "f() { chmod 777 /; }; f",
        "echo x >/etc/motd",
        "echo x 2>>/var/log/x",
        "timeout 3 rm x",
        "nsenter --net=x ip link set lo down",
        "within x ip link del tap0",
        "conntrack -F",
        "sed -i s/a/b/ x",
        "awk 'BEGIN { system(\"reboot\") }'",
        "awk '{ print > \"/tmp/x\" }'",
        "awk '{ print | \"sh\" }'",
        "awk 'BEGIN { while ((\"reboot\" | getline x) > 0) ; }'",
        "mysql --connect-timeout=3 -e 'DROP DATABASE nova'",
        "curl -q -X DELETE http://x",
        "( cd /tmp && dd if=/dev/zero of=x )",
        "python3 -c 'x'",
        "sh -c 'x'",
        'eval "$x"',
        ". /etc/profile",
        "a=1 b=2 iptables -F",
        "look within x sh -c 'cat y; rm x'",
        'sh -c "$x"',
        "nft flush ruleset",
        "nft -j flush ruleset",
        "ipset flush",
        "renice -n -10 -p 1",
        "each reboot",
        "each f reboot; f() { rm x; }",
        "true && ! mount x",
        "docker rm x",
        "nova-manage placement audit --delete",
        "nova-manage --log-file=/dev/null placement audit --verbose --delete",
        "nova-manage --log-file=/dev/null cell_v2 discover_hosts",
        "nova-status upgrade check --config-file /tmp/x",
        "inside x nova-manage db sync",
    ],
)
def test_the_reader_sees_what_writes(script: str) -> None:
    assert list(complaints("planted", script))
    assert list(complaints("planted", f"# harmless\ncase $x in\n*) {{ echo; }} ;;\nesac\n{script}"))


def test_no_api_question_is_anything_but_a_list() -> None:
    for source in all_sources().values():
        if not isinstance(source.question, HostQuestion):
            assert not re.search(r"/(action|restart|reset|evacuate|migrate)\b", source.question.path)
