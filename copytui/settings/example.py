"""The example files `copytui.toml` and `.env`, with every key, its default and its meaning."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from copytui.settings.credential_formats import FORMS, IGNORED, IGNORED_MEANING, OPTIONAL_FORMS
from copytui.settings.keys import Key, Section, default_of, toml_text
from copytui.settings.schema import FILE

SCHEMA_FILE = "copytui.schema.json"

_COLUMN = 39
"""Where the comments begin in a line that has a key."""
_WIDTH = 118

_TOML_HEAD = f"""\
#:schema ./{SCHEMA_FILE}
# copytui: how to copy. The accounts are in .env. Every key is here with its default; a key that is left out has it too.
# Live changes from the screen are stored in copytui.local.toml beside this file and override it.
# The first line lets an editor check this file and explain its keys.
"""

_ENV_HEAD = """\
# copytui: the accounts. Keep this file to yourself: whoever has it can trade in all of them.
#
# For each account:
"""
_MASTER = "The master: the account whose orders are copied."
_FOLLOWERS = (
    "The followers: FOLLOWER_1_, FOLLOWER_2_ and so on. For a second one, repeat the block with a 2.\n"
    "Numbers may have gaps."
)


def example_toml() -> str:
    """Return the text of `copytui.toml` with every default."""
    return "\n".join([_TOML_HEAD, *("\n".join([*_section(section), ""]) for section in FILE)])


def _section(section: Section) -> Iterator[str]:
    yield from _comment(section.about)
    if not section.template:
        if section.name:
            yield f"[{section.name}]"
        for key in section.keys:
            yield from _key(section, key)
    for each in section.sample:
        code, meaning = each if isinstance(each, tuple) else (_code(section, each), each.meaning)
        yield from _with_comment(f"# {code}", meaning)


def _key(section: Section, key: Key[object]) -> Iterator[str]:
    code = f"# {key.name} = {toml_text(key.example)}"
    if key.example and "\n" not in key.meaning:
        yield from _with_comment(code, key.meaning)
    elif key.example:
        yield from _comment(key.meaning)
        yield code
    else:
        yield from _with_comment(_code(section, key), key.meaning)


def _code(section: Section, key: Key[object]) -> str:
    return f"{key.name} = {toml_text(default_of(section, key))}"


def _with_comment(code: str, meaning: str) -> Iterator[str]:
    """Return a line with its comment beside it; further lines of the comment follow below."""
    if not meaning:
        yield code
        return
    first, *others = meaning.split("\n")
    yield f"{code:<{_COLUMN - 1}} # {first}" if len(code) < _COLUMN else f"{code}  # {first}"
    for line in others:
        yield f"{'#' if code.startswith('#') else '':<{_COLUMN}}# {line}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for paragraph in text.splitlines() for line in textwrap.wrap(paragraph, _WIDTH)]


def example_env() -> str:
    """Return the text of `.env` with every name and no value."""
    meanings = {**{name: form.meaning for name, form in FORMS.items()}, IGNORED: IGNORED_MEANING}
    fields = [
        f"#   {name if number == 0 else '':<13} {line}"
        for name, meaning in meanings.items()
        for number, line in enumerate(meaning.split("\n"))
    ]
    follower = [f"FOLLOWER_1_{name}=" for name in FORMS]
    for name, form in OPTIONAL_FORMS.items():
        follower += [*_comment(form.meaning), f"FOLLOWER_1_{name}="]
    blocks: Iterable[Iterable[str]] = (
        fields,
        (*_comment(_MASTER), *(f"{name}=" for name in meanings)),
        (*_comment(_FOLLOWERS), *follower),
    )
    return _ENV_HEAD + "\n\n".join("\n".join(block) for block in blocks) + "\n"
