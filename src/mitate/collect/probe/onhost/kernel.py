"""What Linux offers and the standard library of Python 3.6 does not: network namespaces, and bpf(2)."""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000
NETNS = "/run/netns/"
_BPF = {"x86_64": 321, "aarch64": 280, "ppc64le": 361, "s390x": 351}
"""The number of the system call, by machine."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def open_namespace(name: str) -> int:
    """A file descriptor of the namespace of that name; "" is where the program was started."""
    return os.open(NETNS + name if name else "/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def inode(name: str) -> int:
    """What the kernel calls the namespace (``ns.inum``)."""
    return Path(NETNS + name if name else "/proc/self/ns/net").stat().st_ino


@contextmanager
def inside(name: str) -> "Iterator[None]":
    """Be in that network namespace for a while."""
    home = open_namespace("")
    try:
        there = open_namespace(name)
        try:
            _checked(_libc.setns(there, CLONE_NEWNET))
        finally:
            os.close(there)
        try:
            yield
        finally:
            _checked(_libc.setns(home, CLONE_NEWNET))
    finally:
        os.close(home)


@contextmanager
def inside_new() -> "Iterator[None]":
    """Be in a new network namespace that has no name: it lives as long as a socket opened in it."""
    home = open_namespace("")
    try:
        _checked(_libc.unshare(CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(home, CLONE_NEWNET))
    finally:
        os.close(home)


def hear_all(packet_socket: int) -> None:
    """bind(2) to every protocol of every interface, which Python's own bind cannot say."""
    address = struct.pack("=H2sIHBB8x", 17, b"\0\3", 0, 0, 0, 0)  # struct sockaddr_ll
    _checked(_libc.bind(packet_socket, address, len(address)))


def bpf(command: int, attributes: bytes) -> int:
    """bpf(2). Raises OSError."""
    number = _BPF.get(platform.machine())
    if number is None:
        raise OSError(0, "bpf(2) is not known on a " + platform.machine())
    given = ctypes.create_string_buffer(attributes, len(attributes))
    return _checked(_libc.syscall(number, command, given, len(attributes)))


def address_of(buffer: "ctypes.Array[ctypes.c_char]") -> int:
    return ctypes.addressof(buffer)


def instruction(code: int, dst: int = 0, src: int = 0, off: int = 0, imm: int = 0) -> bytes:
    """One instruction of eBPF."""
    return struct.pack("<BBhI", code, dst | src << 4, off, imm & 0xFFFFFFFF)


def load_program(kind: int, instructions: bytes, name: str) -> int:
    """BPF_PROG_LOAD: a file descriptor. Raises OSError, with the verifier's last words."""
    with suppress(ValueError, OSError):  # kernels before 5.11 count what BPF takes as locked memory
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"Apache-2.0\0" if kind == SCHED_CLS else b"GPL\0")
    log = ctypes.create_string_buffer(65536)
    # prog_type, insn_cnt, insns, license, log_level, log_size, log_buf, kern_version, prog_flags, prog_name
    attributes = struct.pack(
        "<IIQQIIQII16s",
        kind,
        len(instructions) // 8,
        address_of(code),
        address_of(licence),
        1,
        len(log),
        address_of(log),
        0,
        0,
        name.encode()[:15],
    )
    try:
        return bpf(5, attributes)
    except OSError as error:
        said = log.value.decode(errors="replace").strip().splitlines()
        raise OSError(error.errno, "; ".join([str(error.strerror), *said[-3:-1]])) from None


SCHED_CLS = 3
RAW_TRACEPOINT = 17
