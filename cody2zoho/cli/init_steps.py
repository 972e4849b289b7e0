"""The steps of `cody2zoho init`, each of which leaves what it settled in `.env`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cody2zoho import configuration
from cody2zoho.checks import Level, all_checks, conversations_since, proves_zoho
from cody2zoho.cli import asking
from cody2zoho.cli.init_case import first_case
from cody2zoho.cli.init_sign_in import sign_in, signed_in
from cody2zoho.cli.setup import steps as making
from cody2zoho.cody.api import Bot
from cody2zoho.errors import AccessRevoked, ConfigurationError
from cody2zoho.explain import preview as previewing
from cody2zoho.services import Services, build
from cody2zoho.settings import envfile, simulated_credentials
from cody2zoho.settings.formats import is_credential, since
from cody2zoho.text.times import span
from cody2zoho.zoho.fields import Field

#: More bots than this are listed without how many conversations they have.
_COUNTED_BOTS = 8

#: A wait of so long is told, or somebody may believe that it hangs.
_NOTICED_SECONDS = 1.0


@dataclass
class Walk:
    """The services as the settings have them so far."""

    services: Services
    #: Where the browser comes back to from Zoho.
    port: int

    def keep(self, **values: str) -> None:
        """Into `.env`, and into what the next step works with."""
        envfile.keep({name.upper(): value for name, value in values.items()})
        self.renew()

    @property
    def looking(self) -> Services:
        """For whoever only looks, and waits for a turn at Cody: workers may have used up this minute's requests."""
        return previewing.looking(self.services, _wait)

    def renew(self) -> None:
        configuration.settings.cache_clear()
        self.services.store.close()
        self.services = build(configuration.provisional())

    def chosen(self, field_name: str) -> str:
        """Where a setting comes from, unless it may be asked for: what the environment says counts before `.env`."""
        where = configuration.source(field_name)
        if where not in ("", ".env"):
            asking.note(f"{field_name.upper()} comes from {where}; change it there")
        return where


def _wait(seconds: float) -> None:
    if seconds > _NOTICED_SECONDS:
        asking.note(f"Cody may be asked again in {span(seconds)} …")
    time.sleep(seconds)


def key(walk: Walk) -> None:
    where = walk.chosen("cody_api_key")
    if where:
        try:
            count = len(walk.looking.cody.bots())
        except AccessRevoked as error:
            if where != ".env":
                raise
            asking.wrong(str(error))
        else:
            asking.done(f"Cody accepts the key; it has {_many(count, 'bot')}")
            if where != ".env" or not asking.yes("Another key?", default=False):
                return
    asking.note("Cody shows it at https://getcody.ai/settings/api")
    settings, default = walk.services.settings, ""
    if settings.simulators_url and settings.cody_api_url.startswith(settings.simulators_url):
        default = simulated_credentials(settings.simulators_url)["cody_api_key"]
    walk.keep(
        cody_api_key=asking.until_fit(
            lambda: asking.secret("API key", default, "the simulators'"), lambda key: _unfit_key(walk, key)
        )
    )
    asking.done(f"Cody accepts the key; it has {_many(len(walk.looking.cody.bots()), 'bot')}")


def _unfit_key(walk: Walk, value: str) -> str:
    if not is_credential(value):
        return "It has a character that no key has; copy it again."
    try:
        replace(walk.looking.cody, key=value).bots()
    except AccessRevoked:
        return "Cody refuses this key; copy it again."
    return ""


def bot(walk: Walk) -> None:
    where, bots = walk.chosen("cody_bot_id"), walk.looking.cody.bots()
    if not bots:
        raise ConfigurationError(["There is no bot at Cody yet: make one there, and start `cody2zoho init` again."])
    if where:
        asking.done(f"conversations of {_named(walk, bots)}")
        if where != ".env" or not asking.yes("Another bot?", default=False):
            return
    width = max(len(_name(one)) for one in bots)
    for number, one in enumerate(bots, 1):
        asking.note(f"{number:>3}  {_name(one):<{width}}  {one.id}{_counted(walk, one, len(bots))}")
    question = "Whose conversations become cases? A number, several with commas, or all"
    chosen = asking.until_fit(lambda: asking.text(question, "1"), lambda given: _unfit_bots(given, bots))
    walk.keep(cody_bot_id=_ids(chosen, bots))
    asking.done(f"conversations of {_named(walk, bots)}")


def _name(one: Bot) -> str:
    return one.name or "without a name"


def _counted(walk: Walk, one: Bot, count: int) -> str:
    if count > _COUNTED_BOTS:
        return ""
    total = walk.looking.cody.conversations(one.id, 1).total
    return "" if total is None else f"  {_many(total, 'conversation')}"


def _unfit_bots(given: str, bots: list[Bot]) -> str:
    known = {str(number) for number in range(1, len(bots) + 1)} | {one.id for one in bots}
    unknown = [part for part in _parts(given) if part not in known]
    if given.lower() == "all" or (_parts(given) and not unknown):
        return ""
    return f"There is no bot {unknown[0] if unknown else given}; write a number from 1 to {len(bots)}, or all."


def _ids(given: str, bots: list[Bot]) -> str:
    if given.lower() == "all":
        return "all"
    by_number = {str(number): one.id for number, one in enumerate(bots, 1)}
    return ",".join(dict.fromkeys(by_number.get(part, part) for part in _parts(given)))


