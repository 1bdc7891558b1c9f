"""The three writes (place, cancel, modify): one POST each, and what its outcome proves.

Nothing here raises: a failure after the request may have been sent proves nothing and is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from copytui.broker.port import ChangeResult, PlaceResult, RepriceIntent, WriteOutcome
from copytui.broker.smartapi.client import SmartApiClient
from copytui.broker.smartapi.response_codes import parse_change_result, parse_place_result
from copytui.broker.smartapi.transport import HttpAnswer, NoAnswer, NotSent
from copytui.domain.orders import Duration, OrderId, OrderToSend, OrderType, Variety


async def place(client: SmartApiClient, order: OrderToSend) -> PlaceResult:
    """Send one order, once."""
    answer = await _post(client, "api.order.place", order_fields(order))
    if isinstance(answer, ChangeResult):
        return PlaceResult(answer.outcome, answer.text)
    result = parse_place_result(answer)
    return replace(result, text=client.redact(result.text))


async def cancel(client: SmartApiClient, order_id: OrderId) -> ChangeResult:
    """Send one cancel."""
    return await _send_change(client, "api.order.cancel", {"variety": Variety.NORMAL.value, "orderid": str(order_id)})


async def reprice(client: SmartApiClient, intent: RepriceIntent) -> ChangeResult:
    """Send one modify with a new limit price."""
    return await _send_change(client, "api.order.modify", modify_fields(intent.order_id, intent.order))


def order_fields(order: OrderToSend) -> dict[str, str]:
    """Return the body of `placeOrder`: every value as text, as documented (docs/smartapi.md, 2.5)."""
    return {
        **_common_fields(order),
        "transactiontype": order.side.value,
        "squareoff": "0",
        "stoploss": "0",
        "ordertag": str(order.tag),
    }


def modify_fields(order_id: OrderId, order: OrderToSend) -> dict[str, str]:
    """Return the body of the `modifyOrder` that turns the order `order_id` into `order`.

    SmartAPI wants the whole order, not just the change (docs/smartapi.md, 2.5). The quantity includes what has
    already filled. Side and tag cannot be changed and are not sent.
    """
    return {**_common_fields(order), "orderid": str(order_id)}


def _common_fields(order: OrderToSend) -> dict[str, str]:
    price = Decimal(0) if order.order_type is OrderType.MARKET else order.price
    return {
        "variety": Variety.NORMAL.value,
        "tradingsymbol": order.symbol,
        "symboltoken": order.token,
        "exchange": order.exchange.value,
        "ordertype": order.order_type.value,
        "producttype": order.product.value,
        "duration": Duration.DAY.value,
        "price": format(price, "f"),
        "quantity": str(order.quantity),
    }


async def _send_change(client: SmartApiClient, route: str, fields: Mapping[str, str]) -> ChangeResult:
    answer = await _post(client, route, fields)
    if isinstance(answer, ChangeResult):
        return answer
    result = parse_change_result(answer)
    return replace(result, text=client.redact(result.text))


async def _post(client: SmartApiClient, route: str, fields: Mapping[str, str]) -> HttpAnswer | ChangeResult:
    """Make the one POST; return the broker's answer, or what its absence proves."""
    try:
        return await client.call(route, "POST", fields)
    except NotSent as error:
        return ChangeResult(WriteOutcome.NOT_SENT, client.redact(str(error)))
    except NoAnswer as error:
        return ChangeResult(WriteOutcome.UNKNOWN, client.redact(str(error)))
    except Exception as error:  # noqa: BLE001  # it may have been carried out, so it must be looked up
        return ChangeResult(WriteOutcome.UNKNOWN, f"the request broke off ({type(error).__name__})")
