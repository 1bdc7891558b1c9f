"""`copytui.toml`: what is accepted, what is refused, and the error messages."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from copytui.domain.errors import SettingsRefused
from copytui.domain.executions import CopyOn
from copytui.domain.filters import Weekday
from copytui.domain.orders import QUANTITIES
from copytui.domain.pricing import LimitAs, MarketAs, UnfilledAction
from copytui.domain.sizing import SizingMode
from copytui.settings.model import INSTRUMENTS_URL, OpenAtStart
from copytui.settings.schema import FOLLOWER_KEYS, GLOBAL_KEYS

from .folders import Folder

PATHS = [key.path() for key in GLOBAL_KEYS] + [key.path("followers.2") for key in FOLLOWER_KEYS]


def line(path: str, value: str) -> str:
    section, _, name = path.rpartition(".")
    return f"[{section}]\n{name} = {value}\n" if section else f"{name} = {value}\n"


def test_every_key_takes_a_value_other_than_its_default(folder: Folder) -> None:
    folder.toml("""
dry_run = false
require_confirmation = true
confirmation_timeout_seconds = 5.5
[master]
copy_on = "fill"
poll_interval_seconds = 1.1
order_feed = false
max_order_age_seconds = 90
open_orders_at_start = "ignore"
[filters]
allow_symbols = ["NIFTY", " *-EQ "]
block_symbols = ["BANK*"]
market_orders = false
limit_orders = false
stop_orders = false
[sizing]
mode = "fixed"
multiplier = 0.1
fixed_quantity = 75
max_quantity = 1000
max_order_value = 250000.50
[orders]
market_as = "market"
limit_as = "protected"
protection_percent = 20
unfilled_after_seconds = 30
unfilled_action = "cancel"
reprice_steps = 10
[risk]
daily_loss_limit = 5000
max_orders_per_minute = 500
max_orders_per_symbol_per_minute = 0
max_open_positions = 4
check_funds = false
halt_after_failures = 1
[trading]
start = "09:20"
end = "15:10"
days = ["mon", "fri"]
[freeze_quantities]
NIFTY = 3600
"m&m" = 0
[followers.2]
enabled = false
source_address = "10.0.0.7"
registered_ip = "203.0.113.8"
mode = "multiplier"
multiplier = 2
[broker]
root_url = "http://127.0.0.1:8080/"
order_feed_url = "ws://[::1]:9/feed?x=1"
login_spacing_seconds = 0
request_timeout_seconds = 60
public_ip = "203.0.113.7"
address_echo_url = "http://127.0.0.1:9/ip?x=1"
instruments_url = "https://a.example/list.json"
[logs]
directory = "out/logs"
""")
    settings = folder.load()
    assert not settings.dry_run
    assert settings.require_confirmation
    assert settings.confirmation_timeout_seconds == 5.5
    master = settings.master
    assert (master.copy_on, master.open_orders_at_start) == (CopyOn.FILL, OpenAtStart.IGNORE)
    assert (master.poll_interval_seconds, master.order_feed, master.max_order_age_seconds) == (1.1, False, 90.0)
    filters = settings.filters
    assert (filters.allow_symbols, filters.block_symbols) == (("NIFTY", "*-EQ"), ("BANK*",))
    assert (filters.market_orders, filters.limit_orders, filters.stop_orders) == (False, False, False)
    sizing = settings.sizing
    assert (sizing.mode, sizing.multiplier, sizing.fixed_quantity) == (SizingMode.FIXED, Decimal("0.1"), 75)
    assert (sizing.max_quantity, sizing.max_order_value) == (1000, Decimal("250000.5"))
    orders = settings.orders
    assert (orders.market_as, orders.limit_as) == (MarketAs.MARKET, LimitAs.PROTECTED)
    assert (orders.protection_percent, orders.unfilled_after_seconds) == (Decimal(20), 30.0)
    assert orders.unfilled_action is UnfilledAction.CANCEL
    assert orders.reprice_steps == 10
    risk = settings.risk
    assert (risk.daily_loss_limit, risk.max_orders_per_minute, risk.halt_after_failures) == (Decimal(5000), 500, 1)
    assert (risk.max_orders_per_symbol_per_minute, risk.max_open_positions, risk.check_funds) == (0, 4, False)
    trading = settings.trading
    assert (trading.start, trading.end, trading.days) == (
        time(9, 20),
        time(15, 10),
        frozenset({Weekday.MON, Weekday.FRI}),
    )
    assert settings.freeze_quantities == {**QUANTITIES, "NIFTY": 3600, "M&M": 0}
    broker = settings.broker
    assert (broker.root_url, broker.order_feed_url) == ("http://127.0.0.1:8080", "ws://[::1]:9/feed?x=1")
    assert (broker.login_spacing_seconds, broker.request_timeout_seconds) == (0.0, 60.0)
    assert broker.public_ip == "203.0.113.7"
    assert broker.address_echo_url == "http://127.0.0.1:9/ip?x=1"
    assert broker.instruments_url == "https://a.example/list.json"
    assert settings.logs_directory == folder.path / "out" / "logs"
    first, second = settings.followers
    assert (first.enabled, first.sizing) == (True, sizing)
    assert (second.enabled, second.source_address, second.registered_ip) == (False, "10.0.0.7", "203.0.113.8")
    assert (second.sizing.mode, second.sizing.multiplier) == (SizingMode.MULTIPLIER, Decimal(2))
    assert (second.sizing.max_quantity, second.sizing.fixed_quantity) == (1000, 75)


def test_without_a_config_file_everything_has_its_default(folder: Folder) -> None:
    settings = folder.load()
    assert settings.dry_run
    assert settings.sizing.multiplier == 1
    assert settings.logs_directory == folder.path / "logs"
    assert settings.folder == folder.path
    assert settings.warnings == ()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", ["[[1]]", "{a = 1}", "1979-05-27", "nan", "inf", "-1", "[7]"])
def test_an_invalid_value_names_file_key_and_what_is_allowed(folder: Folder, path: str, value: str) -> None:
    folder.toml(line(path, value))
    problem = folder.problem()
    assert problem.startswith(f"{path} in copytui.toml is ")
    assert ": it must be " in problem


@pytest.mark.parametrize("path", PATHS)
def test_a_boolean_is_neither_a_number_nor_text(folder: Folder, path: str) -> None:
    booleans = {
        *("dry_run", "require_confirmation", "master.order_feed", "followers.2.enabled"),
        *("filters.market_orders", "filters.limit_orders", "filters.stop_orders", "risk.check_funds"),
        "broker.keep_sessions",
    }
    if path in booleans:
        for other in ("1", "0", '"true"', "1.0"):
            folder.toml(line(path, other))
            assert folder.problem() == f"{path} in copytui.toml is {other}: it must be true or false"
    else:
        folder.toml(line(path, "true"))
        assert folder.problem().startswith(f"{path} in copytui.toml is true: it must be ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("confirmation_timeout_seconds", "0"),
        ("confirmation_timeout_seconds", "1e300"),
        ("master.copy_on", '"Complete"'),
        ("master.poll_interval_seconds", "1.0999"),
        ("master.poll_interval_seconds", '"3"'),
        ("master.max_order_age_seconds", "0.0"),
        ("master.open_orders_at_start", '"skip"'),
        ("filters.allow_symbols", '"NIFTY"'),
        ("filters.allow_symbols", '["NIFTY", ""]'),
        ("filters.block_symbols", '["  "]'),
        ("filters.block_symbols", '["A\\u001bB"]'),
        ("sizing.mode", '"double"'),
        ("sizing.multiplier", "0"),
        ("sizing.multiplier", "1000.01"),
        ("sizing.fixed_quantity", "1.0"),
        ("sizing.max_quantity", "1_000_000_001"),
        ("sizing.max_quantity", "0x" + "f" * 5000),
        ("sizing.max_order_value", "-0.01"),
        ("orders.market_as", '"limit"'),
        ("orders.limit_as", '"market"'),
        ("orders.protection_percent", "20.01"),
        ("orders.unfilled_after_seconds", "-0.1"),
        ("orders.unfilled_action", '"wait"'),
        ("orders.reprice_steps", "0"),
        ("orders.reprice_steps", "11"),
        ("orders.reprice_steps", "3.0"),
        ("risk.daily_loss_limit", '"5000"'),
        ("risk.max_orders_per_symbol_per_minute", "501"),
        ("risk.max_open_positions", "1.5"),
        ("trading.start", '"9:20"'),
        ("trading.start", '"24:00"'),
        ("trading.end", '"15:60"'),
        ("trading.end", '"15:10:00"'),
        ("trading.end", "15:10:00"),
        ("trading.days", "[]"),
        ("trading.days", '"mon"'),
        ("trading.days", '["Mon"]'),
        ("freeze_quantities.NIFTY", "-1"),
        ("freeze_quantities.NIFTY", '"1800"'),
        ("freeze_quantities.NIFTY", "true"),
        ("risk.max_orders_per_minute", "0"),
        ("risk.max_orders_per_minute", "501"),
        ("risk.halt_after_failures", "0"),
        ("followers.2.multiplier", "-0.5"),
        ("followers.2.source_address", '"10.0.0.256"'),
        ("followers.2.source_address", '"10.0.0.7:80"'),
        ("followers.2.source_address", '"::1"'),
        ("followers.2.source_address", '"0.0.0.0"'),
        ("followers.2.registered_ip", '"2001:db8::1"'),
        ("followers.2.registered_ip", '"example.org"'),
        ("broker.address_echo_url", '"api.ipify.org"'),
        ("broker.address_echo_url", '"http://api.ipify.org"'),
        ("broker.address_echo_url", '"ftp://127.0.0.1"'),
        ("broker.address_echo_url", '"https://user:word@a.example"'),
        ("broker.instruments_url", '"http://a.example/list.json"'),
        ("broker.instruments_url", '"file:///etc/passwd"'),
        ("broker.login_spacing_seconds", "-1"),
        ("broker.request_timeout_seconds", "0.9"),
        ("broker.request_timeout_seconds", "61"),
        ("broker.public_ip", '"example.org"'),
        ("logs.directory", '""'),
        ("logs.directory", '"a\\u0000b"'),
    ],
)
def test_a_value_out_of_its_range_is_refused(folder: Folder, path: str, value: str) -> None:
    folder.toml(line(path, value))
    assert folder.problem().startswith(f"{path} in copytui.toml is ")


@pytest.mark.parametrize(
    "url",
    [
        "apiconnect.angelone.in",
        "https://",
        "https://a.example/path",
        "https://a.example?x",
        "https://a.example#x",
        "https://user:word@a.example",
        "https://a.example:0",
        "https://a.example:99999",
        "https://a.example:",
        "https://a b.example",
        "https://a.example\\n.b",
        "https://[::1",
        "ftp://127.0.0.1",
        "http://a.example",
        "http://127.evil.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://10.0.0.1",
        "http://127.0.0.1@a.example",
        "",
    ],
)
def test_credentials_go_to_a_plain_origin_and_never_unencrypted_over_a_network(folder: Folder, url: str) -> None:
    folder.toml(line("broker.root_url", f'"{url}"'))
    assert folder.problem().startswith("broker.root_url in copytui.toml is ")
    folder.toml(
        line("broker.order_feed_url", '"' + url.replace("http", "ws").replace("/path", "#x").split("?")[0] + '"')
    )
    if url != "https://a.example?x":  # a feed's address may have a query
        assert folder.problem().startswith("broker.order_feed_url in copytui.toml is ")


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "https://a.example:8443", "http://127.9.9.9:1", "http://localhost:80", "http://[::1]:5000"],
)
def test_an_origin_is_used_unchanged(folder: Folder, url: str) -> None:
    folder.toml(line("broker.root_url", f'"{url}"'))
    assert folder.load().broker.root_url == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dryrun = true", "dryrun in copytui.toml is not known: did you mean dry_run?"),
        ("[sizing]\nmultiplyer = 2", "sizing.multiplyer in copytui.toml is not known: did you mean sizing.multiplier?"),
        ("[followers.1]\nmax_qty = 2", "did you mean followers.1.max_quantity?"),
        ("[master]\npoll_interval = 2", "did you mean master.poll_interval_seconds?"),
        ("multiplier = 2", "multiplier in copytui.toml is not known: did you mean sizing.multiplier?"),
        ("[logs]\ndry_run = false", "did you mean dry_run at the top of the file, before any [section]?"),
        ("[siizing]\nmultiplier = 2", "siizing in copytui.toml is not known: did you mean [sizing]?"),
        ("[follower.1]\nmultiplier = 2", "follower in copytui.toml is not known: did you mean [followers.N]?"),
        ("[zzz]", "zzz in copytui.toml is not known: allowed there are dry_run, "),
        ("[logs]\nzzz = 1", "logs.zzz in copytui.toml is not known: allowed in [logs] are directory"),
        ('"sizing.multiplier" = 2', "did you mean sizing.multiplier without quotes?"),
        (
            "[followers.1]\nkkkkkkkkkkkkkk = 1",
            "allowed in [followers.1] are enabled, source_address, registered_ip, mode",
        ),
        ("API_KEY = 'x'", "API_KEY in copytui.toml does not belong there: credentials stand in .env"),
        ("sizing = 3", "sizing in copytui.toml is 3: it must be a section, [sizing]"),
        ("[[sizing]]\nmultiplier = 2", "sizing in copytui.toml is a list: it must be a section, [sizing]"),
        ("followers = 3", "followers in copytui.toml is 3: it must be a table for each follower, like [followers.1]"),
        ("[followers]\nmultiplier = 2", "[followers.multiplier] in copytui.toml names no follower"),
        ("[followers.01]", "[followers.01] in copytui.toml names no follower"),
        ("followers.1 = 2", "followers.1 in copytui.toml is 2: it must be a section, [followers.1]"),
        ("[followers.7]", "[followers.7] in copytui.toml has no FOLLOWER_7_* in .env: there are 1, 2"),
        ('"" = 1', '"" in copytui.toml is not known'),
        ('"a\\u001b[31m" = 1', '"a\\u001b[31m" in copytui.toml is not known'),
        ("a = \n", "copytui.toml is not valid TOML: Invalid value (at line 1, column 5)"),
        ("a = 1" + "0" * 5000, "copytui.toml is not valid TOML: a number or a nesting in it is too large"),
        ("a = " + "[" * 100_000, "copytui.toml is not valid TOML: a number or a nesting in it is too large"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(folder: Folder, text: str, said: str) -> None:
    folder.toml(text)
    problem = folder.problem()
    assert said in problem
    assert "\n" not in problem
    assert "\x1b" not in problem


def test_a_long_text_is_cut_and_control_characters_are_escaped(folder: Folder) -> None:
    folder.toml(line("sizing.mode", '"' + "x" * 500 + '"'))
    assert len(folder.problem()) < 200
    folder.toml(line("sizing.mode", '"\\u001b]0;\\u0007"'))
    assert '"\\u001b]0;\\u0007"' in folder.problem()


def test_a_file_that_is_not_utf_8_is_one_problem_with_its_line(folder: Folder) -> None:
    (folder.path / "copytui.toml").write_bytes(b"# one\n# \xff\n")
    assert folder.problem() == "copytui.toml is not UTF-8 text (line 2): save it as UTF-8"


def test_a_file_that_cannot_be_read_is_one_problem(folder: Folder) -> None:
    (folder.path / "copytui.toml").mkdir()
    assert folder.problem().startswith("copytui.toml cannot be read (")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(folder: Folder) -> None:
    (folder.path / "copytui.toml").write_bytes(b"\xef\xbb\xbfdry_run = false\r\n[sizing]\r\nmultiplier = 2\r\n")
    assert folder.load().sizing.multiplier == 2


def test_fixed_mode_needs_a_quantity_where_it_applies(folder: Folder) -> None:
    wanted = 'is 0: with mode = "fixed" it must be above 0'
    folder.toml('[sizing]\nmode = "fixed"')
    assert folder.problem() == f"sizing.fixed_quantity in copytui.toml {wanted}"
    folder.toml('[followers.2]\nmode = "fixed"')
    assert folder.problem() == f"followers.2.fixed_quantity in copytui.toml {wanted}"
    folder.toml('[sizing]\nmode = "fixed"\nfixed_quantity = 5\n[followers.2]\nfixed_quantity = 0')
    assert folder.problem() == f"followers.2.fixed_quantity in copytui.toml {wanted}"
    folder.toml('[sizing]\nfixed_quantity = 5\n[followers.2]\nmode = "fixed"')
    assert folder.load().followers[1].sizing.fixed_quantity == 5


def test_a_wrong_quantity_is_not_reported_twice(folder: Folder) -> None:
    folder.toml('[sizing]\nmode = "fixed"\nfixed_quantity = "5"')
    assert folder.problem().startswith('sizing.fixed_quantity in copytui.toml is "5"')


def test_a_quantity_that_has_no_effect_is_a_warning(folder: Folder) -> None:
    folder.toml("[followers.2]\nfixed_quantity = 5")
    assert folder.load().warnings == (
        'followers.2.fixed_quantity in copytui.toml has no effect while the mode is "multiplier"',
    )
    folder.toml('[sizing]\nmode = "fixed"\nfixed_quantity = 5\n[followers.1]\nmultiplier = 2')
    assert folder.load().warnings == ('followers.1.multiplier in copytui.toml has no effect while the mode is "fixed"',)


def test_followers_that_are_all_disabled_are_a_warning(folder: Folder) -> None:
    folder.toml("[followers.1]\nenabled = false\n[followers.2]\nenabled = false")
    (warning,) = folder.load().warnings
    assert "every follower is switched off" in warning


@pytest.mark.parametrize(
    ("toml", "url"),
    [
        ("", INSTRUMENTS_URL),
        ('[broker]\nroot_url = "https://apiconnect.angelbroking.com/"', INSTRUMENTS_URL),
        ('[broker]\nroot_url = "http://127.0.0.1:1"', ""),
        ('[broker]\nroot_url = "https://angelone.in.example"', ""),
        ('[broker]\nroot_url = "https://notangelone.in"', ""),
        ('[broker]\ninstruments_url = ""', ""),
        ('[broker]\nroot_url = "http://[::1]:1"\ninstruments_url = "http://[::1]:2/x"', "http://[::1]:2/x"),
    ],
)
def test_the_list_of_instruments_comes_from_angel_one_only_with_its_own_server(
    folder: Folder, toml: str, url: str
) -> None:
    folder.toml(toml)
    assert folder.load().broker.instruments_url == url


@pytest.mark.parametrize("end", ["09:20", "09:19", "00:00"])
def test_hours_that_end_before_they_begin_are_refused(folder: Folder, end: str) -> None:
    folder.toml(f'[trading]\nstart = "09:20"\nend = "{end}"')
    assert folder.problem() == (f'trading.end in copytui.toml is "{end}": it must be after trading.start, "09:20"')
    folder.local('[trading]\nstart = ""')
    assert folder.load().trading.start is None


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("freeze_quantities = 3", "freeze_quantities in copytui.toml is 3: it must be a section, [freeze_quantities]"),
        ('[freeze_quantities]\n"A B" = 3', 'freeze_quantities.A B" in copytui.toml names no underlying'),
        ("[freeze_quantities]\nnifty = 3\nNIFTY = 4", "freeze_quantities.NIFTY in copytui.toml stands there twice"),
        ("[freeze_quantity]\nNIFTY = 3", "did you mean [freeze_quantities]?"),
    ],
)
def test_a_mistake_in_the_freeze_quantities_is_one_sentence(folder: Folder, toml: str, said: str) -> None:
    folder.toml(toml)
    assert said in folder.problem()


def test_freeze_quantities_of_the_local_file_override_the_first_by_underlying(folder: Folder) -> None:
    folder.toml("[freeze_quantities]\nNIFTY = 1\nSENSEX = 2")
    folder.local("[freeze_quantities]\nnifty = 3")
    assert folder.load().freeze_quantities == {**QUANTITIES, "NIFTY": 3, "SENSEX": 2}


def test_a_registered_address_that_is_compared_with_nothing_is_a_warning(folder: Folder) -> None:
    folder.toml('[followers.2]\nregistered_ip = "203.0.113.8"')
    assert folder.load().warnings == (
        "followers.2.registered_ip in copytui.toml is compared with nothing: broker.address_echo_url is not set",
    )
    folder.local('[broker]\naddress_echo_url = "https://api.ipify.org"')
    assert folder.load().warnings == ()


def test_two_followers_registered_for_one_address_are_a_warning(folder: Folder) -> None:
    folder.toml("""
