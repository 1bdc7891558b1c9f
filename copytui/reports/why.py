"""`copytui why`: everything the journal knows about one order, in plain sentences. Pure: values in, lines out.

The lines also hold foreign text (the broker's words, a name from `.env`), so each is cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from copytui.domain.copies import ChildOrder, CopyState, by_copy, cut_from, joined
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.events import Event, EventCode, EventKind
from copytui.domain.executions import Execution, Origin, order_type_word
from copytui.domain.orders import BookOrder, ClientId, OrderType
from copytui.domain.statistics import slippage
from copytui.domain.text import clock_text, execution_words, fill_words, money, order_words
from copytui.journal.archive import OrderPast
from copytui.reports.lookup import clock_ms, gap, length, one_line, time_line

_S = CopyState
_ENDS = {
    _S.ASKED: "It waits for approval",
    _S.SIMULATED: "It was a dry run: nothing was sent",
    _S.SKIPPED: "It was not sent",
    _S.EXPIRED: "It expired: nobody approved it in time, so it was not sent",
    _S.QUEUED: "It is queued and has not been sent",
    _S.SENDING: "It was being sent, and its outcome is not recorded yet",
    _S.ACCEPTED: "The broker has accepted it; nothing more is known yet",
    _S.OPEN: "It is open at the exchange",
    _S.PARTIAL: "It is partly filled, and the rest is open",
    _S.FILLED: "It is filled",
    _S.REJECTED: "The broker accepted it and then rejected it",
    _S.CANCELLED: "It was cancelled",
    _S.FAILED: "It failed",
    _S.UNKNOWN: "Its outcome is unknown: check the account, since it may exist. It is never sent again by itself",
}
_WITH_FILLS = frozenset({_S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.REJECTED})


def copy_lines(copy: ChildOrder, execution: Execution, events: Sequence[Event], part: str) -> list[str]:
    """Describe one copy (or slice: `part` says which) and its `events`."""
    words = order_words(copy.order)
    lines = [f"Copy {copy.id}{part}: {words}, tag {copy.tag}{_what_for(copy)}"]
    steps = [*_steps(copy), *((event.at, 1, time_line(event, words)) for event in events)]
    lines += [f"  {line}" for _at, _rank, line in sorted(steps, key=lambda step: step[:2])]
    lines += [
        f"  {sentence}" for sentence in (_unresolved(copy, events), _end(copy), _price(copy, execution)) if sentence
    ]
    return lines


def _what_for(copy: ChildOrder) -> str:
    words = ""
    if copy.retry:
        is_cut = cut_from(copy.slice_number) is not None
        again = f"retried by the user for the {_nth(copy.retry)} time"
        words += "; sent in slices, after the broker refused the quantity" if is_cut else f"; {again}"
    if copy.exit is not None:
        words += f"; it closes {copy.exit.closing} of the master's {copy.exit.held}"
    if copy.dry_run:
        words += "; dry run"
    return words


def _steps(copy: ChildOrder) -> list[tuple[datetime, int, str]]:
    """Return the times that the copy itself has; what the events report is left to them."""
    steps = [(copy.created_at, 0, f"{clock_ms(copy.created_at)}  planned")]
    if copy.queued_at is not None:
        steps.append((copy.queued_at, 0, f"{clock_ms(copy.queued_at)}  queued"))
    if copy.sent_at is not None:
        again = f", for the {_nth(copy.attempts)} time" if copy.attempts > 1 else ""
        steps.append((copy.sent_at, 0, f"{clock_ms(copy.sent_at)}  sent to the broker{again}"))
    if copy.answered_at is not None:
        order = f", as order {copy.order_id}" if copy.order_id else ""
        steps.append((copy.answered_at, 0, f"{clock_ms(copy.answered_at)}  the broker answered{order}{_latency(copy)}"))
    return steps


def _latency(copy: ChildOrder) -> str:
    return "" if copy.latency_ms is None else f", {length(copy.latency_ms / 1000)} after the execution was seen"


def _unresolved(copy: ChildOrder, events: Sequence[Event]) -> str:
    """Say how long its outcome was unknown, and what settled it."""
    since = next((event for event in events if event.code is EventCode.UNKNOWN), None)
    if since is None or copy.state is CopyState.UNKNOWN:
        return ""
    later = [event for event in events if event.at >= since.at and event is not since]
    found = next((event for event in later if event.code is EventCode.FOUND), None)
    marked = next((event for event in later if event.code is EventCode.NOT_PLACED), None)
    if found is not None:
        lasted = length((found.at - since.at).total_seconds())
        return f"Its outcome was unknown for {lasted}, until the account's order book showed it."
    if marked is not None:
        lasted = length((marked.at - since.at).total_seconds())
        return f"Its outcome was unknown for {lasted}, until you marked it as not placed."
    return f"Its outcome was unknown at first; then it turned out to be {copy.state}."


def _end(copy: ChildOrder) -> str:
    words = _ENDS[copy.state]
    if copy.state in _WITH_FILLS and (copy.filled or copy.state is CopyState.FILLED):
        words += f": {fill_words(copy)}"
    if copy.error:
        words += f": {copy.error.rstrip('.')}"
    if copy.cancel_reason:
        words += f"; copytui asked the broker to cancel the rest: {copy.cancel_reason}"
    if copy.order_id:
        words += f" (the follower's order {copy.order_id})"
    if copy.dismissed:
        words += "; dismissed or retried by the user"
    return f"{words}."


def _price(copy: ChildOrder, execution: Execution) -> str:
    found = slippage(copy, execution.price)
    if not found.value:
        return ""
    master = money(execution.price)
    if not found.rupees:
        return f"It traded at the master's own price, {master}."
    worse = "worse" if found.rupees > 0 else "better"
    rupees = f"₹{abs(found.rupees):,.2f}"
    return f"That is {abs(found.percent):.2f} % {worse} than the master's {master}: {rupees} in total."


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


Name = Callable[[ClientId], str]

_ORIGINS = {
    Origin.SEEN: "while it watched",
    Origin.BASELINE: "in its first poll of that day, when the order had already ended: never copied",
    Origin.OPEN_AT_START: "in its first poll of that day, when the order was open",
    Origin.MANUAL: "and closed positions because the user asked for it: it is not an order of the master",
    Origin.OWN: "and recognised it as one of copytui's own: never copied",
}
_VERDICTS = {Verdict.SKIP: "skipped: ", Verdict.MISSED: "missed: "}
"""The prefix of a decision's sentence where the sentence does not state the verdict."""


