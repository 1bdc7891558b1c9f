"""The generator of the files that show every setting: `python -m copytui.settings.generate [--check]`.

It writes the two example files, the JSON Schema and `docs/configuration.md` into the repository; with `--check` it
only names those that are not current, and exits with 1 if there are any.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from copytui.settings.credential_formats import FOLLOWER_FORMS, FORMS, IGNORED, IGNORED_MEANING
from copytui.settings.example import SCHEMA_FILE, example_env, example_toml
from copytui.settings.json_schema import capitalized, description, json_schema
from copytui.settings.keys import Key, Section, default_of, toml_text
from copytui.settings.schema import FILE, RULE_SYMBOLS, SIZING_KEYS
from copytui.settings.schema_filters import FILTER_RULE_KEYS

_CODE = re.compile(r"\{[^}]*\}|\[\[?[\w.]+\]\]?|\b[a-z]+(?:_[a-z]+)+\b")
"""A filter rule, a section or a key in a sentence."""
_ROOT = Path(__file__).parents[2]

_HEAD = f"""\
<!-- Written by `python -m copytui.settings.generate` from copytui/settings/schema*.py. Do not edit. -->

# Configuration

copytui reads three files. `copytui init` writes the first two, ready to fill in, and never overwrites a file.

| File | Content |
|---|---|
| `.env` | the accounts: API keys, PINs, TOTP secrets |
| `copytui.toml` | how to copy; every key has a default, and the file may be missing |
| `copytui.local.toml` | changes made live on the screen; same keys as `copytui.toml`, and it overrides that file |

- `--config FILE` and `--env FILE` name other files. The others are looked for beside `copytui.toml`.
- An unknown key, a wrong type or a value out of range is an error. copytui names all of them at once, before any
  account logs in. `copytui check --offline` does only this.
- **Live** names the keys of the screen that change a setting while copytui runs. Anyone at the terminal can press them.
  The change applies to the next execution and is stored in `copytui.local.toml`; delete that file to go back to
  `copytui.toml`. Every other setting takes effect at the next start.
- The first line of `copytui.toml`, `#:schema ./{SCHEMA_FILE}`, lets editors with a TOML language server (such as
  Even Better TOML or Taplo) complete, explain and check the file. `copytui init` writes the schema beside it. After an
  update of copytui, delete `{SCHEMA_FILE}` and run `copytui init` again.

## `.env`: the accounts

The master's variables have these names, with or without `MASTER_` in front. The followers' begin with `FOLLOWER_1_`,
`FOLLOWER_2_` and so on; numbers may have gaps. An account may appear only once. Environment variables override the
file, except the master's names without prefix, which are too common to be trusted from there.

| Variable | Account | Format | Meaning |
|---|---|---|---|
"""

_TABLE = """\
| Key | Type | Range | Default | Meaning | Live |
|---|---|---|---|---|---|
"""


def outputs() -> dict[str, str]:
    """Return the text of each generated file by its path in the repository."""
    return {
        "copytui.toml.example": example_toml(),
        ".env.example": example_env(),
        SCHEMA_FILE: json_schema(),
        "docs/configuration.md": reference(),
    }


def reference() -> str:
    """Return the text of `docs/configuration.md`."""
    accounts = "".join(_row(*row) for row in _variables())
    return _HEAD + accounts + "".join(f"\n{_chapter(section)}" for section in FILE)


def _variables() -> Iterator[tuple[str, ...]]:
    for name, form in FOLLOWER_FORMS.items():
        whose = "all" if name in FORMS else "followers, optional"
        yield f"`{name}`", whose, _escaped(form.allowed), _escaped(capitalized(form.meaning))
    yield f"`{IGNORED}`", "all, optional", "any", _escaped(capitalized(IGNORED_MEANING))


def _chapter(section: Section) -> str:
    name = "[[sizing.rules]]" if section.name == RULE_SYMBOLS.section else f"[{section.name}]"
    heading = f"## {section.title or f'`{name}`'}" if section.name else "## Top of the file"
    about = f"{_escaped(section.about)}\n\n" if section.about else ""
    if section.keys:
        rows = "".join(_row(*_cells(section, key)) for key in section.keys)
        return f"{heading}\n\n{about}{_TABLE}{rows}"
    # The section's keys are not fixed, so its sample is shown.
    lines = "".join(f"{each[0]}\n" for each in section.sample if isinstance(each, tuple))
    return f"{heading}\n\n{about}```toml\n[{section.name}]\n{lines}```\n"


def _cells(section: Section, key: Key[object]) -> tuple[str, ...]:
    unit = f", {key.unit}" if key.unit else ""
    live = key.live if section.name == key.section else ""
    return (
        f"`{key.name}`",
        key.check.kind + unit,
        key.check.limits or "any",
        _default(section, key),
        _escaped(description(section, key)),
        live or "no",
    )


def _default(section: Section, key: Key[object]) -> str:
    if section.template and key in SIZING_KEYS:
        return "as in `[sizing]`"
    if key in FILTER_RULE_KEYS:
        return "not asked"
    default = key.example or default_of(section, key)
    return "required" if default is None else f"`{toml_text(default)}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _escaped(text: str) -> str:
    """Return text in one line, with sections and keys as code and without other markup."""
    escaped = text.replace("\n", " ").replace("|", r"\|").replace("*", r"\*")
    return _CODE.sub(r"`\g<0>`", escaped)


def main(argv: list[str] | None = None) -> int:
    """Write the files, or with `--check` name those that are not current."""
    parser = argparse.ArgumentParser(prog="python -m copytui.settings.generate", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is not current")
    check = parser.parse_args(argv).check
    stale = [name for name, text in outputs().items() if not _is_current(_ROOT / name, text)]
    for name in stale:
        sys.stdout.write(f"{name} {'is not current' if check else 'was written'}\n")
        if not check:
            (_ROOT / name).write_bytes(outputs()[name].encode())
    return 1 if stale and check else 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()


if __name__ == "__main__":
    sys.exit(main())
