"""Where the fields of the kernel's structures are, from what the kernel says of itself (BTF)."""

import struct
from pathlib import Path

PATH = "/sys/kernel/btf/vmlinux"
_STRUCT, _UNION, _ENUM, _ENUM64 = 4, 5, 6, 19
_EXTRA = {1: 4, 3: 12, 14: 4, 17: 4}
"""Bytes behind a type's head, where they are of one size: INT, ARRAY, VAR, DECL_TAG."""
_PER_MEMBER = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
"""Bytes of each member: STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64."""


class Btf:
    """The structures and enumerations of these names. Raises OSError where the kernel does not tell,
    ValueError when it is not understood."""

    def __init__(self, names: "set[str]", path: str = PATH) -> None:
        self._data = data = Path(path).read_bytes()
        magic, _, _, header, type_off, type_len, str_off, str_len = struct.unpack_from("=HBBIIIII", data)
        if magic != 0xEB9F:
            raise ValueError("the kernel's BTF is not understood")
        self._strings = data[header + str_off : header + str_off + str_len]
        wanted = {self._strings.find(b"\0" + name.encode() + b"\0") + 1: name for name in names}
        wanted.pop(0, None)  # those that this kernel does not know
        self._types, found = _positions(data, header + type_off, type_len, wanted)
        self._names = {wanted[at]: position for at, position in found.items()}

    def offset(self, structure: str, member: str) -> int:
        """Bytes from the beginning of a structure to its member, also within nameless ones."""
        found = self._within(self._names.get(structure, 0), member)
        if found is None:
            raise ValueError(f"this kernel knows no {structure}.{member}")
        return found

    def values(self, enumeration: str) -> "dict[int, str]":
        """The names of an enumeration by their values; empty where there is none."""
        at = self._names.get(enumeration, 0)
        if not at:
            return {}
        count = struct.unpack_from("=I", self._data, at + 4)[0] & 0xFFFF
        pairs = (struct.unpack_from("=Ii", self._data, at + 12 + 8 * n) for n in range(count))
        return {value: self._name(name) for name, value in pairs}

    def _name(self, offset: int) -> str:
        return self._strings[offset : self._strings.index(b"\0", offset)].decode()

    def _within(self, position: int, member: str) -> "int | None":
        if not position:
            return None
        (info,) = struct.unpack_from("=I", self._data, position + 4)
        if info >> 24 & 31 not in (_STRUCT, _UNION):
            return None
        for n in range(info & 0xFFFF):
            name, kind, bits = struct.unpack_from("=III", self._data, position + 12 + 12 * n)
            at = (bits & 0xFFFFFF if info >> 31 else bits) // 8
            if name:
                if self._name(name) == member:
                    return int(at)
                continue
            inner = self._within(self._types[kind] if kind < len(self._types) else 0, member)
            if inner is not None:
                return int(at) + inner
        return None


def _positions(
    data: bytes, start: int, length: int, wanted: "dict[int, str]"
) -> "tuple[list[int], dict[int, int]]":
    """Where each type begins, by its number (0 is "void"); and those with a wanted name, by its offset."""
    found, named = [0], {}
    position, end = start, start + length
    unpack = struct.Struct("=II").unpack_from
    extra, members = _EXTRA, _PER_MEMBER
    while position < end:
        found.append(position)
        name, info = unpack(data, position)
        kind = info >> 24 & 31
        if name in wanted and kind in (_STRUCT, _ENUM):
            named[name] = position
        position += 12 + (members[kind] * (info & 0xFFFF) if kind in members else extra.get(kind, 0))
    return found, named
