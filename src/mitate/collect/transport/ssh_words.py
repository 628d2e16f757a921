"""The words that an inventory would give to ssh (``ansible_ssh_common_args``), as options."""

from __future__ import annotations

import shlex

SHORT = {"J": "proxyjump", "i": "identityfile", "l": "user", "p": "port"}
TAKE_A_WORD = "BbcDEeFIiJLlmOoPpQRSWw"
"""ssh's options that are followed by a word (ssh(1))."""


def options_in(words: str) -> dict[str, str]:
    """Options by their lower-case names, the first of each; what is not understood is left out.

    >>> options_in("-o ProxyJump=root@bastion -oStrictHostKeyChecking=no -C -i ~/.ssh/lab")
    {'proxyjump': 'root@bastion', 'stricthostkeychecking': 'no', 'identityfile': '~/.ssh/lab'}
    """
    try:
        left = shlex.split(words)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    while left:
        word = left.pop(0)
        if len(word) < 2 or not word.startswith("-") or word[1] not in TAKE_A_WORD:
            continue
        value = word[2:] or (left.pop(0) if left else "")
        if word[1] == "o":
            name, equals, option = value.partition("=")
            if not equals:
                name, _, option = value.partition(" ")
            found.setdefault(name.strip().lower(), option.strip().strip('"'))
        elif word[1] in SHORT:
            found.setdefault(SHORT[word[1]], value)
    return found