def story(past: OrderPast, name: Name, only: frozenset[ClientId] | None = None) -> list[str]:
    """Return the story of one order, for the followers `only` (None: for all)."""
    lines = _order(past)
    for decided in past.executions:
        lines += ["", *_execution(decided, past.events, only)]
        for client in _followers(decided, past.copies, only):
            lines += ["", *_follower(client, decided, past, name)]
    if not past.executions:
        lines += ["", "No decision was ever made on it, so nothing was sent to anybody."]
    return [one_line(line) for line in lines]


def _order(past: OrderPast) -> list[str]:
    known = past.known
    order = known.order if known else past.executions[-1].execution.order
    day = past.executions[0].day if past.executions else known.first_day if known else None
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
    return str(order.lot_size) if order.lot_size else "a size that the broker did not give"


def _filled(order: BookOrder) -> str:
    at = f" at {money(order.average_price)}" if order.average_price > 0 else ""
    when = f", at {clock_text(order.updated_at)} by the exchange" if order.updated_at else ""
    status = order.status or str(order.order_status)
    return f"{order.filled} of {order.quantity} units were filled{at}; the broker calls it {status!r}{when}."


def _execution(decided: DecidedExecution, events: Iterable[Event], only: frozenset[ClientId] | None) -> list[str]:
    execution = decided.execution
    said = [event for event in events if event.execution_id == decided.id and event.copy_id is None]
    lines = [f"Execution #{decided.id}: {execution_words(execution)}", f"  {_times(execution, said)}"]
    if execution.closes is not None:
        closes = execution.closes
        opens = f"; the remaining {execution.opening} opened a new position" if execution.opening > 0 else ""
        lines.append(f"  It closed {closes.closing} of the {closes.held} units that the master held{opens}.")
    lines.append(f"  {_decision(decided)}")
    others = {plan.name for plan in decided.decision.plans if only is not None and plan.follower not in only}
    return lines + [
        f"  {time_line(event)}" for event in said if event.who not in others and not _is_said(event, decided.decision)
    ]


def _is_said(event: Event, decision: Decision) -> bool:
    """Whether an event only repeats the lines around it: the decision, or why a follower gets nothing."""
    sentences = [decision.sentence, *(plan.sentence for plan in decision.plans)]
    return event.kind is EventKind.DECISION and any(text and event.text.endswith(text) for text in sentences)


def _times(execution: Execution, said: Sequence[Event]) -> str:
    seen, decided = execution.seen_at, _decided_at(said)
    if execution.executed_at is None:
        words = f"The exchange gave no time for it; copytui saw it at {clock_ms(seen)}"
    else:
        words = f"It executed at {clock_ms(execution.executed_at)}, and copytui saw it at {clock_ms(seen)}"
        words += gap(execution.executed_at, seen)
    return words + (f", and decided on it at {clock_ms(decided)}." if decided else ".")


def _decided_at(said: Sequence[Event]) -> datetime | None:
    return next((event.at for event in said if event.kind is EventKind.DECISION), None)


def _decision(decided: DecidedExecution) -> str:
    decision = decided.decision
    reason = f" [{decision.reason}]" if decision.reason else ""
    waits = "" if decided.settled else " It needs attention."
    return f"The decision: {_VERDICTS.get(decision.verdict, '')}{decision.sentence}{reason}.{waits}"


def _followers(
    decided: DecidedExecution, copies: Iterable[ChildOrder], only: frozenset[ClientId] | None
) -> list[ClientId]:
    """Return the followers that have a part in an execution, in the order of the plan."""
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


def _in_short(copies: Sequence[ChildOrder]) -> str:
    """Give the state of the newest copy: an older one was retried by the user."""
    if not copies:
        return ": nothing"
    newest = joined(list(by_copy(copies).values())[-1])
    return f": {newest.state}, {fill_words(newest)}" if newest.filled else f": {newest.state}"


def _plan(plan: Plan) -> str:
    if plan.quantity:
        return f"{plan.quantity} units were planned, but no copy was made."
    reason = f" [{plan.reason}]" if plan.reason else ""
    return f"Nothing was planned: {plan.sentence}{reason}."
