"""The status page, drawn by the server: what a support lead wants to know, without a word that a customer said."""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from cody2zoho import __version__
from cody2zoho.explain import lives, why
from cody2zoho.http import time_limit
from cody2zoho.ledger.paused import ALL
from cody2zoho.ops import charts, words
from cody2zoho.ops.access import is_encrypted, refuse_strangers
from cody2zoho.ops.desk import Anybody, Desk, Reader
from cody2zoho.ops.health import health
from cody2zoho.ops.situation import Situation
from cody2zoho.settings import Settings
from cody2zoho.telemetry import counters, report
from cody2zoho.telemetry.events import ActionTaken
from cody2zoho.text.times import span

router = APIRouter(include_in_schema=False)

_LIFE_SECONDS = 15.0
_COOKIE_SECONDS = 30 * 86_400
_LONGEST_FORM = 1_000

_TYPES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


@router.get("/")
def _page(desk: Anybody, request: Request, q: Annotated[str, Query(max_length=64)] = "") -> Response:
    """All of it; with `q` the life of one conversation too."""
    if not desk.access.lets_in(request):
        return _html("login.html", 401 if desk.access.token else 403, has_token=bool(desk.access.token), is_wrong=False)
    if q:
        desk.access.ask(request)
    may_leave = desk.access.way_in(request) == "browser"
    return _html("page.html", life=_life(desk, q.strip()), q=q, may_leave=may_leave, **_shown(desk))


@router.get("/fragment")
def _fragment(desk: Reader) -> Response:
    """What changes from moment to moment."""
    return _html("now.html", **_shown(desk))


@router.post("/login")
async def _login(desk: Anybody, request: Request) -> Response:
    refuse_strangers(request)
    token = parse_qs(await _form(request)).get("token", [""])[0].strip()
    if not (desk.access.token and desk.access.fits(token)):
        return _html("login.html", 401, has_token=True, is_wrong=True)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        desk.access.cookie_name,
        desk.access.cookie,
        max_age=_COOKIE_SECONDS,
        httponly=True,
        samesite="strict",
        secure=is_encrypted(request),
    )
    report(ActionTaken("login", "token"))
    return answer


@router.post("/logout")
def _logout(desk: Anybody, request: Request) -> Response:
    """This browser forgets that it has entered; others do with another token."""
    refuse_strangers(request)
    answer = RedirectResponse("/", 303)
    if desk.access.way_in(request) == "browser":
        answer.delete_cookie(desk.access.cookie_name, httponly=True, samesite="strict", secure=is_encrypted(request))
        report(ActionTaken("logout", "browser"))
    return answer


async def _form(request: Request) -> str:
    """Anybody may send one, so no more of it is kept than a token needs. Raises HTTPException."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise HTTPException(413, "This is too long for a token")
    return body.decode(errors="replace")


@router.get("/assets/{file}")
def _asset(file: str) -> Response:
    """Style, script and icon; the same for everybody."""
    if file not in _TYPES:
        raise HTTPException(404, "Not Found")
    return Response(_text(file), media_type=_TYPES[file], headers={"cache-control": "max-age=300"})


def _life(desk: Desk, given: str) -> dict[str, Any] | None:
    if not given:
        return None
    with time_limit(_LIFE_SECONDS):
        life = lives.look(desk.services, given)
    return why.as_json(life, desk.services.settings)


def _shown(desk: Desk) -> dict[str, Any]:
    situation, settings = desk.lookout.situation(patience_seconds=2.0), desk.services.settings
    found = health(situation, settings, desk.uptime_seconds)
    if situation and situation.workers:
        desk.was_at_work.set()
    tone, verdict = words.verdict(found, situation, desk.was_at_work.is_set())
    shown = {
        "tone": tone.value,
        "verdict": verdict,
        "reasons": words.reasons(found),
        "version": __version__,
        "s": situation,
    }
    return shown if situation is None else {**shown, **_told(situation, settings)}


def _told(s: Situation, settings: Settings) -> dict[str, Any]:
    zone = settings.zone
    return {
        "charts": [charts.last_day(s, zone), charts.last_month(s, zone)],
        "today": {what: charts.today(s, zone, what) for what in ("seen", "created", "parked")},
        "cleaned_up": counters.in_words(counters.cleaned_up(s.counters)),
        "blocked": _untold(s),
        "is_paused": any(pause.what == ALL for pause in s.paused),
        "clock": lambda at: datetime.fromtimestamp(at, zone).strftime("%d %b %H:%M"),
        "ago": lambda at: f"{span(s.now - at)} ago" if s.now - at >= 2 else "just now",
        "until": lambda at: f"in {span(at - s.now)}" if at - s.now >= 1 else "now",
        "link": lambda case_id: why.link(settings, case_id),
        "span": span,
        "number": "{:,}".format,
        "sentence": lambda text: text[:1].upper() + text[1:],
    }


def _untold(s: Situation) -> dict[str, str]:
    """What is blocked, but for what an alert tells already."""
    alerts = {one.alert.key for one in s.raised}
    return {what: remedy for what, remedy in s.blocked.items() if f"blocked:{what}" not in alerts}


def prepare() -> None:
    """Read and compile what is drawn, a tenth of a second that nobody has to wait for."""
    for name in ("page.html", "now.html", "login.html"):
        _pages().get_template(name)


def _html(name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    return HTMLResponse(_pages().get_template(name).render(shown), status)


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["commands"] = _commands
    return pages


def _commands(text: str) -> Markup:
    """What stands in backticks as what is typed."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


@cache
def _text(name: str) -> str:
    return files("cody2zoho").joinpath("ops", "assets", name).read_text()
