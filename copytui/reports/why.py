"""`copytui why`: all that the journal knows of one order, in plain sentences. Pure: values in, lines out.

The lines are made of foreign words too (the broker's, a name from `.env`), so each is cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from copytui.domain.copies import Copy
from copytui.domain.decisions import Decision, Plan, Verdict
from copytui.domain.events import Event, EventKind
from copytui.domain.executions import Execution, Origin, order_type_word
from copytui.domain.orders import BookOrder, ClientId, OrderType
from copytui.domain.slices import by_copy, joined
from copytui.domain.text import execution_words, fill_words, money
from copytui.domain.times import IST, clock_text
from copytui.journal.archive import OrderPast
from copytui.journal.statements import DecidedExecution
from copytui.reports.copy_story import copy_lines
from copytui.reports.moments import clock_ms, gap, one_line, time_line

Name = Callable[[ClientId], str]

_ORIGINS = {
    Origin.SEEN: "while it watched",
    Origin.BASELINE: "at its first look of that day, when the order had ended already: never copied",
    Origin.OPEN_AT_START: "at its first look of that day, when the order was open",
    Origin.BY_HAND: "and closed positions because the user said so: it is no order of the master's",
    Origin.OWN: "and knew it as one of copytui's own: never copied",
}
_VERDICTS = {Verdict.SKIP: "skipped: ", Verdict.MISSED: "missed: "}
"""What stands before a decision's sentence that does not say it itself."""


def story(past: OrderPast, name: Name, only: frozenset[ClientId] | None = None) -> list[str]:
    """Tell the story of one order, for the followers `only` (None: for all)."""
    lines = _order(past)
    for decided in past.executions:
        lines += ["", *_execution(decided, past.events, only)]
        for client in _followers(decided, past.copies, only):
            lines += ["", *_follower(client, decided, past, name)]
    if not past.executions:
        lines += ["", "Nothing of it was ever decided, so nothing was sent to anybody."]
    return [one_line(line) for line in lines]


def _order(past: OrderPast) -> list[str]:
    known = past.known
    order = known.order if known else past.executions[-1].execution.order
    day = past.executions[0].day if past.executions else known.first_seen.astimezone(IST).date() if known else None
    number = order.order_id or order.key
    lines = [f"{order.side} {order.quantity} {order.symbol}: the master's order {number}{f' of {day}' if day else ''}"]
    unique = f", unique id {order.key}" if str(order.key) != order.order_id else ""
    lines.append(f"  The master is {past.name.master}{unique}.")
    lines.append(f"  It is {_kind(order)}, {order.product.lower()}, on {order.exchange}, in lots of {_lot(order)}.")
    lines.append(f"  {_filled(order)}")
    if order.text:
        lines.append(f"  The broker says: {order.text}")
    if known is not None:
        seen = f"copytui first saw it at {clock_ms(known.first_seen)}, {_ORIGINS[known.origin]}."
        lines.append(f"  {seen}")
    if order.tag:
        lines.append(f"  It carries the tag {order.tag}.")
    loose = [event for event in past.events if event.execution_id is None and event.copy_id is None]
    return lines + [f"  {time_line(event)}" for event in loose]


def _kind(order: BookOrder) -> str:
    word = order_type_word(order.order_type)
    price = "" if order.order_type in (OrderType.MARKET, OrderType.STOPLOSS_MARKET) else f" at {money(order.price)}"
    trigger = f", trigger {money(order.trigger_price)}" if order.trigger_price > 0 else ""
    return f"a {word} order{price}{trigger}"


def _lot(order: BookOrder) -> str:
    return str(order.lot_size) if order.lot_size else "a size that the broker did not tell"


def _filled(order: BookOrder) -> str:
    at = f" at {money(order.average_price)}" if order.average_price > 0 else ""
    when = f", at {clock_text(order.updated_at)} by the exchange" if order.updated_at else ""
    status = order.status or str(order.stage)
    return f"{order.filled} of {order.quantity} units were filled{at}; the broker calls it {status!r}{when}."


