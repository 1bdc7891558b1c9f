"""The logs folder and the followers' names, for reports on the past: credentials may be wrong or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copytui.domain.errors import SettingsRefused
from copytui.domain.orders import ClientId
from copytui.settings.credential_formats import FOLLOWER_FORMS
from copytui.settings.env import Variable, read_variables
from copytui.settings.live import LOCAL_FILE
from copytui.settings.loader import CONFIG_FILE, ENV_FILE
from copytui.settings.model import Settings
from copytui.settings.report import Report
from copytui.settings.schema_broker import LOGS_DIRECTORY
from copytui.settings.toml import Values, read_values

_LOGS = str(Settings.__dataclass_fields__["logs_directory"].default)


@dataclass(frozen=True, slots=True)
class NamedFollower:
    """A follower as `.env` names it."""

    number: int
    name: str
    client_id: ClientId


@dataclass(frozen=True, slots=True)
class Paths:
    """The logs folder (absolute), and the followers that `.env` and the environment name.

    `config` and `env` are the files as they were named, None for the default ones.
    """

    logs_directory: Path
    followers: tuple[NamedFollower, ...]
    config: Path | None = None
    env: Path | None = None


def read_paths(*, config_file: Path | None, env_file: Path | None, folder: Path, environ: Mapping[str, str]) -> Paths:
    """Read only what reports need.

    Raises SettingsRefused where the logs folder is unknown: a named file is missing, a file cannot be read, or
    `logs.directory` is wrong. `copytui check` reports everything else that is wrong.
    """
    config = (folder / (config_file or CONFIG_FILE)).absolute()
    env = (folder / env_file).absolute() if env_file else config.parent / ENV_FILE
    missing = [named for named, path in ((config_file, config), (env_file, env)) if named and not path.exists()]
    if missing:
        raise SettingsRefused(tuple(f"there is no {path}: name a file that exists" for path in missing))
    values = _values(config.parent / LOCAL_FILE).over(_values(config))
    logs = config.parent / values.get(LOGS_DIRECTORY, _LOGS)
    # Problems with the accounts matter only to commands that log in.
    variables = read_variables(env, environ, Report(), strict_permissions=False)
    followers = (_follower(number, fields) for number, fields in variables.followers.items())
    return Paths(logs, tuple(follower for follower in followers if follower is not None), config_file, env_file)


def _values(path: Path) -> Values:
    report = Report()
    values = read_values(path, report) or Values()
    unreadable = not values.given and not values.refused
    if report.problems and (unreadable or LOGS_DIRECTORY.path() in values.refused):
        raise SettingsRefused(tuple(report.problems))
    return values


def _follower(number: int, fields: Mapping[str, Variable]) -> NamedFollower | None:
    def text(field: str) -> str | None:
        variable = fields.get(field)
        return FOLLOWER_FORMS[field].parse(variable.text) if variable is not None and variable.text else None

    client = text("CLIENT_ID")
    return None if client is None else NamedFollower(number, text("NAME") or f"Follower {number}", ClientId(client))
