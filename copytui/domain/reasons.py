"""The reason codes of decisions: a closed set that logs and filters can rely on."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why something was decided; the sentence that goes with it puts it in plain words."""

    BASELINE = "baseline"
    OWN_ORDER = "own_order"
    OPEN_AT_START = "open_at_start"
    NOTHING_EXECUTED = "nothing_executed"
    TOO_OLD = "too_old"
    SYMBOL = "symbol"
    ORDER_TYPE = "order_type"
    PAUSED = "paused"
    HALTED = "halted"
    DISABLED = "disabled"
    NO_FOLLOWER = "no_follower"
    NO_TOKEN = "no_token"  # noqa: S105  # a symbol token, not a secret
    NO_PRICE = "no_price"
    BELOW_ONE_LOT = "below_one_lot"
    LOT_UNKNOWN = "lot_unknown"
    NOT_WHOLE_LOTS = "not_whole_lots"
    OVER_MAX_QUANTITY = "over_max_quantity"
    OVER_MAX_VALUE = "over_max_order_value"
    FUNDS_UNKNOWN = "funds_unknown"
    LOSS_LIMIT = "loss_limit"
    NOTHING_TO_CLOSE = "nothing_to_close"
    PIECE_DONE = "piece_done"
    WRONG_ADDRESS = "wrong_address"
    NO_SESSION = "no_session"
    OUTSIDE_HOURS = "outside_hours"
    AUCTION = "auction"
    MARKET_CLOSED = "market_closed"
    TOO_MANY_POSITIONS = "too_many_positions"
    DATE_UNCERTAIN = "date_uncertain"
    SHORT_OF_FUNDS = "short_of_funds"
    MASTER_OUT = "master_out"
    FLATTEN = "flatten"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    DISMISSED = "dismissed"
    PRE_EXISTING = "pre_existing"


SIZED_TO_NOTHING = frozenset({Reason.BELOW_ONE_LOT, Reason.PIECE_DONE})
"""The size came to nothing; a later fill of the same order takes what rounding left."""
