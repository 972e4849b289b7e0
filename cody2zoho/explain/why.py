"""Why a conversation has its case, or has none: its life in plain words, without a word of what was said in it."""

from typing import Any

from cody2zoho.explain.lives import HeldCase, Life
from cody2zoho.ledger.records import State
from cody2zoho.settings import DATA_CENTERS, Settings
from cody2zoho.text.times import span
from cody2zoho.text.transcript import at

_REPAIR = "`cody2zoho reconcile --repair`"


def is_well(life: Life) -> bool:
    """Whether it has a case, or one is on its way."""
    if life.state == State.FORGOTTEN:
        return False
    if life.cases or (life.state == State.CREATED and ("zoho" in life.away or _is_earlier(life))):
        return True
    return life.state in (State.WAITING, State.WORKING) or (not life.state and _will_be_found(life))


def says(life: Life, settings: Settings) -> dict[str, str]:
    """What each of them says, and what happens next."""
    if not life.conversation_id:
        return {"zoho": zoho_says(life, settings)}
    return {
        "ledger": ledger_says(life),
        "cody": cody_says(life),
        "zoho": zoho_says(life, settings),
        "next": what_next(life),
    }


def as_json(life: Life, settings: Settings) -> dict[str, Any]:
    """The facts beside the words, for scripts."""
    return {
        "conversation": life.conversation_id,
        "state": life.state or "unknown",
        "next_look": life.next_look,
        "messages_at_cody": life.messages if life.conversation else None,
        "cases": [
            {"case": one.case_id, "messages": one.messages, "link": link(settings, one.case_id)} for one in life.cases
        ],
        "away": life.away,
        "says": says(life, settings),
    }


def link(settings: Settings, case_id: str) -> str:
    """Where a person sees the case; empty where Zoho is simulated, or lies behind an address of its own."""
    accounts = settings.accounts_url
    if settings.zoho_api_url or accounts not in {known for known, _ in DATA_CENTERS.values()}:
        return ""
    return f"{accounts.replace('//accounts.', '//crm.')}/crm/tab/Cases/{case_id}"


def ledger_says(life: Life) -> str:
    if "ledger" in life.away:
        return f"cannot be asked: {life.away['ledger']}"
    if not life.state:
        return "has never seen it"
    seen = life.ledger.get("seen")
    first = f"; seen first {_moment(life, int(seen) / 1000)}" if seen else ""
    bot = f", of bot {life.ledger['bot']}" if life.ledger.get("bot") else ""
    return f"{_state(life)}{first}{bot}"


def _is_earlier(life: Life) -> bool:
    """Its case lacks the conversation's id, so that Zoho cannot be asked for it."""
    return life.state == State.CREATED and not life.ledger.get("case")


def _state(life: Life) -> str:
    reason, attempts = life.ledger.get("reason", ""), int(life.ledger.get("attempts", 0))
    tried = f" after {attempts} attempt{'s' * (attempts > 1)}" if attempts else ""
    match life.state:
        case State.WAITING:
            why = f": {reason}" if reason else ""
            until = "it is resumed" if life.paused else _moment(life, life.next_look or life.now)
            return f"waiting until {until}{tried}{why}"
        case State.WORKING:
            return f"a worker (claim {life.ledger.get('owner', '?')}) is at attempt {attempts or 1}"
        case State.CREATED if _is_earlier(life):
            return "the earlier product made its case, and left no id of it"
        case State.CREATED:
            held = life.ledger.get("messages")
            return f"case {life.ledger['case']}{f' with {_messages(int(held))}' if held else ''} was made"
        case State.PARKED:
            return f"parked{tried}: {reason}"
        case State.DISMISSED:
            return f"dismissed: a person decided that it gets no case{f'; it was parked: {reason}' if reason else ''}"
        case State.FORGOTTEN:
            since = _moment(life, int(life.ledger["forgotten_since"]) / 1000)
            return f"forgotten: a person erased it {since}; it gets no case"
        case State.EMPTY:
            return "let go: nothing was said while it was young"
        case _:
            return "let go: it was deleted at Cody before it became a case"


def cody_says(life: Life) -> str:
    if "cody" in life.away:
        return f"cannot be asked: {life.away['cody']}"
    if life.conversation is None:
        return "does not have it: it was deleted, or the id is mistyped, or of another account"
    said = "" if life.something_said else ", none by a visitor"
    began = f"began {_moment(life, life.conversation.created_at)}, of bot {life.conversation.bot_id}"
    return f"has it with {_messages(life.messages)} now{said}; {began}"


def zoho_says(life: Life, settings: Settings) -> str:
    if "zoho" in life.away:
        return f"cannot be asked: {life.away['zoho']}"
    if not life.conversation_id:
        return f"has no case {life.given} with a conversation id: it was deleted, or never was one of ours"
    if not life.cases:
        return "has no case of it"
    cases = "; ".join(_case(one, life, settings) for one in life.cases)
    if life.has_parts and not life.has_duplicates:
        return f"has a case for each part: {cases}"
    return f"has {'several cases' if len(life.cases) > 1 else 'its case'}: {cases}"