def _parts(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


def _named(walk: Walk, bots: list[Bot]) -> str:
    names = {one.id: _name(one) for one in bots}
    return ", ".join("all bots" if one is None else names.get(one, one) for one in walk.services.settings.bots)


def zoho(walk: Walk) -> None:
    where = walk.chosen("zoho_refresh_token")
    if where and signed_in(walk.services) and (where != ".env" or not asking.yes("Sign in anew?", default=False)):
        return
    sign_in(walk.port)
    walk.renew()


def fields(walk: Walk) -> None:
    services = walk.services
    there, wanted = services.fields.all(), services.settings.zoho_field_map
    name = wanted["conversation_id"]
    missing = [one for one in wanted.values() if one not in there]
    if missing or not there[name].unique:
        asking.note(
            "A case gets fields of its own: its conversation's id, which keeps it to one case, and its figures."
        )
        if missing:
            asking.note(f"Not there yet: {', '.join(missing)}")
        if asking.yes("Make them in Zoho's Cases?", default=True):
            for sentence in making(services):
                asking.done(sentence)
        else:
            asking.odd("`cody2zoho setup` makes them later; until then no case is made")
    else:
        asking.done(f"all {len(wanted)} are there, and {name} allows no duplicate values")
    for api_name, setting in (("Status", "zoho_case_status"), ("Case_Origin", "zoho_case_origin")):
        _pick(walk, api_name, there.get(api_name), setting)


def _pick(walk: Walk, api_name: str, there: Field | None, setting: str) -> None:
    """A value of the pick list, where the present one is none: translated lists have others."""
    value = str(getattr(walk.services.settings, setting))
    if there is None or not there.values or value in there.values:
        asking.done(f"cases get {value} as {api_name.replace('_', ' ')}")
        return
    # Many lists begin with the one that stands for nothing; Zoho demands a value of both fields.
    values = [one for one in there.values if one != "-None-"]
    asking.wrong(f'"{value}" is not in the pick list {api_name}; it has {", ".join(values)}')
    if values and walk.chosen(setting) in ("", ".env"):
        unfit = "Write one of these as it stands there."
        chosen = asking.until_fit(
            lambda: asking.text("Which one do cases get?", values[0]),
            lambda given: "" if given in values else unfit,
        )
        walk.keep(**{setting: chosen})


def contact(walk: Walk) -> None:
    settings = walk.services.settings
    if settings.zoho_contact_id:
        asking.done(f"cases belong to the contact {settings.zoho_contact_id} (ZOHO_CONTACT_ID)")
        return
    if walk.chosen("zoho_contact_name") not in ("", ".env"):
        return
    asking.note("Cases may all belong to one contact, named here: found in Zoho, or made with the first case.")
    known = settings.zoho_contact_name
    name = asking.text("Its name, or - for none", known or "-")
    if name != (known or "-"):
        walk.keep(zoho_contact_name="" if name == "-" else name)
    if name == "-":
        asking.done("cases belong to no contact; CONTACT_MATCH finds the visitor's own")
        return
    found = walk.services.contacts.find(name)
    asking.done(f"{name} is in Zoho" if found else f"nobody in Zoho is called {name}: the first case makes the contact")
    if len(found) > 1:
        asking.odd(f"{len(found)} contacts are called so; the oldest is taken, or write its id as ZOHO_CONTACT_ID")


def history(walk: Walk) -> None:
    drawn = walk.services.places.line()
    if drawn is not None:
        asking.done("a worker has begun; what counts as history was decided then, `cody2zoho doctor` shows it")
        return
    if walk.chosen("sync_since") not in ("", ".env"):
        return
    asking.note("How far back does the first start go? Write an age (7d, 12h), a date (2026-11-01), 0d for what begins")
    asking.note('from now on, or "all" for the whole history. `cody2zoho backfill` makes the rest later.')
    # Written down and empty is all, as somebody chose it; not written down is a first time.
    chosen = walk.services.settings.sync_since or ("all" if envfile.has("SYNC_SINCE") else "7d")
    while True:
        given = asking.until_fit(lambda: asking.text("Since", chosen), _unfit_since)
        wanted = "" if given == "all" else given
        asking.note(f"That makes {_how_many(walk, wanted)}.")
        if asking.yes("Is that right?", default=True):
            break
    walk.keep(sync_since=wanted)
    asking.done(f"conversations since {wanted}" if wanted else "all conversations")


def _unfit_since(given: str) -> str:
    try:
        since("" if given == "all" else given, now=0)
    except ValueError as error:
        return f"{given} {error}."
    return ""


def _how_many(walk: Walk, wanted: str) -> str:
    services = walk.looking
    line = since(wanted, services.clock())
    counts = [conversations_since(services, one, line) for one in services.settings.bots]
    total = sum(count for count, _ in counts)
    return f"{'at most' if all(is_all for _, is_all in counts) else 'more than'} {_many(total, 'case')}"


def show_first_case(walk: Walk) -> None:
    asking.heading("The newest case, as it would be made now")
    first_case(walk.looking)


def show_what_is_left(walk: Walk) -> bool:
    """Whether `doctor` finds nothing that keeps cases from being made; what it minds is shown."""
    asking.heading("Everything once more")
    findings = list(all_checks(walk.services))
    for finding in findings:
        if finding.level is not Level.OK:
            (asking.wrong if finding.level is Level.FAILED else asking.odd)(f"{finding.about}: {finding.words}")
            asking.note(f"  → {finding.mend}" if finding.mend else "")
    if proves_zoho(findings):
        walk.services.blocks.lift("zoho", "zoho set-up")
    asking.done(f"{sum(finding.level is Level.OK for finding in findings)} checks of `cody2zoho doctor` are well")
    return all(finding.level is not Level.FAILED for finding in findings)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


#: In the order in which one needs the other.
STEPS: tuple[tuple[str, Callable[[Walk], None]], ...] = (
    ("Cody: the key", key),
    ("Cody: the bot", bot),
    ("Zoho: sign in", zoho),
    ("Zoho: fields", fields),
    ("Zoho: contact", contact),
    ("History", history),
)
