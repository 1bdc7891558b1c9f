"""The settings as the program uses them: frozen, typed, complete. `copytui.settings.loader` builds them.

Names and defaults are those of `copytui.toml`; the dataclasses of the copying rules are in `copytui.domain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from copytui.domain.executions import CopyOn
from copytui.domain.filters import Filters, TradingHours
from copytui.domain.orders import QUANTITIES, ClientId
from copytui.domain.pre_existing import PreExisting
from copytui.domain.pricing import OrderRules
from copytui.domain.sessions import NO_SESSIONS, SessionTable
from copytui.domain.sizing import Sizing, SizingMode

INSTRUMENTS_URL = "https://margincalculator.angelbroking.com/OpenAPI_File/files/OpenAPIScripMaster.json"
"""Angel One's daily list of instruments: the default of `instruments_url` with Angel One's own server."""


class Secret:
    """A string that never prints itself; `reveal()` is the only way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap `text`."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the broker's own requests only."""
        return self._text

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secret(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        """Whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare by text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash by text."""
        return hash(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be pickled: a pickle could leak the secret."""
        raise TypeError("a Secret is not pickled")


class OpenAtStart(StrEnum):
    """The treatment of orders that are open at start and execute later."""

    COPY = "copy"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One account's login; `pin` is `.env`'s PASSWORD. `proxy` holds a password too, so it is a Secret."""

    client_id: ClientId
    api_key: Secret
    pin: Secret
    totp_secret: Secret
    proxy: Secret | None = None


@dataclass(frozen=True, slots=True)
class FollowerSettings:
    """One follower: its account, its sizing, and the local address of its connections ('' for any).

    `registered_ip` is the address that the broker accepts this account's orders from, '' where the user did not set it.
    With `shares_multiplier` its multiplier is the one for all, which can be changed live.
    """

    number: int
    name: str
    credentials: Credentials
    enabled: bool = True
    sizing: Sizing = field(default_factory=Sizing)
    source_address: str = ""
    registered_ip: str = ""
    shares_multiplier: bool = False

    @property
    def client_id(self) -> ClientId:
        """The follower's client code."""
        return self.credentials.client_id

    @property
    def takes_multiplier(self) -> bool:
        """Whether a change of the multiplier for all changes its quantities."""
        return self.shares_multiplier and self.sizing.mode is SizingMode.MULTIPLIER

    def sizing_at(self, multiplier: Decimal | None) -> Sizing:
        """Return the sizing with the current multiplier for all; None is the one of the settings."""
        return self.sizing.with_multiplier(multiplier) if self.shares_multiplier else self.sizing


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """`[master]` and the master's credentials."""

    credentials: Credentials
    copy_on: CopyOn = CopyOn.COMPLETE
    poll_interval_seconds: float = 3.0
    order_feed: bool = True
    max_order_age_seconds: float = 60
    open_orders_at_start: OpenAtStart = OpenAtStart.COPY

    @property
    def client_id(self) -> ClientId:
        """The master's client code."""
        return self.credentials.client_id


@dataclass(frozen=True, slots=True)
class PositionSettings:
    """`[positions]`: the master's older positions, and how often held positions are read while there are any."""

    pre_existing: PreExisting = PreExisting.ASK
    read_every_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """`[risk]`; 0 means no limit in all but `max_orders_per_minute` and `halt_after_failures`.

    `max_orders_per_symbol_per_minute` is the runaway guard: one follower, one symbol.
    """

    daily_loss_limit: Decimal = Decimal(0)
    max_orders_per_minute: int = 60
    max_orders_per_symbol_per_minute: int = 20
    max_open_positions: int = 0
    check_funds: bool = True
    halt_after_failures: int = 5


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """`[broker]`: the address of SmartAPI and the timeouts; `public_ip` is sent as X-ClientPublicIP when set.

    `instruments_url` is the source of the day's instrument list, '' for none. `address_echo_url` answers with the
    address that a request came from; with '' nothing is asked.
    """

    root_url: str = "https://apiconnect.angelone.in"
    order_feed_url: str = "wss://tns.angelone.in/smart-order-update"
    login_spacing_seconds: float = 5.0
    request_timeout_seconds: float = 7.0
    login_patience_seconds: float = 60.0
    keep_sessions: bool = True
    public_ip: str = ""
    instruments_url: str = ""
    address_echo_url: str = ""


@dataclass(frozen=True, slots=True)
class FreezeFile:
    """The exchange's freeze quantities by underlying, from a file of that name, last changed on `day`."""

    name: str
    day: date
    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. Paths are absolute."""

    folder: Path
    master: MasterSettings
    followers: tuple[FollowerSettings, ...]
    dry_run: bool = True
    require_confirmation: bool = False
    confirmation_timeout_seconds: float = 60
    filters: Filters = field(default_factory=Filters)
    sizing: Sizing = field(default_factory=Sizing)
    orders: OrderRules = field(default_factory=OrderRules)
    risk: RiskSettings = field(default_factory=RiskSettings)
    positions: PositionSettings = field(default_factory=PositionSettings)
    trading: TradingHours = field(default_factory=TradingHours)
    freeze_quantities: Mapping[str, int] = field(default_factory=lambda: dict(QUANTITIES))
    freeze_file: FreezeFile | None = None
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    sessions: SessionTable = NO_SESSIONS
    logs_directory: Path = Path("logs")
    warnings: tuple[str, ...] = ()

    @property
    def names(self) -> Mapping[ClientId, str]:
        """Each follower's name by client code."""
        return {follower.client_id: follower.name for follower in self.followers}

    def follower(self, client: ClientId) -> FollowerSettings | None:
        """Return a follower's settings."""
        return next((follower for follower in self.followers if follower.client_id == client), None)
