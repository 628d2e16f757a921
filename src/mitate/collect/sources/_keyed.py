"""sh: ``keyed``, HMAC-SHA256 of values that do not leave the host, by a key that lives for one run.

The key comes in the environment of a question that asks for it (``HostQuestion.keyed``): as octal escapes
for ``printf``, padded and combined with the two constants of RFC 2104, and never on a command line. Values
go through the shell's own ``printf`` into ``sha256sum``, which coreutils and busybox bring; openssl is
missing on many hosts. 128 of the 256 bits are told (RFC 2104, section 5). Where no key or no sha256sum is,
none is told.

``keyed`` reads a value a line, and writes for the Nth: ``digest``, N, 32 hexadecimal digits, between tabs;
before them ``keyed`` and what tells this run's key from others.
"""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from hashlib import sha256

BLOCK = 64
DIGITS = 32
MOST = 300
"""Values hashed of one host: two processes each."""

KEYED = f"""
keyed() {{
  [ -n "${{mitate_inner-}}" ] && command -v sha256sum >/dev/null || return 0
  printf 'keyed\\t%s\\n' "$mitate_run"
  head -n {MOST} |
    while IFS= read -r value; do printf "$mitate_inner%s" "$value" | sha256sum; done |
    awk '{{
      out = ""; digits = "0123456789abcdef"
      for (i = 1; i < 64; i += 2)
        out = out sprintf("\\\\%03o", (index(digits, substr($1, i, 1)) - 1) * 16 \\
          + index(digits, substr($1, i + 1, 1)) - 1)
      print out
    }}' |
    while IFS= read -r inner; do printf "$mitate_outer$inner" | sha256sum; done |
    awk '{{ print "digest\\t" NR "\\t" substr($1, 1, {DIGITS}) }}'
}}
"""


@cache
def run_key() -> bytes:
    """The key of this run of the program: random, the same for every host, written nowhere."""
    return secrets.token_bytes(32)


def environment(key: bytes) -> str:
    """sh: the assignments that ``keyed`` needs, without the ``export`` before them."""
    padded = key.ljust(BLOCK, b"\0")
    inner, outer = (_octal(bytes(byte ^ mask for byte in padded)) for mask in (0x36, 0x5C))
    return f"mitate_run={digest(key, b'')[:8]} mitate_inner='{inner}' mitate_outer='{outer}'"


def digest(key: bytes, value: bytes) -> str:
    """What ``keyed`` tells of a value."""
    return hmac.new(key, value, sha256).hexdigest()[:DIGITS]


def _octal(data: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in data)
