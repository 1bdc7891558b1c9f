"""`.env` and the environment: precedence, refusals, and no secret in any output."""

from __future__ import annotations

import base64
import os
import traceback
from pathlib import Path

import pyotp
import pytest

from copytui.domain.errors import SettingsRefused
from copytui.settings.model import Settings

from .folders import GOOD, MASTER, SECRET, Folder, account

FIELDS = ("API_KEY", "CLIENT_ID", "PASSWORD", "TOTP_SECRET")
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def test_the_accounts_are_read(folder: Folder) -> None:
    settings = folder.load()
    assert settings.master.client_id == "M100"
    assert settings.master.credentials.api_key.reveal() == "keyM100"
    assert [(each.number, each.name, each.client_id) for each in settings.followers] == [
        (1, "Follower 1", "F100"),
        (2, "Follower 2", "F200"),
    ]
    first = settings.followers[0].credentials
    assert (first.pin.reveal(), first.totp_secret.reveal(), first.proxy) == ("1234", SECRET, None)


def test_numbers_may_have_gaps_and_followers_come_in_their_order(folder: Folder) -> None:
    folder.env(
        {**account("FOLLOWER_10_", "F10"), **account("FOLLOWER_9_", "F09"), **account("FOLLOWER_2_", "F02"), **MASTER}
    )
    assert [each.number for each in folder.load().followers] == [2, 9, 10]


def test_the_master_may_be_prefixed(folder: Folder) -> None:
    folder.env({**account("MASTER_", "M200"), **account("FOLLOWER_1_", "F1X")})
    assert folder.load().master.client_id == "M200"


def test_prefixed_and_plain_master_may_be_equal_or_one_empty(folder: Folder) -> None:
    folder.env({**GOOD, "MASTER_API_KEY": GOOD["API_KEY"], "MASTER_CLIENT_ID": ""})
    assert folder.load().master.client_id == "M100"
    folder.env({**GOOD, "API_KEY": "", "MASTER_API_KEY": "other"})
    assert folder.load().master.credentials.api_key.reveal() == "other"


def test_prefixed_and_plain_master_that_differ_are_refused(folder: Folder) -> None:
    folder.env({**GOOD, "MASTER_PASSWORD": "9999"})
    assert folder.problem() == (
        "PASSWORD and MASTER_PASSWORD in .env differ: both mean the master, so keep one of them"
    )


def test_the_environment_wins_over_the_file(folder: Folder) -> None:
    environ = {"FOLLOWER_1_CLIENT_ID": "E100", "MASTER_CLIENT_ID": "E200", "FOLLOWER_2_NAME": "Two"}
    settings = folder.load(environ)
    assert settings.master.client_id == "E200"
    assert settings.followers[0].client_id == "E100"
    assert settings.followers[1].name == "Two"


def test_the_environment_never_gives_unprefixed_names(folder: Folder) -> None:
    settings = folder.load({"API_KEY": "shell", "PASSWORD": "shell", "CLIENT_ID": "SHELL", "TOTP_SECRET": "A" * 32})
    assert settings.master.credentials.api_key.reveal() == "keyM100"
    assert settings.master.client_id == "M100"
    folder.env({**GOOD, "API_KEY": None})
    assert folder.problem({"API_KEY": "shell"}).startswith("API_KEY in .env is missing")


def test_an_empty_variable_of_the_environment_counts_as_not_set(folder: Folder) -> None:
    assert folder.load({"FOLLOWER_1_API_KEY": " ", "MASTER_API_KEY": ""}).followers[0].client_id == "F100"


def test_a_follower_may_be_in_the_environment_only(folder: Folder) -> None:
    settings = folder.load(account("FOLLOWER_5_", "F500"))
    assert [each.number for each in settings.followers] == [1, 2, 5]
    problems = folder.problems({"FOLLOWER_5_API_KEY": "k"})
    assert [problem.split()[0] for problem in problems] == [f"FOLLOWER_5_{field}" for field in FIELDS[1:]]


def test_no_env_file_is_needed_when_the_environment_has_it_all(folder: Folder) -> None:
    (folder.path / ".env").unlink()
    settings = folder.load({**account("MASTER_", "M1X"), **account("FOLLOWER_1_", "F1X")})
    assert settings.master.client_id == "M1X"


