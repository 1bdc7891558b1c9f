"""The names that `.env` may hold, and what a misspelt one was probably meant to be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from copytui.settings.credential_formats import FOLLOWER_FORMS, FORMS, IGNORED
from copytui.settings.report import likely

MASTER_FIELDS = (*FORMS, IGNORED)
FOLLOWER_FIELDS = (*FOLLOWER_FORMS, IGNORED)

MASTER_NAME = re.compile(rf"(?P<prefix>MASTER_)?(?P<field>{'|'.join(MASTER_FIELDS)})")
FOLLOWER_NAME = re.compile(rf"FOLLOWER_(?P<number>0|[1-9][0-9]{{0,3}})_(?P<field>{'|'.join(FOLLOWER_FIELDS)})")

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


@dataclass(frozen=True, slots=True)
class Meant:
    """What an unknown name was meant for; `prefixed` is certain to be for copytui, `name` may be unclear."""

    prefixed: bool
    name: str | None
    allowed: tuple[str, ...]


def is_known(name: str) -> bool:
    """Tell whether copytui knows this name."""
    return bool(MASTER_NAME.fullmatch(name) or FOLLOWER_NAME.fullmatch(name))


def meant_by(name: str) -> Meant:
    """Guess what an unknown name was meant to be."""
    upper = name.upper()
    found = _PREFIXED.fullmatch(upper)
    kind = likely(found["kind"], ("FOLLOWER", "MASTER")) if found else None
    if found and kind == "FOLLOWER":
        number = found["number"].lstrip("0")[:4] or ("0" if found["number"] else "1")
        return _prefixed(f"FOLLOWER_{number}_", found["field"], FOLLOWER_FIELDS)
    if found and kind == "MASTER":
        return _prefixed("MASTER_", found["field"], MASTER_FIELDS)
    return Meant(False, _field(upper, MASTER_FIELDS), MASTER_FIELDS)


def _prefixed(prefix: str, field: str, fields: tuple[str, ...]) -> Meant:
    meant = _field(field, fields)
    return Meant(True, prefix + meant if meant else None, tuple(prefix + each for each in fields))


def _field(text: str, fields: tuple[str, ...]) -> str | None:
    return _ALIASES.get(text) or likely(text, fields)
