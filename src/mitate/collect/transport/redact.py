"""The second pass of redaction, on this side, for all that arrives. The first is in the scripts themselves.

``scrub`` takes out what is a secret by its form or its name; it is safe for tables, rules and JSON.
``redact`` is for free text (logs, messages): there, besides, a word of eight characters or more that mixes
letters and digits stays only when its shape is known to be harmless. Time grows with the length of the text
alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from mitate.collect.question import Question, all_sources
from mitate.model.host import LogLine

MARK = "«redacted»"

_NAMES = (
    r"(?i:passw(?:or)?d|passphrase|adminpass|(?<![a-z])(?:os_)?(?:pass|pwd|psk|sig)|secret|token|signature"
    r"|credentials?|cookie|(?:api|secret|access|private|auth|shared|encryption|signing|fernet|hmac|master)[_-]?key"
    r"|awsaccesskeyid|googleaccessid|community)"
)
"""Words that end the name of something secret."""
_TAME = r"(?:none|null|nil|true|false|yes|no|\*+|\[|\{|«redacted»|<[a-z_ ]*>|%\(|\$)"
"""Values that tell nothing: what is no value, a placeholder, or the beginning of a list."""
_OPENFLOW = r"(?<=cookie=)0x[0-9a-f]{1,16}(?![^\s,/])"
"""The cookie of a flow: a number by which its maker knows it again."""
_VALUE = r"""(?:[ub]?\\*"[^"\n]{0,4000}"|[ub]?\\*'[^'\n]{0,4000}'|[^\s,;&"'<>)\]}]+)"""

_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*"
    r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)

# In a line whose lower-cased text has one of the first: what to look for, and what to put there.
_SECRETS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (needles, re.compile(pattern), to)
    for needles, pattern, to in (
        (
            ("://",),
            r"(://)(?:[^\s/@'\"<>]{1,300}|[^\s/@:'\"<>]{0,100}:(?!\d{1,5}/)[^\s@'\"<>]{0,200})@"
            r"(?:[^\s/@'\"<>,]{1,200}@)*",
            r"\1***@",
        ),
        (("://",), r"(,)[^\s/@:,'\"<>]{1,100}:[^\s@,'\"<>]{1,200}@", r"\1***@"),
        (
            ("-token", "authorization", "cookie"),
            r"(?i)((?:x-[a-z-]{0,40}token|(?:proxy-)?authorization|(?:set-)?cookie)\\*[\"']?[ \t]{0,4}[:=])"
            rf"(?![ \t]*«|{_OPENFLOW})[ \t]*[^\n\"']+",
            rf"\1 {MARK}",
        ),
        (
            (
                *("pass", "pwd", "psk", "secret", "token", "signature", "sig=", "credential", "cookie"),
                *("_key", "-key", "apikey", "accesskey", "authkey", "privatekey", "secretkey", "community"),
            ),
            rf"({_NAMES}[s\d]{{0,3}}\\*[\"']?\]?[ \t]{{0,4}}(?:=>|[:=])[ \t]{{0,4}})"
            rf"(?!(?i:[\"']?{_TAME})(?:[\W]|$)|{_OPENFLOW}){_VALUE}",
            rf"\1{MARK}",
        ),
        (
            ("password", "passwd", "passphrase", "-pass", "secret", "token", "-key"),
            r"(--[a-z-]{0,40}?(?:password|passwd|passphrase|pass|secret|token|api-key|secret-key)[ \t]+)"
            rf"(?!-){_VALUE}",
            rf"\1{MARK}",
        ),
        (
            ("mysql", "mariadb", "sshpass", "mongo"),
            r"((?:mysql|mariadb|sshpass|mongo)[\w.-]{0,20}(?:[ \t][^\n|;]{0,200}?)?[ \t]-p)"
            r"(?!«)(?:[ \t](?!-))?\S+",
            rf"\1{MARK}",
        ),
        (
            ("curl ", "wget "),
            r"((?:curl|wget)[ \t][^\n|;]{0,200}?(?:-u|--user)[ =]?)[^\s:]{1,100}:\S+",
            rf"\1{MARK}",
        ),
        (
            ("ldap", "redis-cli"),
            r"((?:ldap[a-z]{1,9}|redis-cli)[ \t][^\n|;]{0,200}?-[wa][ \t]?)(?!«)\S+",
            rf"\1{MARK}",
        ),
        (
            ("bearer", "basic ", "digest ", "negotiate"),
            r"(?i)\b(bearer|basic|digest|negotiate) +[a-z0-9+/=._~-]{8,}",
            rf"\1 {MARK}",
        ),
        (
            ("identified", "password("),
            r"(?i)(identified +by +(?:password +)?|password\()(['\"]).{0,400}?\2",
            rf"\1{MARK}",
        ),
        (("gaaaa",), r"gAAAA[A-Za-z0-9_=-]{16,}", MARK),
        (("eyj",), r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+", MARK),
        (("akia", "asia"), r"\bA[KS]IA[0-9A-Z]{12,}", MARK),
        (("ghp_", "gho_", "glpat-", "xox"), r"\b(?:gh[po]_|glpat-|xox[abprs]-)[A-Za-z0-9_-]{10,}", MARK),
        (("hooks.", "webhook"), r"((?:hooks\.[\w.-]{1,60}|webhooks?)/)[\w/-]{8,}", rf"\1{MARK}"),
        (("$",), r"\$(?:1|2[abxy]|5|6|y|apr1|argon2[a-z]{0,2})\$[./A-Za-z0-9$,=]{8,}", MARK),
        (("*",), r"\*[0-9A-F]{40}\b", MARK),
    )
)