[followers.1]
registered_ip = "203.0.113.8"
[followers.2]
registered_ip = "203.0.113.8"
[broker]
address_echo_url = "https://api.ipify.org"
""")
    (warning,) = folder.load().warnings
    assert warning.startswith("followers.1.registered_ip and followers.2.registered_ip are the same: ")


def test_every_problem_of_all_files_is_reported_at_once(folder: Folder) -> None:
    folder.env({"API_KEY": "k", "FOLLOWER_3_TOTP_SECRET": "1"}, "FOLLOWER_3_PIN=1\n")
    folder.toml("dryrun = 1\n[sizing]\nmultiplier = 0\nmax_quantity = -1\n[followers.9]")
    folder.local("[filters]\nblock_symbols = 3\n[risk]\nx = 1")
    text = "\n".join(folder.problems())
    for part in (
        *("CLIENT_ID in .env is missing", "PASSWORD in .env is missing", "TOTP_SECRET in .env is missing"),
        *("FOLLOWER_3_API_KEY in .env is missing", "FOLLOWER_3_CLIENT_ID in .env is missing"),
        *("FOLLOWER_3_TOTP_SECRET in .env has the wrong form", "did you mean FOLLOWER_3_PASSWORD?"),
        *("dryrun in copytui.toml", "sizing.multiplier in copytui.toml", "sizing.max_quantity in copytui.toml"),
        *("[followers.9] in copytui.toml", "filters.block_symbols in copytui.local.toml"),
        "risk.x in copytui.local.toml",
    ):
        assert part in text


def test_the_refusal_asks_for_exit_code_2(folder: Folder) -> None:
    folder.toml("a = 1")
    with pytest.raises(SettingsRefused) as refused:
        folder.load()
    assert refused.value.exit_code == 2


def test_paths_are_relative_to_the_folder_of_the_config_file(folder: Folder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / ".env").rename(other / ".env")
    (other / "mine.toml").write_text("[sizing]\nmultiplier = 3\n")
    (other / "copytui.local.toml").write_text("[sizing]\nmax_quantity = 9\n")
    settings = folder.load(config=Path("other/mine.toml"))
    assert (settings.sizing.multiplier, settings.sizing.max_quantity) == (Decimal(3), 9)
    assert settings.folder == other
    assert settings.logs_directory == other / "logs"


def test_an_absolute_logs_folder_stays_where_it_is(folder: Folder, tmp_path: Path) -> None:
    folder.toml(f"[logs]\ndirectory = '{tmp_path / 'elsewhere'}'")
    assert folder.load().logs_directory == tmp_path / "elsewhere"


def test_a_config_file_that_was_named_must_exist(folder: Folder, tmp_path: Path) -> None:
    (problem,) = folder.problems(config=Path("copytui.toml"))
    assert problem.startswith(f"there is no {tmp_path / 'copytui.toml'}")
