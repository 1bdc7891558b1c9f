"""The JSON Schema of `copytui.toml`: editors use it to complete, explain and check the file.

It uses only keywords that draft 2020-12 shares with draft 7, because TOML editors support one or the other. The loader
has the last word: it also checks what a schema cannot express.
"""

from __future__ import annotations

import json
from decimal import Decimal

from copytui.settings.checks import UNDERLYING, json_number
from copytui.settings.keys import Key, Section, default_of
from copytui.settings.schema import FILE, FOLLOWERS, RULES, SIZING
from copytui.settings.schema_limits import FREEZE, FREEZE_FILE, FREEZE_QUANTITY
from copytui.settings.toml import FOLLOWER_NUMBER

_BY_NAME = {section.name: section for section in FILE}
_RULE = "rule"
_FOLLOWER = "follower"


def json_schema() -> str:
    """Return the text of `copytui.schema.json`."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "copytui.toml",
        "description": "The settings of copytui: how the trades of the master account are copied.",
        **_table({**_properties(_BY_NAME[""]), **_sections()}),
        "$defs": {
            _RULE: {
                **_table(_properties(_BY_NAME["sizing.rules"])),
                "required": ["symbols"],
            },
            _FOLLOWER: _table({**_properties(_BY_NAME[f"{FOLLOWERS}.N"]), RULES: _rules()}),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _sections() -> dict[str, object]:
    """Return the schema of each section, in the order of the file."""
    found: dict[str, object] = {}
    for section in FILE:
        if section.name == f"{FOLLOWERS}.N":
            by_number = {FOLLOWER_NUMBER.pattern.join(("^(?:", ")$")): {"$ref": f"#/$defs/{_FOLLOWER}"}}
            found[FOLLOWERS] = {
                "description": section.about,
                "type": "object",
                "patternProperties": by_number,
                "additionalProperties": False,
            }
        elif section is FREEZE:
            found[section.name] = {
                "description": section.about,
                "type": "object",
                "propertyNames": {"pattern": UNDERLYING.pattern.replace("A-Z", "A-Za-z").join(("^(?:", ")$"))},
                "properties": {
                    FREEZE_FILE.name: {"description": capitalized(FREEZE_FILE.meaning), **FREEZE_FILE.check.json}
                },
                "additionalProperties": FREEZE_QUANTITY.json,
            }
        elif section.name and not section.template:
            properties = _properties(section)
            if section.name == SIZING:
                properties[RULES] = _rules()
            about = {"description": section.about} if section.about else {}
            found[section.name] = {**about, **_table(properties)}
    return found


def _rules() -> dict[str, object]:
    about = _BY_NAME["sizing.rules"].about
    return {"description": about, "type": "array", "items": {"$ref": f"#/$defs/{_RULE}"}}


def _table(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _properties(section: Section) -> dict[str, object]:
    return {key.name: _property(section, key) for key in section.keys}


def _property(section: Section, key: Key[object]) -> dict[str, object]:
    """Return the schema of one key. A key whose default depends on another has none in the schema."""
    found = {"description": description(section, key), **key.check.json}
    default = None if key.example else default_of(section, key)
    if default is not None:
        found["default"] = json_number(default) if isinstance(default, Decimal) else default
    return found


def description(section: Section, key: Key[object]) -> str:
    """Return the meaning of a key in one line, with its detail in its own section."""
    meaning = capitalized(key.meaning.replace("\n", " "))
    return f"{meaning.removesuffix('.')}. {key.detail}" if key.detail and key.section == section.name else meaning


def capitalized(text: str) -> str:
    """Return a comment as a sentence; the words true and false stay as TOML writes them."""
    return text if text.startswith(("true", "false")) else text[:1].upper() + text[1:]
