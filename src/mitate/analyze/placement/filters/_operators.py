"""The operators of extra specs, as ComputeCapabilitiesFilter and AggregateInstanceExtraSpecsFilter read them.

    ``>= 4`` ``== 4`` …      numbers; ``=`` is "at least"
    ``s== qemu`` ``s< b`` …   texts
    ``<in> sse``               is part of what there is
    ``<all-in> aes vmx``       each of them is
    ``<or> a <or> b``          one of them is just that

Anything else is compared as a whole. Source: nova/scheduler/filters/extra_specs_ops.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
}


def match(there: str, demanded: str) -> bool:
    """Whether a value meets a demand. ValueError where Nova's scheduler would raise: a number is no number,
    or ``<or>`` stands alone.

    >>> match("16", ">= 4"), match("4", "= 16"), match("b", "<or> a <or> b"), match("['aes']", "<in> aes")
    (True, False, True, True)
    """
    first, *words = demanded.split() or [""]
    if first == "<or>":
        if not words:
            raise ValueError("nothing stands behind <or>")
        return there in words[::2]
    if first == "<all-in>":
        return bool(words) and all(word in there for word in words)
    if first == "<in>":
        return bool(words) and words[0] in there
    if first in _TEXTS:
        return bool(words) and _TEXTS[first](there, words[0])
    if first in _NUMBERS:
        return bool(words) and _NUMBERS[first](float(there), float(words[0]))
    return there == demanded


def example(demanded: str) -> str | None:
    """A value that would meet a demand; None where none comes to mind, or none can.

    >>> example("<or> ssd <or> nvme"), example(">= 4"), example("fast"), example("<all-in> a b")
    ('ssd', '4', 'fast', 'a b')
    """
    words = demanded.split()[1:]
    for value in ("".join(words[:1]), " ".join(words), demanded):
        try:
            if value and match(value, demanded):
                return value
        except ValueError:
            continue
    return None