def test_a_missing_env_file_says_to_run_init(folder: Folder) -> None:
    (folder.path / ".env").unlink()
    assert folder.problem() == (
        f"there is no {folder.path / '.env'}: run copytui init to write one, then fill in the accounts"
    )
    problems = folder.problems(account("MASTER_", "M1X"))
    assert "run copytui init" in problems[0]
    assert ".env names no follower" in problems[1]


def test_an_env_file_that_was_named_must_exist(folder: Folder) -> None:
    environ = {**account("MASTER_", "M1X"), **account("FOLLOWER_1_", "F1X")}
    (problem,) = folder.problems(environ, env=Path("gone.env"))
    assert f"there is no {folder.path / 'gone.env'}" in problem


def test_an_env_file_that_was_named_is_read(folder: Folder) -> None:
    (folder.path / ".env").rename(folder.path / "my.env")
    assert folder.load(env=Path("my.env")).master.client_id == "M100"


def test_an_unreadable_env_file_is_one_problem(folder: Folder) -> None:
    (folder.path / ".env").write_bytes(b"API_KEY=a\nPASSWORD=\xff\n")
    assert folder.problem() == ".env is not UTF-8 text (line 2): save it as UTF-8"
    (folder.path / ".env").unlink()
    (folder.path / ".env").mkdir()
    assert folder.problem().startswith(".env cannot be read (")


@pytest.mark.parametrize("prefix", ["", "FOLLOWER_2_"])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["", None])
def test_each_missing_field_is_named(folder: Folder, prefix: str, field: str, value: str | None) -> None:
    folder.env({**GOOD, prefix + field: value})
    assert folder.problem().startswith(f"{prefix}{field} in .env is missing: it must be ")


def test_no_follower_at_all_is_refused(folder: Folder) -> None:
    folder.env(MASTER)
    assert folder.problem().startswith(".env names no follower: it must hold FOLLOWER_1_API_KEY, ")


@pytest.mark.parametrize(
    "text",
    [
        "JBSWY3DPEHPK3PX1",
        "JBSWY3DPEHPK3PXP1",
        "123456",
        "JBSWY3DPEHPK3PX",
        "JBSWY3DPEHPK3",
        "otpauth://totp/x?secret=" + SECRET,
        "ſ" * 16,
        "JBSWY3DPEHPK3PXPA",
    ],
)
def test_a_totp_secret_must_be_base32_of_80_bits(folder: Folder, text: str) -> None:
    folder.env({**GOOD, "FOLLOWER_1_TOTP_SECRET": text})
    problem = folder.problem()
    assert problem.startswith("FOLLOWER_1_TOTP_SECRET in .env has the wrong form: it must be base32")
    assert text not in problem


@pytest.mark.parametrize("text", ["jbsw y3dp ehpk 3pxp", "JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXPAE======"])
def test_a_totp_secret_is_accepted_as_people_copy_it(folder: Folder, text: str) -> None:
    folder.env({**GOOD, "TOTP_SECRET": text})
    secret = folder.load().master.credentials.totp_secret.reveal()
    assert secret == text.replace(" ", "").upper().rstrip("=")
    assert len(base64.b32decode(secret + "=" * (-len(secret) % 8))) >= 10


@pytest.mark.parametrize("length", [26, 32, 52])
def test_a_totp_secret_that_passes_makes_codes(folder: Folder, length: int) -> None:
    folder.env({**GOOD, "TOTP_SECRET": pyotp.random_base32(52)[:length]})
    assert pyotp.TOTP(folder.load().master.credentials.totp_secret.reveal()).now().isdigit()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLIENT_ID", "M1"),
        ("CLIENT_ID", "M" * 21),
        ("CLIENT_ID", "M-1234"),
        ("CLIENT_ID", "straße"),
        ("API_KEY", "two words"),
        ("API_KEY", "schlüssel"),
        ("PASSWORD", "'12 34'"),
        ("FOLLOWER_1_NAME", "x" * 41),
        ("FOLLOWER_1_NAME", '"a\\nb"'),
        ("FOLLOWER_1_PROXY", "proxy.example:8080"),
        ("FOLLOWER_1_PROXY", "http://proxy.example"),
        ("FOLLOWER_1_PROXY", "socks4://proxy.example:1"),
        ("FOLLOWER_1_PROXY", "http://user:pa#ss@proxy.example:1"),
        ("FOLLOWER_1_PROXY", "http://user:pa/ss@proxy.example:1"),
        ("FOLLOWER_1_PROXY", "http://user:canary@:1"),
        ("FOLLOWER_1_PROXY", "http://user:canary@proxy.example:canary"),
        ("FOLLOWER_1_PROXY", "http://proxy.example:1/path"),
        ("FOLLOWER_1_PROXY", "http://u:pä@proxy.example:1"),
    ],
)
def test_a_field_of_the_wrong_form_is_named_and_not_shown(folder: Folder, name: str, value: str) -> None:
    folder.env({**GOOD, name: value})
    problem = folder.problem()
    assert problem.startswith(f"{name} in .env has the wrong form: it must be ")
    assert value.strip("'\"") not in problem
    assert "canary" not in problem