def _execution(decided: DecidedExecution, events: Iterable[Event], only: frozenset[ClientId] | None) -> list[str]:
    execution = decided.execution
    said = [event for event in events if event.execution_id == decided.id and event.copy_id is None]
    lines = [f"Execution #{decided.id}: {execution_words(execution)}", f"  {_times(execution, said)}"]
    if execution.closes is not None:
        closes = execution.closes
        opens = f"; {execution.opening} opened a new one" if execution.opening > 0 else ""
        lines.append(f"  It closed {closes.closing} of the {closes.held} units that the master held{opens}.")
    lines.append(f"  {_decision(decided)}")
    others = {plan.name for plan in decided.decision.plans if only is not None and plan.follower not in only}
    return lines + [
        f"  {time_line(event)}" for event in said if event.who not in others and not _is_said(event, decided.decision)
    ]


def _is_said(event: Event, decision: Decision) -> bool:
    """Whether an event only says what stands in the lines around it: the decision, or why a follower gets nothing."""
    sentences = [decision.sentence, *(plan.sentence for plan in decision.plans)]
    return event.kind is EventKind.DECISION and any(text and event.text.endswith(text) for text in sentences)


def _times(execution: Execution, said: Sequence[Event]) -> str:
    seen, decided = execution.seen_at, _decided_at(said)
    if execution.executed_at is None:
        words = f"The exchange gave no time for it; it was seen at {clock_ms(seen)}"
    else:
        words = f"It executed at {clock_ms(execution.executed_at)} and was seen at {clock_ms(seen)}"
        words += gap(execution.executed_at, seen)
    return words + (f", and decided on at {clock_ms(decided)}." if decided else ".")


def _decided_at(said: Sequence[Event]) -> datetime | None:
    return next((event.at for event in said if event.kind is EventKind.DECISION), None)


def _decision(decided: DecidedExecution) -> str:
    decision = decided.decision
    reason = f" [{decision.reason}]" if decision.reason else ""
    waits = "" if decided.settled else " It waits for you."
    return f"The decision: {_VERDICTS.get(decision.verdict, '')}{decision.sentence}{reason}.{waits}"


def _followers(decided: DecidedExecution, copies: Iterable[Copy], only: frozenset[ClientId] | None) -> list[ClientId]:
    """Return everybody who has a part in an execution, in the order of the plan."""
    planned = [plan.follower for plan in decided.decision.plans]
    with_copies = [copy.follower for copy in copies if copy.execution_id == decided.id]
    everybody = dict.fromkeys([*planned, *with_copies])
    return [client for client in everybody if only is None or client in only]


def _follower(client: ClientId, decided: DecidedExecution, past: OrderPast, name: Name) -> list[str]:
    copies = [copy for copy in past.copies if copy.execution_id == decided.id and copy.follower == client]
    plans = [plan for plan in decided.decision.plans if plan.follower == client]
    lines = [f"{name(client)} ({client}){_in_short(copies)}"]
    lines += [f"  {_plan(plan)}" for plan in plans if not plan.quantity or not copies]
    for slices in by_copy(copies).values():
        for number, copy in enumerate(slices, start=1):
            part = f" (slice {number} of {len(slices)})" if len(slices) > 1 else ""
            events = [event for event in past.events if event.copy_id == copy.id]
            lines += [f"  {line}" for line in copy_lines(copy, decided.execution, events, part)]
    return lines


def _in_short(copies: Sequence[Copy]) -> str:
    """Say how it stands with the newest copy: an older one was sent again by hand."""
    if not copies:
        return ": nothing"
    newest = joined(list(by_copy(copies).values())[-1])
    return f": {newest.state}, {fill_words(newest)}" if newest.filled else f": {newest.state}"


def _plan(plan: Plan) -> str:
    if plan.quantity:
        return f"{plan.quantity} units were planned, and no copy of it was made."
    reason = f" [{plan.reason}]" if plan.reason else ""
    return f"Nothing was planned: {plan.sentence}{reason}."
