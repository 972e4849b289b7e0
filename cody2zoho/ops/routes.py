"""The questions that programs ask, and what a person may have done."""

import time
from asyncio import to_thread
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from cody2zoho.explain import lives, why
from cody2zoho.http import time_limit
from cody2zoho.ops import figures, prometheus
from cody2zoho.ops.access import is_browser
from cody2zoho.ops.answers import ABOUT_ONE, REFUSALS, Alive, Done, Readiness
from cody2zoho.ops.desk import Actor, Anybody, Asker, Reader
from cody2zoho.ops.health import Health, Status, health, is_ready
from cody2zoho.ops.situation import Situation
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import ActionTaken

router = APIRouter()

# Health is looked at by threads of its own, so that those who wait for Cody and Zoho do not hold it up.

#: Cody and Zoho are asked; a person waits.
_LIFE_SECONDS = 15.0

_LONGEST_REASON = 200

#: So many that are parked are asked for their reason, however many there are.
_REASONS_OF = 200

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Bot = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/health", response_model=Health, responses={503: {"model": Health}})
async def _health(desk: Anybody, response: Response) -> Health:
    """Each part by itself; 503 while no case is made. Asked without a token."""
    situation = await to_thread(desk.lookout.situation)
    found = health(situation, desk.services.settings, desk.uptime_seconds)
    response.status_code = 503 if found.status is Status.UNHEALTHY else 200
    return found


@router.get("/health/liveness")
async def _liveness() -> Alive:
    """Whether this process answers; asks nobody, and waits for no thread."""
    return Alive()


@router.get("/health/readiness", responses={503: {"model": Readiness}})
async def _readiness(desk: Anybody, response: Response) -> Readiness:
    """Whether Redis answers, a worker works and beat ticks."""
    ready = is_ready(await to_thread(desk.lookout.situation))
    response.status_code = 200 if ready else 503
    return Readiness(status="ready" if ready else "not ready")


@router.get("/metrics", responses={**REFUSALS, 200: {"content": {"text/plain": {}, "application/json": {}}}})
def _metrics(desk: Reader, request: Request) -> Any:
    """JSON, or Prometheus's text where text is asked for."""
    situation = desk.lookout.situation()
    accept = request.headers.get("accept", "")
    # Some libraries ask for JSON, text or anything; Prometheus never asks for JSON.
    if "application/json" not in accept and ("text/plain" in accept or "application/openmetrics-text" in accept):
        return Response(
            prometheus.text(situation, desk.services.settings), media_type="text/plain; version=0.0.4; charset=utf-8"
        )
    return figures.metrics(situation, desk.uptime_seconds, time.time(), desk.services.settings.poll_interval_seconds)


@router.get("/stats", responses=REFUSALS)
def _stats(desk: Reader) -> dict[str, Any]:
    """Bots, outcomes, reasons and timings."""
    parked = list(desk.services.ledger.parked(_REASONS_OF))
    return figures.stats(desk.situation(), desk.services.settings, parked)


@router.get("/conversations", responses=REFUSALS)
def _conversations(
    desk: Reader,
    state: Literal["waiting", "working", "parked", "created"] | None = None,
    q: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
) -> dict[str, list[dict[str, Any]]]:
    """Up to 50 of each state, those first that are next; or the one with this id."""
    if q is not None:
        known = desk.services.ledger.about(q)
        return {"conversations": [{"conversation": q, **_told(known)}] if known else []}
    situation = desk.situation()
    states = [state] if state else ["waiting", "working", "parked", "created"]
    return {"conversations": [row for one in states for row in _rows(situation, one)]}


@router.get("/conversations/{conversation_id}", responses=REFUSALS)
def _conversation(desk: Asker, conversation_id: Id) -> dict[str, Any]:
    """Its life, as `cody2zoho why` tells it: the ledger, Cody and Zoho are asked."""
    with time_limit(_LIFE_SECONDS):
        life = lives.look(desk.services, conversation_id)
    return why.as_json(life, desk.services.settings)


@router.post("/conversations/{conversation_id}/retry", responses=ABOUT_ONE, response_model=Done)
def _retry(desk: Actor, request: Request, conversation_id: Id) -> Any:
    """Let a parked conversation begin anew."""
    if not desk.services.ledger.retry(conversation_id):
        raise HTTPException(409, f"{conversation_id} is not parked")
    return _done(desk, request, "retry", f"{conversation_id} waits again", conversation=conversation_id)


@router.post("/conversations/{conversation_id}/dismiss", responses=ABOUT_ONE, response_model=Done)
def _dismiss(desk: Actor, request: Request, conversation_id: Id) -> Any:
    """Decide that a parked conversation gets no case."""
    if not desk.services.ledger.dismiss(conversation_id):
        raise HTTPException(409, f"{conversation_id} is not parked")
    return _done(desk, request, "dismiss", f"{conversation_id} is dismissed", conversation=conversation_id)


@router.post("/pause", responses=ABOUT_ONE, response_model=Done)
def _pause(
    desk: Actor,
    request: Request,
    bot: Bot = None,
    reason: Annotated[str, Query(max_length=_LONGEST_REASON)] = "",
) -> Any:
    """Begin no new case, of one bot or at all."""
    bots = desk.services.settings.bots
    if bot is not None and None not in bots and bot not in bots:
        raise HTTPException(404, f"There is no bot {bot} in CODY_BOT_ID")
    desk.services.paused.pause(bot, " ".join(reason.split()))
    return _done(desk, request, "pause", f"{f'bot {bot}' if bot else 'everything'} is paused", bot=bot)


@router.post("/resume", responses=ABOUT_ONE, response_model=Done)
def _resume(desk: Actor, request: Request, bot: Bot = None) -> Any:
    """Go on with one bot, or with all that is paused."""
    resumed = desk.services.paused.resume(bot)
    if not resumed:
        raise HTTPException(409, "Nothing is paused that fits")
    return _done(desk, request, "resume", f"{', '.join(resumed)} goes on", bot=bot)


def _done(desk: Actor, request: Request, action: str, words: str, **on: str | None) -> Any:
    """Noted with the way in which somebody came; a browser without JavaScript goes back to the page."""
    report(ActionTaken(action, desk.access.way_in(request), **on))
    desk.lookout.anew()
    if is_browser(request):
        return Response(status_code=303, headers={"location": "/"})
    return Done(done=words)


def _rows(situation: Situation, state: str) -> list[dict[str, Any]]:
    if state == "created":
        return [
            {"conversation": one.conversation_id, "state": state, "case": one.case_id, "at": round(one.at)}
            for one in situation.made
        ]
    entries = {"waiting": situation.waiting, "working": situation.working, "parked": situation.parked}[state]
    return [
        {"conversation": one.conversation_id, "state": state, "bot": one.bot, "at": round(one.at)}
        | ({"reason": one.reason} if one.reason else {})
        | {"attempts": one.attempts}
        for one in entries
    ]


def _told(known: dict[str, str]) -> dict[str, Any]:
    """What the ledger holds, but for the customer's name and the owner's mark."""
    shown = ("state", "bot", "attempts", "reason", "case", "messages", "next_look", "parked_since", "forgotten_since")
    return {name: known[name] for name in shown if name in known}
