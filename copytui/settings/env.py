"""`.env` and the environment -> the variables of each account. Names are checked here, values are not.

Real environment variables override the file, except the unprefixed master names: those are too common in people's
shells to be trusted from there. An empty value counts as not given.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from dotenv.parser import parse_stream

from copytui.settings.credential_formats import FOLLOWER_FORMS, FORMS, IGNORED
from copytui.settings.report import Report, Unreadable, likely, read_text, shown_name

ENVIRONMENT = "the environment"

_MASTER_FIELDS = (*FORMS, IGNORED)
_FOLLOWER_FIELDS = (*FOLLOWER_FORMS, IGNORED)

_MASTER_NAME = re.compile(rf"(?P<prefix>MASTER_)?(?P<field>{'|'.join(_MASTER_FIELDS)})")
_FOLLOWER_NAME = re.compile(rf"FOLLOWER_(?P<number>0|[1-9][0-9]{{0,3}})_(?P<field>{'|'.join(_FOLLOWER_FIELDS)})")

_PREFIXED = re.compile(r"(?P<kind>[A-Z]+?)_?(?P<number>[0-9]*)_(?P<field>.*)")
_ALIASES = {
    "PIN": "PASSWORD",
    "MPIN": "PASSWORD",
    "PASS": "PASSWORD",
    "TOTP": "TOTP_SECRET",
    "TOTP_KEY": "TOTP_SECRET",
    "TOTP_TOKEN": "TOTP_SECRET",
    "CLIENT_CODE": "CLIENT_ID",
    "CLIENTCODE": "CLIENT_ID",
    "USER_ID": "CLIENT_ID",
    "USERNAME": "CLIENT_ID",
    "KEY": "API_KEY",
}


class FileState(Enum):
    """Whether `.env` could be read."""

    READ = "read"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its full name, its source, and its text, which is never printed."""

    name: str
    place: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Variables:
    """Field -> variable, for the master and for each follower that is named in the file or the environment."""

    file: str
    file_state: FileState
    master: Mapping[str, Variable]
    followers: Mapping[int, Mapping[str, Variable]]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    name: str
    text: str = field(repr=False)


def read_variables(path: Path, environ: Mapping[str, str], report: Report, *, strict_permissions: bool) -> Variables:
    """Read the file and lay the environment over it. A missing file counts as empty."""
    state, lines = _read_lines(path, report, strict_permissions=strict_permissions)
    in_file = _by_name([line for line in lines if _is_known(line.name)], path.name, report)
    _report_two_masters(in_file, report)
    _report_unknown([line for line in lines if not _is_known(line.name)], in_file, path.name, report)
    outside = {
        name: Variable(name, ENVIRONMENT, text.strip())
        for name, text in environ.items()
        if text.strip() and _is_known(name) and name.startswith(("MASTER_", "FOLLOWER_"))
    }
    return _by_account(path.name, state, {**in_file, **outside})


def _read_lines(path: Path, report: Report, *, strict_permissions: bool) -> tuple[FileState, list[_Line]]:
    try:
        text = read_text(path)
    except FileNotFoundError:
        return FileState.MISSING, []
    except Unreadable as error:
        report.problem(str(error))
        return FileState.UNREADABLE, []
    _check_permissions(path, report, strict=strict_permissions)
    lines = []
    # As dotenv_values(interpolate=False), but with line numbers: a password's $ stays a $.
    for binding in parse_stream(io.StringIO(text)):
        # A binding's text begins with the blank lines before it.
        original = binding.original.string
        number = binding.original.line + original[: len(original) - len(original.lstrip())].count("\n")
        if binding.error:
            report.problem(f"line {number} of {path.name} is not understood: it must be NAME=value, quotes closed")
        elif binding.key is not None:
            lines.append(_Line(number, binding.key, (binding.value or "").strip()))
    return FileState.READ, lines


def _check_permissions(path: Path, report: Report, *, strict: bool) -> None:
    if os.name != "posix":
        return
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if mode & 0o077:
        say = report.problem if strict else report.warn
        say(f"{path.name} is open to other users of this machine (mode {mode:04o}): run chmod 600 {path.name}")


