"""`SmartConnect` with its routes, headers and method signatures, on a transport of our own (docs/smartapi.md, 1.8).

It writes no log, creates no folder, looks up no address and retries nothing. HTTP status and body are kept. A failure
is a typed `BrokerError` whose text holds no secret. The inherited methods return what `_request` returns: something
to await.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from copytui.broker.smartapi.kept_sessions import Tokens
from copytui.broker.smartapi.redaction import Redactor
from copytui.broker.smartapi.response_codes import envelope, read_error, succeeded
from copytui.broker.smartapi.sdk import SmartConnect
from copytui.broker.smartapi.transport import HttpAnswer, NoAnswer, NotSent, Transport
from copytui.domain.errors import BrokerTrouble, BrokerUnreachable
from copytui.settings.model import BrokerSettings, Credentials

_LOGOUT_SECONDS: Final = 2.0
_WRITE_ROUTES: Final = frozenset({"api.order.place", "api.order.modify", "api.order.cancel"})
_USABLE_TOKEN: Final = re.compile(r"\s*(Bearer )?[!-~]+\s*")
_LOGIN_ROUTE: Final = "api.login"


class RequestNotSent(BrokerUnreachable):
    """No byte of the request was sent, so the broker has not seen it."""


class SmartApiClient(SmartConnect):  # type: ignore[misc]  # the SDK has no types
    """One account's SmartAPI. The session's tokens live here and nowhere else."""

    def __init__(
        self, credentials: Credentials, broker: BrokerSettings, reads: Transport, writes: Transport, local_ip: str
    ) -> None:
        """Set what the inherited methods need. The SDK's own constructor is not called (docs/smartapi.md, 1.3).

        Orders go out on `writes`, whose connection no read ever takes.
        """
        self._credentials = credentials
        self._reads = reads
        self._writes = writes
        self.root = broker.root_url
        self.timeout = broker.request_timeout_seconds
        self.debug = False
        self.disable_ssl = False
        self.session_expiry_hook = None
        self.api_key = self.privateKey = credentials.api_key.reveal()
        self.access_token: str | None = None
        self.refresh_token: str | None = None
        self.feed_token: str | None = None
        self.userId = str(credentials.client_id)
        self.clientLocalIp = local_ip
        self.clientPublicIp = broker.public_ip or local_ip
        self.clientMacAddress = hardware_address()
        self.redact = Redactor()
        self._paths = {route: "/" + path.lstrip("/") for route, path in self._routes.items()}
        self._plain_headers: dict[str, str] = {**self.requestHeaders(), "Accept-Encoding": "gzip"}
        self._headers = self._plain_headers
        self.forget_session()

    def __repr__(self) -> str:
        """Show the account only."""
        return f"SmartApiClient({self.userId})"

    async def call(
        self, route: str, method: str, parameters: Mapping[str, Any] | None = None, *, seconds: float | None = None
    ) -> HttpAnswer:
        """Make one request and return the raw answer; raises NotSent or NoAnswer."""
        return await (self._writes if route in _WRITE_ROUTES else self._reads).request(
            method,
            self._paths[route],
            body=_body(method, parameters),
            headers=self._plain_headers if route == _LOGIN_ROUTE else self._headers,
            seconds=seconds,
        )

    async def read(self, route: str, method: str = "GET", parameters: Mapping[str, Any] | None = None) -> HttpAnswer:
        """Make one request that is safe to repeat; raises BrokerUnreachable if there is no answer."""
        try:
            return await self.call(route, method, parameters)
        except NotSent as error:
            unreachable: BrokerUnreachable = RequestNotSent(str(error))
        except NoAnswer as error:
            unreachable = BrokerUnreachable(str(error))
        raise unreachable

    async def open_session(self, pin: str, totp: str) -> HttpAnswer:
        """Log in with one request and store the tokens; raises any BrokerError."""
        redact = self.redact.plus(pin, totp)
        answer = await self.read(
            _LOGIN_ROUTE, "POST", {"clientcode": str(self._credentials.client_id), "password": pin, "totp": totp}
        )
        body = envelope(answer)
        if body is None or not succeeded(body):
            raise read_error(answer, redact=redact, log_in=True)
        data = body.get("data")
        jwt = data.get("jwtToken") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(jwt, str) or not _USABLE_TOKEN.fullmatch(jwt):
            raise BrokerTrouble("the broker accepted the login but sent no usable token")
        self.refresh_token, self.feed_token = _token(data.get("refreshToken")), _token(data.get("feedToken"))
        self.setAccessToken(jwt)
        return answer

    def tokens(self) -> Tokens | None:
        """Return the session's tokens; None without a session."""
        if self.access_token is None:
            return None
        return Tokens(self.access_token, self.refresh_token or "", self.feed_token or "")

    def use_tokens(self, tokens: Tokens) -> None:
        """Use the tokens of an earlier login."""
        self.refresh_token, self.feed_token = tokens.refresh or None, tokens.feed or None
        self.setAccessToken(tokens.jwt)

    async def close_session(self) -> None:
        """End the session at the broker, with a short time-out, and drop the tokens; failures are ignored."""
        try:
            if self.access_token:
                parameters = {"clientcode": str(self._credentials.client_id)}
                await self.call("api.logout", "POST", parameters, seconds=min(_LOGOUT_SECONDS, self.timeout))
        except (NotSent, NoAnswer):
            pass  # the session ends at midnight anyway
        finally:
            self.forget_session()

    def forget_session(self) -> None:
        """Drop the tokens."""
        self.refresh_token = self.feed_token = None
        self.setAccessToken(None)

    def setAccessToken(self, access_token: str | None) -> None:  # noqa: N802  # the SDK's name
        """Use this token for all further requests."""
        token = (access_token or "").strip().removeprefix("Bearer ").strip()
        self.access_token = token or None
        self.redact = self._redactor()
        self._headers = {**self._plain_headers, "Authorization": f"Bearer {token}"} if token else self._plain_headers

    async def getProfile(self, refreshToken: object = None) -> dict[str, object]:  # noqa: N802, N803, ARG002, RUF100  # the SDK's names
        """Return the profile, without the refresh token that the SDK would put into the URL."""
        return await self._request("api.user.profile", "GET")

    async def searchScrip(self, exchange: str, searchscrip: str) -> dict[str, object]:  # noqa: N802  # the SDK's name
        """Search symbols; unlike the SDK's method, it logs nothing and understands the gateway's failures."""
        return await self._request("api.search.scrip", "POST", {"exchange": exchange, "searchscrip": searchscrip})

    async def individual_order_details(self, qParam: str) -> dict[str, object]:  # noqa: N803  # the SDK's name
        """Read one order by its uniqueorderid, over the same transport as every other call."""
        path = self._paths["api.individual.order.details"] + quote(str(qParam), safe="")
        try:
            answer = await self._reads.request("GET", path, headers=self._headers)
        except (NotSent, NoAnswer) as error:
            sentence = str(error)
        else:
            return self._success(answer)
        raise BrokerUnreachable(sentence)

    async def _request(self, route: str, method: str, parameters: Mapping[str, Any] | None = None) -> dict[str, object]:
        """Make an inherited method's request and return its JSON object; raises a BrokerError on failure."""
        return self._success(await self.read(route, method, parameters))

    def _success(self, answer: HttpAnswer) -> dict[str, object]:
        body = envelope(answer)
        if body is None or not succeeded(body):
            raise read_error(answer, redact=self.redact)
        return body

    def _redactor(self) -> Redactor:
        secrets = self._credentials
        words = [secrets.api_key.reveal(), secrets.totp_secret.reveal()]
        pin = secrets.pin.reveal()
        if len(pin) > 6:  # a short PIN looks like any number; it is redacted only in answers to logins
            words.append(pin)
        if secrets.proxy:
            words += [secrets.proxy.reveal(), urlsplit(secrets.proxy.reveal()).password or ""]
        return Redactor([*words, self.access_token or "", self.refresh_token or "", self.feed_token or ""])


def _body(method: str, parameters: Mapping[str, Any] | None) -> bytes | None:
    """Return the JSON in the body of a POST; a GET has neither body nor query string."""
    return json.dumps(dict(parameters or {})).encode() if method in {"POST", "PUT"} else None


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def hardware_address() -> str:
    """Return this computer's MAC address, or a stable one derived from its name if it has none."""
    node = uuid.getnode()
    if node >> 40 & 1:  # the multicast bit: Python found no address and made a random one
        digest = hashlib.sha256(socket.gethostname().encode()).digest()
        node = (int.from_bytes(digest[:6], "big") & 0xFEFFFFFFFFFF) | 0x020000000000
    return ":".join(f"{node >> shift & 0xFF:02x}" for shift in range(40, -8, -8))


def local_address(source_address: str = "") -> str:
    """Return the local address of outgoing connections, without sending anything."""
    if source_address:
        return source_address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 443)
            )  # a documentation address; connecting a datagram socket only looks up the route
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
