"""Which address do an account's requests leave from? A web service that echoes the caller's address tells.

Angel One takes orders only from an account's registered address (smartapi.md, 6.2), so this is asked over the very
route that the orders take. The service is told nothing of the account.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Final
from urllib.parse import urlsplit

from copytui.broker.smartapi.transport import HttpAnswer, NoAnswer, NotSent, Route, Transport
from copytui.domain.errors import BrokerTrouble, BrokerUnreachable

_TIMEOUT_SECONDS: Final = 3.0
_LONGEST: Final = 4096
_HEADERS: Final = {"User-Agent": "copytui", "Accept": "application/json, text/plain"}


def ask_address(echo_url: str, route: Route) -> str:
    """Return the caller's IP address as the service at `echo_url` (http or https) sees it.

    Blocks for some seconds at most. Raises BrokerUnreachable, or BrokerTrouble for an answer without an address.
    """
    try:
        url = urlsplit(echo_url)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and not url.username and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BrokerTrouble("the URL that is to tell the leaving address is no plain http or https URL")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    transport = Transport(f"{url.scheme}://{url.netloc}", route, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        answer = transport.request("GET", path, headers=_HEADERS)
    except (NotSent, NoAnswer) as error:
        sentence = str(error)
    else:
        return _address_in(answer, transport.host)
    finally:
        transport.close()
    raise BrokerUnreachable(f"the leaving address is not known: {sentence}")


def _address_in(answer: HttpAnswer, host: str) -> str:
    """Return the address in plain text or under the key `ip` of a JSON object."""
    if answer.status != 200:
        raise BrokerTrouble(f"the leaving address is not known: {host} answered HTTP {answer.status}")
    text = answer.body[:_LONGEST].decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    found = value.get("ip") if isinstance(value, dict) else value
    try:
        return str(ipaddress.ip_address(found.strip() if isinstance(found, str) else ""))
    except ValueError:
        pass
    raise BrokerTrouble(f"the leaving address is not known: the answer of {host} holds no IP address")
