"""Variables -> the credentials of the master and the followers, checked for format and for duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from copytui.domain.orders import ClientId
from copytui.settings.credential_formats import FOLLOWER_FORMS, FORMS, Form
from copytui.settings.env import ENVIRONMENT, Variable, Variables
from copytui.settings.model import Credentials, Secret
from copytui.settings.report import Report


@dataclass(frozen=True, slots=True)
class FollowerAccount:
    """One follower as `.env` names it."""

    number: int
    name: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts. Problems are in the report; an account with a problem may be missing here."""

    master: Credentials | None
    followers: tuple[FollowerAccount, ...]


def make_accounts(variables: Variables, report: Report) -> Accounts:
    """Check the fields of every account, and that no account and no name appears twice."""
    master = _Fields("", variables.master, FORMS, variables.file, report).credentials()
    followers = []
    for number, given in variables.followers.items():
        fields = _Fields(f"FOLLOWER_{number}_", given, FOLLOWER_FORMS, variables.file, report)
        name = fields.values.get("NAME") or f"Follower {number}"
        if credentials := fields.credentials():
            followers.append(FollowerAccount(number, name, credentials))
    if not variables.followers:
        report.problem(
            f"{variables.file} names no follower: it must hold FOLLOWER_1_API_KEY, FOLLOWER_1_CLIENT_ID, "
            f"FOLLOWER_1_PASSWORD and FOLLOWER_1_TOTP_SECRET"
        )
    _report_duplicate_clients(variables, report)
    _report_duplicate_names(variables, report)
    return Accounts(master, tuple(followers))


class _Fields:
    """One account's fields, checked."""

    def __init__(
        self, prefix: str, given: Mapping[str, Variable], forms: Mapping[str, Form], file: str, report: Report
    ) -> None:
        self.values: dict[str, str] = {}
        for field, form in forms.items():
            variable = given.get(field)
            if variable is None or not variable.text:
                if form.required:
                    name = variable.name if variable else prefix + field
                    report.problem(f"{name} in {file} is missing: it must be {form.allowed}")
                continue
            value = form.parse(variable.text)
            if value is None:
                report.problem(f"{variable.name} in {variable.place} has the wrong form: it must be {form.allowed}")
            else:
                self.values[field] = value
                _warn_of_unusual_pin(field, variable, report)

    def credentials(self) -> Credentials | None:
        """Return the credentials, or None when a field is missing or wrong."""
        values = self.values
        if not all(field in values for field in FORMS):
            return None
        return Credentials(
            client_id=ClientId(values["CLIENT_ID"]),
            api_key=Secret(values["API_KEY"]),
            pin=Secret(values["PASSWORD"]),
            totp_secret=Secret(values["TOTP_SECRET"]),
            proxy=Secret(values["PROXY"]) if "PROXY" in values else None,
        )


def _warn_of_unusual_pin(field: str, variable: Variable, report: Report) -> None:
    pin = variable.text
    if field == "PASSWORD" and not (len(pin) == 4 and pin.isascii() and pin.isdigit()):
        report.warn(f"{variable.name} in {variable.place} is not four digits: Angel One logs in with the account's PIN")


def _report_duplicate_clients(variables: Variables, report: Report) -> None:
    """Report accounts that would be copied into themselves, or that would be copied to twice."""
    everywhere = [variables.master, *variables.followers.values()]
    _report_duplicates(
        [fields["CLIENT_ID"] for fields in everywhere if "CLIENT_ID" in fields],
        "hold the same client code: an account may appear once only, as master or as one follower",
        report,
    )


def _report_duplicate_names(variables: Variables, report: Report) -> None:
    names = []
    for number, fields in variables.followers.items():
        given = fields.get("NAME")
        default = Variable(f"FOLLOWER_{number}_NAME", variables.file, f"Follower {number}")
        names.append(given if given and given.text else default)
    _report_duplicates(names, "are the same name: each follower needs its own", report)


def _report_duplicates(variables: list[Variable], sentence: str, report: Report) -> None:
    by_text: dict[str, list[Variable]] = {}
    for variable in variables:
        if variable.text:
            by_text.setdefault(variable.text.casefold(), []).append(variable)
    for same in by_text.values():
        if len(same) > 1:
            names = [each.name + (f" ({ENVIRONMENT})" if each.place == ENVIRONMENT else "") for each in same]
            places = " and ".join(dict.fromkeys(each.place for each in same if each.place != ENVIRONMENT))
            where = f" in {places}" if places else ""
            report.problem(f"{', '.join(names[:-1])} and {names[-1]}{where} {sentence}")
