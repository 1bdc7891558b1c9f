"""The three writes as SmartAPI wants them (place, cancel, modify), each one POST, and what came of it.

Nothing here raises: whatever breaks after the request may have left proves nothing, and is told as UNKNOWN. These
calls block; they run in the account's own threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from copytui.broker.port import ChangeResult, PlaceResult, RepriceIntent, WriteOutcome
from copytui.broker.smartapi.client import SmartApiClient
from copytui.broker.smartapi.response_codes import judge_change, judge_placement
from copytui.broker.smartapi.transport import HttpAnswer, NoAnswer, NotSent
from copytui.domain.orders import Duration, OrderId, OrderToSend, OrderType, Variety


def place(client: SmartApiClient, order: OrderToSend) -> PlaceResult:
    """Post one order, once."""
    answer = _posted(client, "api.order.place", order_fields(order))
    if isinstance(answer, ChangeResult):
        return PlaceResult(answer.proof, answer.text)
    placement = judge_placement(answer)
    return replace(placement, text=client.scrub(placement.text))


def cancel(client: SmartApiClient, order_id: OrderId) -> ChangeResult:
    """Ask once to cancel an order."""
    return _changed(client, "api.order.cancel", {"variety": Variety.NORMAL.value, "orderid": str(order_id)})


def reprice(client: SmartApiClient, intent: RepriceIntent) -> ChangeResult:
    """Ask once to change an order's limit price."""
    return _changed(client, "api.order.modify", modify_fields(intent.order_id, intent.order))


def order_fields(order: OrderToSend) -> dict[str, str]:
    """Return the body of an order's `placeOrder`: every value as text, as SmartAPI documents them."""
    return {
        **_common_fields(order),
        "transactiontype": order.side.value,
        "squareoff": "0",
        "stoploss": "0",
        "ordertag": str(order.tag),
    }


def modify_fields(order_id: OrderId, order: OrderToSend) -> dict[str, str]:
    """Return the body of the `modifyOrder` that makes the order `order_id` what `order` says.

    SmartAPI wants the whole order and not the change alone (smartapi.md, 2.5); the quantity is that of the whole
    order, with what is filled already. Side and tag cannot be changed and are not asked for.
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


def _changed(client: SmartApiClient, route: str, fields: Mapping[str, str]) -> ChangeResult:
    answer = _posted(client, route, fields)
    if isinstance(answer, ChangeResult):
        return answer
    judged = judge_change(answer)
    return replace(judged, text=client.scrub(judged.text))


def _posted(client: SmartApiClient, route: str, fields: Mapping[str, str]) -> HttpAnswer | ChangeResult:
    """Make the one POST: the broker's answer, or what its absence proves."""
    try:
        return client.call(route, "POST", fields)
    except NotSent as error:
        return ChangeResult(WriteOutcome.NOT_SENT, client.scrub(str(error)))
    except NoAnswer as error:
        return ChangeResult(WriteOutcome.UNKNOWN, client.scrub(str(error)))
    except Exception as error:  # noqa: BLE001  # it may have been carried out: whatever went wrong, it must be looked up
        return ChangeResult(WriteOutcome.UNKNOWN, f"the request broke off ({type(error).__name__})")
