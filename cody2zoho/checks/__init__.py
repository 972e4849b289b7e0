"""What `cody2zoho doctor` looks at: one small function a question, each with its answer and its mend."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import redis

from cody2zoho.checks import case_file, channels, entrance, state, whose
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.errors import Cody2ZohoError, NotSetUp, OutOfTurn, Refused
from cody2zoho.services import Services
from cody2zoho.settings.formats import since
from cody2zoho.zoho.fields import KEY_LENGTH, Field

__all__ = ["Finding", "Level", "all_checks", "conversations_since", "proves_zoho", "set_up_findings"]


#: What is looked at last; a look that our own limits cut short does not come so far.
_LAST_LOOK = "Zoho credits"


def all_checks(services: Services) -> Iterator[Finding]:
    """Every finding, as soon as it is known; what depends on something broken is left out."""
    for check in (state.findings, _cody, _zoho):
        try:
            yield from check(services)
        except OutOfTurn as error:
            yield Finding(_ABOUT[check], Level.WARNING, str(error), "ask again in a minute")
        except Cody2ZohoError as error:
            yield Finding(_ABOUT[check], Level.FAILED, str(error))
        except redis.exceptions.OutOfMemoryError:
            yield Finding(_ABOUT[check], Level.FAILED, "cannot be looked at while Redis is full", state.MEND_OF_FULL)
        except redis.exceptions.RedisError as error:
            where = f"{services.settings.shown_redis_address}: {type(error).__name__}"
            yield Finding("Redis", Level.FAILED, f"cannot be reached at {where}", "start it, or correct REDIS_URL")
            # The place in Cody's list and Zoho's token are kept there.
            break
    yield from channels.findings(services)
    yield from entrance.findings(services)
    yield from whose.findings(services)


def proves_zoho(findings: list[Finding]) -> bool:
    """Whether nothing at Zoho keeps cases from being made, and all of it was looked at."""
    # The case file is looked at against Zoho's fields.
    looked = [finding for finding in findings if finding.about.startswith(("Zoho", "Case file"))]
    is_whole = any(finding.about == _LAST_LOOK for finding in looked)
    return is_whole and all(finding.level is not Level.FAILED for finding in looked)


def _cody(services: Services) -> Iterator[Finding]:
    bots = {bot.id: bot.name for bot in services.cody.bots()}
    yield Finding("Cody", Level.OK, f"accepts the key; bots: {_listed(bots)}")
    for bot in services.settings.bots:
        if bot is not None and bot not in bots:
            mend = f"write one of these as CODY_BOT_ID: {_listed(bots)}"
            yield Finding("Cody bot", Level.FAILED, f"there is no bot {bot}", mend)
        else:
            yield _first_start(services, bot, bots.get(bot or "", "all bots"))
    if None in services.settings.bots:
        yield from case_file.unknown_bots(services.forms, bots)


def _first_start(services: Services, bot: str | None, name: str) -> Finding:
    """How many cases the first start would make at most; nobody gets thousands by surprise."""
    place = services.places.place(bot or "all", -1)
    line, when = _line(services)
    if place.top >= 0:
        return Finding("Cody bot", Level.OK, f"{name}: polled before; cases are made of conversations {when}")
    count, all_counted = conversations_since(services, bot, line)
    how_many = f"at most {count}" if all_counted else f"more than {count}"
    level = Level.OK if line or count < _MANY else Level.WARNING
    mend = "" if level is Level.OK else _mend_of_too_many(services)
    words = f"{name}: the first start makes cases of {how_many} conversations {when}"
    return Finding("Cody bot", level, words, mend)


def _line(services: Services) -> tuple[int | None, str]:
    """Since when conversations count, None for ever, and in words, with who says so."""
    drawn, wanted = services.places.line(), services.settings.sync_since
    if drawn is None:
        line = since(wanted, services.clock())
        return line, f"since SYNC_SINCE {wanted}" if wanted else "of all history, as SYNC_SINCE is empty"
    if drawn == 0:
        return None, "of all history, as SYNC_SINCE was empty at the first start"
    moment = datetime.fromtimestamp(drawn, UTC).isoformat(" ", timespec="minutes")
    return drawn, f"since {moment}, the line drawn at the first start"


def _mend_of_too_many(services: Services) -> str:
    if services.places.line() is None:
        return "write a date or an age such as 7d as SYNC_SINCE, if that is too many"
    return "take the bot out of CODY_BOT_ID, if that is too many"


#: More cases than this at a first start deserve a warning.
_MANY = 100

#: Pages the doctor reads to count; a total that Cody names spares them.
_MOST_PAGES = 20


def conversations_since(services: Services, bot: str | None, line: int | None) -> tuple[int, bool]:
    """How many of a bot began at Unix second `line` or later, None for ever, and whether that is all of them."""
    counted = 0
    for number in range(1, _MOST_PAGES + 1):
        page = services.cody.conversations(bot, number)
        if line is None and page.total is not None:
            return page.total, True
        counting = [row for row in page.rows if row.created_at >= (line or 0)]
        counted += len(counting)
        if page.is_last or len(counting) < len(page.rows):
            return counted, True
    return counted, False


def _zoho(services: Services) -> Iterator[Finding]:
    token, is_fresh = services.tokens.checked()
    how = "gives access tokens" if is_fresh else "gave an access token earlier, and was not asked now to save refreshes"
    yield Finding("Zoho", Level.OK, f"{how}; its API is {services.crm.base_url or token.api_domain}")
    yield from set_up_findings(services)


def set_up_findings(services: Services) -> Iterator[Finding]:
    """Whether Zoho has what the settings name: fields, values of pick lists, a contact."""
    fields = services.fields.all()
    yield Finding("Zoho Cases", Level.OK, f"can be read; {len(fields)} fields")
    # A part's key has 28 characters.
    least = KEY_LENGTH // (2 if services.settings.conversation_split_hours else 4)
    yield _key_field(fields, services.settings.zoho_field_map["conversation_id"], least)
    yield from _figure_fields(fields, services.settings.zoho_field_map)
    written = services.forms.written.case
    if written.status is None:
        yield _pick_list(fields, "Status", "ZOHO_CASE_STATUS", services.settings.zoho_case_status)
    if written.origin is None:
        yield _pick_list(fields, "Case_Origin", "ZOHO_CASE_ORIGIN", services.settings.zoho_case_origin)
    if services.settings.follow_up_status:
        yield _pick_list(fields, "Status", "FOLLOW_UP_STATUS", services.settings.follow_up_status)
    yield from case_file.findings(services.forms, fields, services.settings)
    yield _contact(services)
    if redacted := [kind for kind in services.settings.contact_match if kind in services.settings.redact]:
        words = f"nobody is looked for by {' or '.join(redacted)}, which REDACT replaces"
        mend = "take it from CONTACT_MATCH, or from REDACT"
        yield Finding("Zoho contact matching", Level.WARNING, words, mend)
    if services.matching.search.kinds:
        yield from _matching(services)
    yield _credits(services)


def _key_field(fields: dict[str, Field], name: str, least: int) -> Finding:
    field, mend = fields.get(name), "run `cody2zoho setup`"
    if field is None:
        return Finding("Zoho unique field", Level.FAILED, f"Cases have no field {name}", mend)
    if field.data_type != "text":
        words = f"{name} is a field of type {field.data_type}, which takes no conversation id"
        return Finding("Zoho unique field", Level.FAILED, words, "name a text field in ZOHO_FIELD_MAP, and " + mend)
    if not field.unique:
        words = f"{name} allows duplicate values, so only we prevent a second case"
        return Finding("Zoho unique field", Level.WARNING, words, mend)
    if field.length is not None and field.length < least:
        words = f"{name} takes only {field.length} characters"
        return Finding("Zoho unique field", Level.FAILED, words, f"raise its length to {KEY_LENGTH} in Zoho")
    return Finding("Zoho unique field", Level.OK, f"{name} allows no duplicate values")


def _figure_fields(fields: dict[str, Field], field_map: dict[str, str]) -> Iterator[Finding]:
    missing = [name for figure, name in field_map.items() if figure != "conversation_id" and name not in fields]
    if missing:
        mend = "run `cody2zoho setup`, or name your own in ZOHO_FIELD_MAP"
        yield Finding("Zoho fields", Level.WARNING, f"Cases have no {', '.join(missing)}", mend)
    else:
        yield Finding("Zoho fields", Level.OK, "all fields for the figures are there")


def _pick_list(fields: dict[str, Field], name: str, setting: str, value: str) -> Finding:
    if name not in fields:
        mend = "show the field to the user whose refresh token this is, in the layout and in the profile"
        return Finding(f"Zoho {name}", Level.WARNING, f"Cases show no such field, so {setting} goes nowhere", mend)
    values = fields[name].values
    if not values:
        return Finding(f"Zoho {name}", Level.OK, f"takes any text, {value} as well")
    if value in values:
        return Finding(f"Zoho {name}", Level.OK, f"{value} is in the pick list")
    mend = f"write one of these as {setting}: {', '.join(values)}; or add the value in Zoho"
    return Finding(f"Zoho {name}", Level.FAILED, f'"{value}" is not in the pick list', mend)


def _contact(services: Services) -> Finding:
    settings = services.settings
    if settings.zoho_contact_id:
        if services.contacts.exists(settings.zoho_contact_id):
            return Finding("Zoho contact", Level.OK, f"{settings.zoho_contact_id} exists")
        mend = "write the record id of a contact as ZOHO_CONTACT_ID, or none"
        return Finding("Zoho contact", Level.FAILED, f"there is no contact {settings.zoho_contact_id}", mend)
    if not settings.zoho_contact_name:
        mend = "write ZOHO_CONTACT_ID or ZOHO_CONTACT_NAME, if cases should belong to one"
        return Finding("Zoho contact", Level.OK, "cases belong to no contact", mend)
    found = services.contacts.find(settings.zoho_contact_name)
    if len(found) > 1:
        mend = "write the right one's record id as ZOHO_CONTACT_ID"
        words = f"{len(found)} contacts have the name in ZOHO_CONTACT_NAME; the oldest is used"
        return Finding("Zoho contact", Level.WARNING, words, mend)
    return Finding("Zoho contact", Level.OK, "found by its name" if found else "the first case will create it")


def _matching(services: Services) -> Iterator[Finding]:
    matching, settings, about = services.matching, services.settings, "Zoho contact matching"
    try:
        by_kind = {kind: matching.fields_of(kind) for kind in matching.search.kinds}
        for fields in by_kind.values():
            services.contacts.ask_for(fields)
    except (NotSetUp, Refused) as error:
        yield Finding(about, Level.FAILED, str(error))
        return
    shown = "; ".join(f"by {kind} ({', '.join(fields)})" for kind, fields in by_kind.items())
    yield Finding(about, Level.OK, f"{shown}; {'makes' if matching.creates else 'makes no'} contacts")
    if "phone" in by_kind and not settings.contact_region:
        words = "phone numbers written without their country are ignored, the visitors' and Zoho's"
        yield Finding(about, Level.WARNING, words, "write the country they are of as CONTACT_REGION")
    wanted = [it.api_name for it in services.fields.all("Contacts").values() if it.mandatory]
    if matching.creates and (lacking := [name for name in wanted if name != "Last_Name"]):
        mend = "make it optional in Zoho, or take CONTACT_CREATE away"
        yield Finding(about, Level.FAILED, f"contacts cannot be made: {', '.join(lacking)} is mandatory", mend)


def _credits(services: Services) -> Finding:
    budget = services.limits.credits.budget()
    if budget.is_exhausted:
        mend = "no new case is begun before; raise ZOHO_CREDITS_PER_DAY if it is set and Zoho allows more"
        return Finding(_LAST_LOOK, Level.WARNING, "used up; they come back a day after they were spent", mend)
    if budget.allowance is None or budget.per_day <= budget.allowance:
        return Finding(_LAST_LOOK, Level.OK, budget.words)
    words = f"the present rate takes {budget.per_day} a day, more than the allowance of {budget.allowance}"
    mend = "raise ZOHO_CREDITS_PER_DAY if Zoho allows more; else expect cases to be late"
    return Finding(_LAST_LOOK, Level.WARNING, words, mend)


def _listed(bots: dict[str, str]) -> str:
    return ", ".join(f"{bot_id} ({name})" for bot_id, name in bots.items()) or "none"


_ABOUT: dict[Callable[[Services], Iterator[Finding]], str] = {state.findings: "Redis", _cody: "Cody", _zoho: "Zoho"}
