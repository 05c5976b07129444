"""Hides what looks like a secret in commands, environments and differences of code; rather too much than too little."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["HIDDEN", "hide_in_arguments", "hide_in_diff", "hide_in_value", "hide_secrets", "is_secret_name"]

HIDDEN = "***"
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # of accessKeyId
_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|credential|dbpass|webhook|cookie|signature|conn(?:ection)?_?str|bearer|jwt|"
    r"(?:^|[_\-.]|api|access|auth|private|account)(?:keys?|token|pass|pwd|auth|authorization|dsn|sas|sig|pin|otp)"
    r"(?:$|[_\-.])"
)
_BARE_KEY = ("key", "keys", "pin", "sig", "pass")  # words of code as well: hidden where the value looks like one
_LEAST_OF_BARE_KEY = 12
# Private keys, tokens that say what they are, and what an address holds beside host and path.
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)")
_LONG_LINE = re.compile(r"(?m)^(.{2000}).+$")  # of data, not for reading; patterns need not be quick on any length
_TOKEN = re.compile(
    r"\b(?:(?:sk|pk|rk)[-_][A-Za-z0-9_\-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w\-]{16,}|"
    r"hf_[A-Za-z0-9]{20,}|xox[abeoprs]-[\w\-]{10,}|xapp-[\w\-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w\-]{30,}|"
    r"ya29\.[\w\-]{12,}|npm_\w{20,}|pypi-[\w\-]{16,}|dckr_pat_[\w\-]{10,}|SG\.[\w\-]{10,}\.[\w\-]{10,}|"
    r"nvapi-[\w\-]{16,}|r8_\w{20,}|gsk_\w{20,}|dapi[0-9a-f]{32}|lsv2_\w{20,}|ATATT[\w\-]{16,}|"
    r"eyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*)"
)
_ADDRESS = re.compile(r"[A-Za-z][\w+.\-]*://[^\s\"'<>]+")
_USER = re.compile(r"(?<=://)(?:[^/:@]*:.*|[^/]+)@")
_QUERY_VALUE = re.compile(r"(?<=[?&;#])([^=&;#?]+=)[^&;#]+")
_HOOK = re.compile(r"((?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/).+")
_AUTHORIZATION = re.compile(r"(?i)(\bauthorization\b[\"']?\s*[:=,]?\s*[\"']?(?:\w+\s+)?|\bbearer\s+)[^\s\"',;]{6,}")
_LOGIN = re.compile(
    r"((?<!\S)(?:-u|--user)(?:\s+|=)[^\s:]+:|(?:^|\s)sshpass\s+-p\s*|\bmysql\b.*?\s-p|"
    r"\blogin\s+\S+\s+(?:-p|password)\s+|\bpassword\s+(?=\S*\d))(?:'[^']*'|\"[^\"]*\"|\S+)"
)
_NAME = re.compile(r"-{0,2}[A-Za-z_][\w.\-]*")
_QUOTED = r"'''[\s\S]*?(?:'''|$)|\"\"\"[\s\S]*?(?:\"\"\"|$)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?"
# What follows a name that makes it an assignment: of code, of JSON, of a shell; then what is assigned.
_ASSIGNED = re.compile(
    rf"[\"']?[\])]?[ \t]*(?::=|=>|=|:)[ \t]*(?P<value>[^\"'\n,;{{}}#]{{0,100}}(?:{_QUOTED})|[^\s\"',;&]+)"
    rf"|[\"'],[ \t]*(?P<second>{_QUOTED})"
)
_ARGUMENT = re.compile(rf"(?:[ \t]*=[ \t]*|[ \t]+)(?P<value>{_QUOTED}|[^\s\"',;]+)")
_RANDOM = re.compile(r"(?<![\w/.+\-])(?:[0-9a-f]{32,}|[A-Za-z0-9+_\-]{24,}={0,2})(?![\w/.+\-])")
_LEAST_BITS = 3.5  # a character, of what is random
_FILE_OF_DIFF = re.compile(r"(?m)^diff --git .*$")
_SECRET_FILE = re.compile(
    r"(?:^|[/ ])[^/\n]*(?:\.env\b|\.pem\b|\.key\b|\.p12\b|id_[a-z0-9]+\b|netrc|credential|secret)", re.I
)


def is_secret_name(name: str) -> bool:
    """Whether the values of such a variable, option or field are secrets."""
    return bool(_SECRET_NAME.search(_WORD_ENDS.sub("_", name).lower()))


def hide_secrets(text: str) -> str:
    """Hide values of names such as ``API_KEY``, well-known tokens, and users and queries in addresses."""
    text = _LONG_LINE.sub(r"\1 ...", _PRIVATE_KEY.sub(HIDDEN, text))
    text = _TOKEN.sub(HIDDEN, text)
    text = _ADDRESS.sub(_hide_in_address, text)
    text = _LOGIN.sub(rf"\1{HIDDEN}", _AUTHORIZATION.sub(rf"\1{HIDDEN}", text))
    return _hide_assigned(text)


def hide_in_value(text: str) -> str:
    """Hide as ``hide_secrets``, and what is so random that it can only be a secret."""
    return _RANDOM.sub(lambda found: HIDDEN if _is_random(found[0]) else found[0], hide_secrets(text))


def hide_in_arguments(arguments: Sequence[str]) -> list[str]:
    """Hide in the words of a command, one by one: no quoting of the shell's stands between a name and its value."""
    shown = []
    is_value = False
    for argument in arguments:
        shown.append(HIDDEN if is_value and not argument.startswith("--") else hide_in_value(argument))
        name = argument.lstrip("-")
        is_value = argument.startswith("-") and "=" not in argument and is_secret_name(name)
    return shown