def _case(one: HeldCase, life: Life, settings: Settings) -> str:
    holds = "" if one.messages is None else f" with {_messages(one.messages)}"
    if one.since:
        holds += f" since {at(one.since, life.zone)}"
    more = 0 if one.messages is None or life.has_parts else life.messages - one.messages
    later = f", {more} fewer than Cody has now" if more > 0 else ""
    where = link(settings, one.case_id)
    return f"{one.case_id}{holds}{later}{f' {where}' if where else ''}"


def what_next(life: Life) -> str:
    """What happens next and when, or what a person can do."""
    if not life.conversation_id:
        return "nothing"
    if "ledger" in life.away:
        return "nobody can tell until the ledger can be asked"
    if life.state == State.FORGOTTEN:
        return _left_of_the_forgotten(life)
    if life.has_duplicates:
        return "a person keeps one of the cases and deletes the others in Zoho"
    one, has_case, knows_zoho = life.conversation_id, bool(life.cases), "zoho" not in life.away
    match life.state:
        case State.WAITING | State.WORKING:
            return _on_its_way(life)
        case State.PARKED:
            return f"a person decides: `cody2zoho retry {one}` when the cause is mended, or `cody2zoho dismiss {one}`"
        case State.CREATED if knows_zoho and not has_case and not _is_earlier(life):
            return f"the case was deleted in Zoho: restore it from the recycle bin there, or {_REPAIR} makes a new one"
        case State.CREATED if life.next_look:
            return f"it is looked at for later words in {span(max(0, life.next_look - life.now))}"
        case State.CREATED | State.DISMISSED:
            return "nothing"
    if has_case:
        return f"nothing; {_REPAIR} lets the ledger know of the case"
    return "nothing" if life.state == State.GONE else _nobody_has_it(life)


def _left_of_the_forgotten(life: Life) -> str:
    left = [f"case {one.case_id} in Zoho" for one in life.cases]
    left += ["the conversation at Cody"] if life.conversation else []
    return f"a person deletes {' and '.join(left)}" if left else "nothing"


def _on_its_way(life: Life) -> str:
    if life.blocked:
        return f"it waits until someone mends what blocks all work: {life.blocked}"
    if not life.is_filled:
        return "it waits until the ledger is filled from Zoho, which a worker does by itself"
    if life.paused and life.state == State.WAITING:
        return f"it waits until `cody2zoho resume`: {life.paused}"
    what = "the next attempt records the case that is there" if life.cases else "a worker makes the case"
    if life.ledger.get("case"):
        what = "a worker adds to its case what was said since"
    when = (life.next_look or life.now) - life.now
    if life.state == State.WORKING:
        return f"the worker finishes; should it have died, another takes over in {span(max(0, when))}"
    return f"{what} in {span(when)}" if when >= 1 else f"{what} as soon as one is free"


def _nobody_has_it(life: Life) -> str:
    """Of a conversation that the ledger does not know, or has let go."""
    if "cody" in life.away:
        return "nobody can tell until Cody can be asked"
    if life.conversation is None:
        return "nothing"
    if not life.is_ours:
        return f"nothing: its bot {life.conversation.bot_id} is not in CODY_BOT_ID"
    if life.in_backfill:
        return "it waits for its batch: `cody2zoho backfill` shows how far that is"
    if life.conversation.created_at < life.line:
        until = " until it goes on" if life.is_split else ""
        return f"nothing{until}: it began before SYNC_SINCE, {at(life.line, life.zone)}"
    if life.state == State.EMPTY:
        return _let_go_empty(life)
    if not life.something_said:
        return "nothing, unless a visitor says something while it is young (EMPTY_CONVERSATION_HOURS)"
    if life.was_polled:
        return f"the sweep finds it within FULL_SWEEP_HOURS; {_REPAIR} queues it at once"
    return "the next polls find it (POLL_INTERVAL_SECONDS)"


def _let_go_empty(life: Life) -> str:
    """Neither polls nor comparisons look at it again."""
    if not life.something_said:
        return "nothing"
    ask = f"celery -A cody2zoho call cody2zoho.create_case --args '[\"{life.conversation_id}\"]'"
    return f"nothing by itself: a visitor spoke after it was let go; `{ask}` makes its case"


def _will_be_found(life: Life) -> bool:
    found = life.conversation
    counts = found and life.is_ours and (found.created_at >= life.line or life.in_backfill)
    return bool(counts and life.something_said and "ledger" not in life.away)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _moment(life: Life, unix_seconds: float) -> str:
    """Such as 2026-11-20 14:03:12 CET, 3 hours ago."""
    away = unix_seconds - life.now
    return f"{at(unix_seconds, life.zone)} ({f'in {span(away)}' if away > 0 else f'{span(-away)} ago'})"
