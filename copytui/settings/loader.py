"""`.env` + `copytui.toml` + `copytui.local.toml` -> one frozen `Settings`, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from copytui.domain.errors import SettingsRefused
from copytui.settings import build
from copytui.settings.accounts import Accounts, FollowerAccount, make_accounts
from copytui.settings.credential_formats import FORMS
from copytui.settings.env import FileState, Variables, read_variables
from copytui.settings.freeze_file import read_freeze_file
from copytui.settings.live import LOCAL_FILE
from copytui.settings.model import Credentials, Settings
from copytui.settings.report import Report
from copytui.settings.schema import DRY_RUN, SECTIONS
from copytui.settings.schema_broker import LOGS_DIRECTORY
from copytui.settings.toml import Values, read_values
from copytui.settings.validation import check_together

CONFIG_FILE = "copytui.toml"
ENV_FILE = ".env"


def load_settings(
    *,
    config_file: Path | None,
    env_file: Path | None,
    folder: Path,
    environ: Mapping[str, str],
    strict_permissions: bool = False,
) -> Settings:
    """Read, check and join all settings; raises SettingsRefused with every problem of all files.

    Named files are relative to `folder`, as in a shell; all others are beside `copytui.toml`.
    """
    report = Report()
    config = (folder / (config_file or CONFIG_FILE)).absolute()
    env = (folder / env_file).absolute() if env_file else config.parent / ENV_FILE
    accounts, numbers = _read_accounts(env, environ, report, named=env_file is not None, strict=strict_permissions)
    values = _read_both(config, report, named=config_file is not None)
    check_together(values, numbers, env.name, report)
    file = read_freeze_file(values, config.parent, report)
    if report.problems or accounts.master is None:
        raise SettingsRefused(tuple(report.problems))
    settings = _settings(config.parent, accounts.master, accounts.followers, values, report)
    return replace(settings, freeze_file=file, freeze_quantities=build.freeze_quantities(values, file))


def _read_accounts(
    env: Path, environ: Mapping[str, str], report: Report, *, named: bool, strict: bool
) -> tuple[Accounts, tuple[int, ...]]:
    """Return the accounts, and the number of each follower, including those with wrong credentials."""
    variables = read_variables(env, environ, report, strict_permissions=strict)
    numbers = tuple(variables.followers)
    if variables.file_state is FileState.MISSING and (named or not _is_complete(variables)):
        report.problem(f"there is no {env}: run copytui init to write one, then fill in the accounts")
    if variables.file_state is not FileState.READ and not numbers and not variables.master:
        return Accounts(None, ()), ()  # no names were read, so there is nothing to check
    return make_accounts(variables, report), numbers


def _is_complete(variables: Variables) -> bool:
    accounts = [variables.master, *variables.followers.values()]
    return bool(variables.followers) and all(field in fields for fields in accounts for field in FORMS)


def _read_both(config: Path, report: Report, *, named: bool) -> Values:
    base = read_values(config, report)
    if base is None and named:
        report.problem(f"there is no {config}: name a file that exists, or leave --config out")
    local = read_values(config.parent / LOCAL_FILE, report) or Values()
    if local.given.get(DRY_RUN.path()) is False:
        report.warn(f"dry_run = false in {LOCAL_FILE} is ignored: a live run is chosen anew each start")
        local = replace(local, given={key: value for key, value in local.given.items() if key != "dry_run"})
    return local.over(base or Values())


def _settings(
    folder: Path, master: Credentials, accounts: tuple[FollowerAccount, ...], values: Values, report: Report
) -> Settings:
    followers = tuple(build.follower_settings(account, values) for account in accounts)
    if not any(follower.enabled for follower in followers):
        report.warn("every follower is switched off (enabled = false): nothing will be copied")
    plain = Settings(
        folder,
        build.master_settings(master, values),
        followers,
        **values.fields(SECTIONS[""].values()),
        filters=build.filters(values),
        sizing=build.sizing_of(values),
        orders=build.order_rules(values),
        risk=build.risk_settings(values),
        positions=build.position_settings(values),
        trading=build.trading_hours(values),
        broker=build.broker_settings(values),
        sessions=build.sessions(values),
        warnings=tuple(report.warnings),
    )
    return replace(plain, logs_directory=folder / values.get(LOGS_DIRECTORY, str(plain.logs_directory)))