def _by_name(lines: Iterable[_Line], file: str, report: Report) -> dict[str, Variable]:
    """Return each name once. Two values for one name most likely mean two accounts with one number."""
    found: dict[str, _Line] = {}
    for line in lines:
        earlier = found.get(line.name)
        if earlier and earlier.text and line.text and earlier.text != line.text:
            report.problem(
                f"{line.name} stands twice in {file} with different values (lines {earlier.number} and {line.number}): "
                f"keep one, or give the other account its own number"
            )
        if earlier is None or line.text:
            found[line.name] = line
    return {name: Variable(name, file, line.text) for name, line in found.items()}


def _report_two_masters(in_file: Mapping[str, Variable], report: Report) -> None:
    for field_name in FORMS:
        plain, prefixed = in_file.get(field_name), in_file.get(f"MASTER_{field_name}")
        if plain and prefixed and plain.text and prefixed.text and plain.text != prefixed.text:
            report.problem(
                f"{plain.name} and {prefixed.name} in {plain.place} differ: both mean the master, so keep one of them"
            )


def _report_unknown(lines: Iterable[_Line], in_file: Mapping[str, Variable], file: str, report: Report) -> None:
    """Refuse names that were meant for copytui; warn of those that belong to other programs.

    Such a line is not quoted: a secret alone on a line looks like a name.
    """
    for line in lines:
        meant = _meant_by(line.name)
        if meant.prefixed or (meant.name in FORMS and not _has_master_field(in_file, meant.name)):
            hint = f"did you mean {meant.name}?" if meant.name else f"allowed are {', '.join(meant.allowed)}"
            report.problem(f"{shown_name(line.name)} in {file} is not known: {hint}")
        else:
            report.warn(f"line {line.number} of {file} names nothing that copytui knows, and is ignored")


def _has_master_field(in_file: Mapping[str, Variable], field_name: str) -> bool:
    return any(name in in_file and in_file[name].text for name in (field_name, f"MASTER_{field_name}"))


def _by_account(file: str, state: FileState, variables: Mapping[str, Variable]) -> Variables:
    master: dict[str, Variable] = {}
    followers: dict[int, dict[str, Variable]] = {}
    for name, variable in variables.items():
        if found := _FOLLOWER_NAME.fullmatch(name):
            followers.setdefault(int(found["number"]), {})[found["field"]] = variable
        elif found := _MASTER_NAME.fullmatch(name):
            earlier = master.get(found["field"])
            if earlier is None or (variable.text and (found["prefix"] or not earlier.text)):
                master[found["field"]] = variable
    return Variables(file, state, master, dict(sorted(followers.items())))


@dataclass(frozen=True, slots=True)
class _Meant:
    """The likely meaning of an unknown name: `prefixed` ones are surely for copytui; `name` is None where unclear."""

    prefixed: bool
    name: str | None
    allowed: tuple[str, ...]


def _is_known(name: str) -> bool:
    """Return whether copytui knows this name."""
    return bool(_MASTER_NAME.fullmatch(name) or _FOLLOWER_NAME.fullmatch(name))


def _meant_by(name: str) -> _Meant:
    """Guess which name an unknown one was meant to be."""
    upper = name.upper()
    found = _PREFIXED.fullmatch(upper)
    kind = likely(found["kind"], ("FOLLOWER", "MASTER")) if found else None
    if found and kind == "FOLLOWER":
        number = found["number"].lstrip("0")[:4] or ("0" if found["number"] else "1")
        return _prefixed(f"FOLLOWER_{number}_", found["field"], _FOLLOWER_FIELDS)
    if found and kind == "MASTER":
        return _prefixed("MASTER_", found["field"], _MASTER_FIELDS)
    return _Meant(False, _field(upper, _MASTER_FIELDS), _MASTER_FIELDS)


def _prefixed(prefix: str, field: str, fields: tuple[str, ...]) -> _Meant:
    meant = _field(field, fields)
    return _Meant(True, prefix + meant if meant else None, tuple(prefix + each for each in fields))


def _field(text: str, fields: tuple[str, ...]) -> str | None:
    return _ALIASES.get(text) or likely(text, fields)