def hide_in_diff(diff: str) -> str:
    """Hide in a difference; of files that are made for secrets nothing is shown but their names."""
    starts = [*(found.start() for found in _FILE_OF_DIFF.finditer(diff)), len(diff)]
    shown = [hide_secrets(diff[: starts[0]])]
    for start, end in itertools.pairwise(starts):
        head, _, body = diff[start:end].partition("\n")
        shown.append(f"{head}\n{HIDDEN}\n" if _SECRET_FILE.search(head) else f"{head}\n{hide_secrets(body)}")
    return "".join(shown)


def _hide_in_address(found: re.Match[str]) -> str:
    address = _QUERY_VALUE.sub(rf"\1{HIDDEN}", _USER.sub(f"{HIDDEN}@", found[0]))
    return _HOOK.sub(rf"\1{HIDDEN}", address)


def _hide_assigned(text: str) -> str:
    shown = []
    position = 0
    for name in _NAME.finditer(text):
        if name.start() < position or not is_secret_name(name[0].lstrip("-")):
            continue
        is_option = name[0].startswith("--") or (
            name[0].startswith("-") and text[name.start() - 1 : name.start()] == " "
        )
        found = _ARGUMENT.match(text, name.end()) if is_option else None
        found = found or _ASSIGNED.match(text, name.end())
        if found is None:
            continue
        which = "value" if found["value"] is not None else "second"
        if name[0].lower() in _BARE_KEY and not _looks_secret(found[which]):
            continue
        shown += [text[position : found.start(which)], HIDDEN]
        position = found.end()
    return "".join([*shown, text[position:]])


def _looks_secret(value: str) -> bool:
    inside = value.strip("\"'")
    return len(inside) >= _LEAST_OF_BARE_KEY and not re.search(r"[\s()]", inside)


def _is_random(word: str) -> bool:
    if re.fullmatch(r"[0-9a-f]{32,}", word):
        return True
    kinds = [any(map(is_of_kind, word)) for is_of_kind in (str.islower, str.isupper, str.isdigit)]
    bits = -sum(count / len(word) * math.log2(count / len(word)) for count in Counter(word).values())
    return all(kinds) and sum(map(str.isdigit, word)) >= 3 and bits > _LEAST_BITS