def scrub(text: str) -> str:
    """Without what is a secret by its form (tokens, keys, logins in URLs) or by its name (password=…)."""
    lowered = text.lower()
    if "private key-----" in lowered:
        text = _BLOCK.sub(MARK, text)
    here = [secret for secret in _SECRETS if any(needle in lowered for needle in secret[0])]
    return "".join(_scrub_line(line, here) for line in text.splitlines(keepends=True)) if here else text


def _scrub_line(line: str, secrets: Sequence[tuple[tuple[str, ...], re.Pattern[str], str]]) -> str:
    lowered = line.lower()
    for needles, pattern, to in secrets:
        if any(needle in lowered for needle in needles):
            line = pattern.sub(to, line)
    return line


_WORD = re.compile(r"[^\s\"'<>()\[\]{},;|`«»]{8,}")
_KNOWN = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # UUID; req-UUID; qrouter-UUID
    r"|[0-9a-f]{32}"  # UUID without dashes: projects, users
    r"|sha256:[0-9a-f]{64}"  # digest of an image
    r"|[a-z]{1,10}-?[0-9a-f]{8}-[0-9a-f]{1,3}"  # tap1a2b3c4d-5e, qr-…, brq…, chains of ports
    r"|instance-[0-9a-f]{8}"
    r"|(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}"  # MAC
    r"|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}"  # IPv6
    r"|0x[0-9a-fA-F]{1,16}"
    r"|\d{8}T\d{6}Z?"
    r")(?![0-9A-Za-z])"
)
_PARTS = re.compile(r"[-_./:=~+%\\]+")
_URL_PARTS = re.compile(r"[-_./:=~+%\\?&*#]+")
_TERMS = re.compile(
    r"(?i)ipv[46]|oauth[12]|base64|utf8(?:mb[34])?|utf16|md5|sha(?:1|224|256|384|512)|ml2|l[23]|x509|http2"
    r"|k8s|b64|python[23]|v\d{1,2}"
)
_PART = re.compile(
    r"[A-Za-z]*|\d*|[A-Za-z]+\d{1,4}|\d{1,6}[A-Za-z]{1,4}"
    r"|\d*(?:ubuntu|build|dfsg|git|deb)\d*|e[ln]\w{1,6}"
)
_LOGIN = re.compile(r"(?<![^\s\"'(\[{=,])[^\s:@/]{1,100}:[^\s:@/]{1,200}@(?=[\w.-])")
SHORT = 8
"""Words and pieces of words below this length tell too little to be worth hiding."""


def redact(text: str) -> str:
    """Free text without secrets: ``scrub``, and the words whose shape is not known to be harmless.

    >>> redact("AMQP rabbit:s3cr3tPa55 refused on compute01, tap1a2b3c4d-5e, x9Kd82mQp1")
    'AMQP «redacted» refused on compute01, tap1a2b3c4d-5e, «redacted»'
    """
    text = scrub(text)
    if "@" in text:
        text = _LOGIN.sub("***@", text)
    return _WORD.sub(lambda found: found[0] if _harmless(found[0]) else MARK, text)


@lru_cache(maxsize=8192)
def _harmless(word: str) -> bool:
    """Whether a word may stay: what mixes letters and digits in unknown ways is shorter than SHORT in all."""
    name, at, host = word.partition("@")
    if at and "://" not in word:
        return _odd(name) < SHORT and _odd(host) == 0
    return _odd(word) < SHORT


def _odd(word: str) -> int:
    """How many characters of it stand in pieces of no known shape."""
    if word.isalpha() or word.isdigit():
        return 0
    split = _URL_PARTS if "://" in word else _PARTS
    parts = split.split(_KNOWN.sub("", word).rstrip(".:!?"))
    return sum(
        len(part) for part in parts if not (_PART.fullmatch(part) or _PART.fullmatch(_TERMS.sub("", part)))
    )


def redact_for(question: Question) -> Callable[[str], str]:
    """The pass that fits what a question brings: logs are free text, all else has a form that must stay."""
    registered = all_sources().get(question.name)
    return redact if registered and LogLine in registered.tells else scrub