@pytest.mark.parametrize(
    "proxy",
    ["http://h.example:3128", "https://u:p%23@1.2.3.4:1/", "socks5://u:p@[::1]:1080", "socks5h://h:1"],
)
def test_a_proxy_is_accepted_and_kept_secret(folder: Folder, proxy: str) -> None:
    folder.env({**GOOD, "FOLLOWER_1_PROXY": proxy, "FOLLOWER_1_NAME": "Meera"})
    follower = folder.load().followers[0]
    assert follower.credentials.proxy is not None
    assert follower.credentials.proxy.reveal() == proxy
    assert proxy not in repr(follower)
    assert follower.name == "Meera"


def test_a_client_id_is_upper_cased(folder: Folder) -> None:
    folder.env({**GOOD, "CLIENT_ID": "m100"})
    assert folder.load().master.client_id == "M100"


def test_a_pin_that_is_not_four_digits_is_a_warning(folder: Folder) -> None:
    folder.env({**GOOD, "PASSWORD": "hunter2"})
    (warning,) = folder.load().warnings
    assert warning.startswith("PASSWORD in .env is not four digits")
    assert "hunter2" not in warning


@pytest.mark.parametrize(("name", "other"), [("CLIENT_ID", "f200"), ("FOLLOWER_1_CLIENT_ID", "F200")])
def test_an_account_may_appear_only_once(folder: Folder, name: str, other: str) -> None:
    folder.env({**GOOD, name: other})
    assert folder.problem() == (
        f"{name} and FOLLOWER_2_CLIENT_ID in .env hold the same client code: "
        "an account may appear once only, as master or as one follower"
    )


def test_an_account_may_appear_only_once_over_file_and_environment(folder: Folder) -> None:
    assert folder.problem(account("FOLLOWER_3_", "M100")).startswith(
        "CLIENT_ID and FOLLOWER_3_CLIENT_ID (the environment) in .env hold the same client code"
    )


def test_two_followers_of_one_name_are_refused(folder: Folder) -> None:
    folder.env({**GOOD, "FOLLOWER_1_NAME": "Asha", "FOLLOWER_2_NAME": "asha"})
    assert (
        folder.problem() == "FOLLOWER_1_NAME and FOLLOWER_2_NAME in .env are the same name: each follower needs its own"
    )
    folder.env({**GOOD, "FOLLOWER_1_NAME": "Follower 2"})
    assert "are the same name" in folder.problem()


