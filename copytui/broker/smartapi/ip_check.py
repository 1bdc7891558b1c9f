"""An account's egress IP, found by asking a web service that echoes the caller's address.

Angel One accepts orders only from the registered address (docs/smartapi.md, 6.2), so the request uses the same proxy
or source address as the orders. It reveals nothing about the account.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Final
from urllib.parse import urlsplit

from copytui.broker.smartapi.dialing import Egress
from copytui.broker.smartapi.transport import HttpAnswer, NoAnswer, NotSent, Transport
from copytui.domain.errors import BrokerTrouble, BrokerUnreachable

_TIMEOUT_SECONDS: Final = 3.0
_MAX_BYTES: Final = 4096
_HEADERS: Final = {"User-Agent": "copytui", "Accept": "application/json, text/plain"}


async def fetch_egress_ip(echo_url: str, egress: Egress) -> str:
    """Return the caller's IP address, as the service at `echo_url` (http or https) sees it.

    Takes a few seconds at most. Raises BrokerUnreachable, or BrokerTrouble for an answer without an address.
    """
    try:
        url = urlsplit(echo_url)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and not url.username and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BrokerTrouble("the URL for the egress IP check is not a plain http or https URL")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    transport = Transport(f"{url.scheme}://{url.netloc}", egress, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        answer = await transport.request("GET", path, headers=_HEADERS)
    except (NotSent, NoAnswer) as error:
        sentence = str(error)
    else:
        return _parse_ip(answer, transport.host)
    finally:
        transport.close()
    raise BrokerUnreachable(f"the egress IP is unknown: {sentence}")


def _parse_ip(answer: HttpAnswer, host: str) -> str:
    """Return the address, sent as plain text or under the key `ip` of a JSON object."""
    if answer.status != 200:
        raise BrokerTrouble(f"the egress IP is unknown: {host} answered HTTP {answer.status}")
    text = answer.body[:_MAX_BYTES].decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    found = value.get("ip") if isinstance(value, dict) else value
    try:
        return str(ipaddress.ip_address(found.strip() if isinstance(found, str) else ""))
    except ValueError:
        pass
    raise BrokerTrouble(f"the egress IP is unknown: the answer of {host} contains no IP address")