def test_a_name_given_twice_with_two_values_is_refused(folder: Folder) -> None:
    folder.env(GOOD, "FOLLOWER_1_CLIENT_ID=F999\nFOLLOWER_1_API_KEY=\n")
    assert folder.problem() == (
        "FOLLOWER_1_CLIENT_ID stands twice in .env with different values (lines 6 and 13): "
        "keep one, or give the other account its own number"
    )


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("FOLLOWER_1_TOTP", "FOLLOWER_1_TOTP_SECRET"),
        ("FOLLOWER_1_APIKEY", "FOLLOWER_1_API_KEY"),
        ("FOLLOWER_1_PIN", "FOLLOWER_1_PASSWORD"),
        ("FOLLOWER1_API_KEY", "FOLLOWER_1_API_KEY"),
        ("FOLLOWER_01_API_KEY", "FOLLOWER_1_API_KEY"),
        ("FOLOWER_2_CLIENT_ID", "FOLLOWER_2_CLIENT_ID"),
        ("FOLLOWER_API_KEY", "FOLLOWER_1_API_KEY"),
        ("follower_1_password", "FOLLOWER_1_PASSWORD"),
        ("MASTER_TOTP", "MASTER_TOTP_SECRET"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_likely_one(folder: Folder, wrong: str, meant: str) -> None:
    folder.env(GOOD, f"{wrong}=canary\n")
    assert folder.problem() == f"{wrong} in .env is not known: did you mean {meant}?"


def test_a_prefixed_name_without_a_likely_one_lists_what_is_allowed(folder: Folder) -> None:
    folder.env(GOOD, "FOLLOWER_1_COLOUR=red\n")
    assert "is not known: allowed are FOLLOWER_1_API_KEY, " in folder.problem()


def test_a_misspelt_master_name_is_refused_where_the_right_one_is_missing(folder: Folder) -> None:
    folder.env({**GOOD, "TOTP_SECRET": None}, f"TOTP={SECRET}\n")
    assert "TOTP in .env is not known: did you mean TOTP_SECRET?" in folder.problems()


def test_names_of_other_programs_are_a_warning_that_does_not_quote_the_line(folder: Folder) -> None:
    folder.env(GOOD, "LOG_LEVEL=debug\nCANARY5ECRET\nTOTP=1\n")
    warnings = folder.load().warnings
    assert warnings[0] == "line 13 of .env names nothing that copytui knows, and is ignored"
    assert len(warnings) == 3
    assert "CANARY" not in "".join(warnings)


def test_a_line_that_is_not_understood_is_refused_by_its_number(folder: Folder) -> None:
    folder.env({**GOOD, "FOLLOWER_2_NAME": '"canary'})
    assert folder.problem() == "line 13 of .env is not understood: it must be NAME=value, quotes closed"


def test_quotes_exports_comments_and_dollars_are_read_as_dotenv_does(folder: Folder) -> None:
    folder.env(
        {**GOOD, "API_KEY": None, "PASSWORD": "'12#4'", "SECRET_KEY": "a"},
        '\n# a comment\nexport API_KEY = "a$HOME${PATH}" # key\nFOLLOWER_1_SECRET_KEY=b\nMASTER_SECRET_KEY=c\n',
    )
    credentials = folder.load({"HOME": "x"}).master.credentials
    assert credentials.api_key.reveal() == "a$HOME${PATH}"
    assert credentials.pin.reveal() == "12#4"


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_an_env_file_open_to_others_is_a_warning_or_refused_when_strict(folder: Folder, mode: int) -> None:
    (folder.path / ".env").chmod(mode)
    said = f".env is open to other users of this machine (mode 0{mode:o}): run chmod 600 .env"
    assert folder.load().warnings == (said,)
    assert folder.problem(strict=True) == said


@posix
def test_a_private_env_file_passes_when_strict(folder: Folder) -> None:
    assert folder.load(strict=True).warnings == ()


def test_no_secret_is_in_settings_or_their_text(folder: Folder) -> None:
    folder.env({**GOOD, "FOLLOWER_1_PROXY": "http://u:canary@h:1", "API_KEY": "canary", "PASSWORD": "canary"})
    settings: Settings = folder.load()
    for text in (repr(settings), str(settings), *settings.warnings):
        assert "canary" not in text
        assert SECRET not in text


@pytest.mark.parametrize("spoil", ["{} x", "{}é", '"{}\\n{}"', "http://u:{}@h", "{}"])
def test_no_secret_is_in_any_problem_or_traceback(folder: Folder, spoil: str) -> None:
    spoilt = {}
    for prefix in ("", "MASTER_", "FOLLOWER_1_", "FOLLOWER_2_"):
        for field in (*FIELDS, *(("NAME", "PROXY") if prefix.startswith("F") else ())):
            spoilt[prefix + field] = spoil.format("canary-" + prefix, "canary")
    folder.env(spoilt, 'FOLLOWER_2_PASSWORD=canary-2\ncanary-alone\ncanary=1\n"canary\n')
    folder.toml("[broker]\nroot_url = 'https://u:canary@h'\nAPI_KEY = 'canary'\npasword = 'canary'\n[x]\ny='canary'")
    environ = {name: f"canary {name}" for name in spoilt}
    for given in ({}, environ):
        with pytest.raises(SettingsRefused) as refused:
            folder.load(given)
        text = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
        assert len(refused.value.problems) > 10
        assert "canary" not in text
