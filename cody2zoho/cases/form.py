"""The form that the cases of a bot have: settings, then `[case]`, then `[bots.<id>]` of cody2zoho.toml."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from cody2zoho.cases import file, signals, templates
from cody2zoho.cases.file import BotTable, CaseFile, CaseTable, RuleTable
from cody2zoho.cases.signals import Signal
from cody2zoho.cases.templates import Braces, Jinja
from cody2zoho.settings import Settings

#: Key to field of Cases, where the value of the one is the value of the other.
PLAIN_KEYS = {"status": "Status", "origin": "Case_Origin", "priority": "Priority"}
#: Key to field of Cases, where the value is a record's id.
RECORD_KEYS = {"owner": "Owner", "layout": "Layout", "product": "Product_Name"}


@dataclass(frozen=True)
class Rule:
    """What is added where a conversation shows a signal; `bots` None: of whichever bot."""

    when: Signal
    fields: dict[str, object]
    tags: tuple[str, ...] = ()
    bots: frozenset[str] | None = None

    def counts(self, bot_id: str) -> bool:
        return self.bots is None or bot_id in self.bots


@dataclass(frozen=True)
class Form:
    """What the cases of one bot look like. Values of `fields` are what Zoho gets, or templates of that."""

    subject_prefix: str
    description: Braces | Jinja
    zone: ZoneInfo
    fields: dict[str, object]
    field_map: dict[str, str]
    enable_notes: bool = False
    plain: bool = True
    subject: Jinja | None = None
    bot_name: str = ""
    tags: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    phrases: tuple[str, ...] = ()
    #: Whether the bot's sources are asked for.
    sources: bool = False
    #: What stands in the request to Zoho beside the record.
    beside: dict[str, object] = field(default_factory=dict)
    #: Names in the request whose value the bot's own table says.
    own: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Forms:
    """The form of every bot; made once a process."""

    common: Form
    by_bot: dict[str, Form]
    #: What was read, and from where: for whoever shows or checks it.
    written: CaseFile
    path: Path | None = None
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def of(self, bot_id: str) -> Form:
        return self.by_bot.get(bot_id, self.common)

    @cached_property
    def wants_name(self) -> bool:
        """Whether a template shows the conversation's name, which the ledger then keeps until its case is made."""
        forms = (self.common, *self.by_bot.values())
        texts = [text for form in forms for text in (form.subject, form.description, *form.fields.values())]
        texts += [text for rule in self.common.rules for text in rule.fields.values()]
        return any("conversation_name" in text.names for text in texts if isinstance(text, Jinja))

    def line(self, *place: str | int) -> int:
        """The line at which a key stands in the file, or else the table around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def forms(settings: Settings, written: CaseFile, path: Path | None = None) -> Forms:
    """The forms that settings and file make together; what is wrong with either was found when it was read."""
    rules = tuple(map(_rule, written.rules))
    common = _over(replace(_from_settings(settings), rules=rules), written.case)
    return Forms(common, {bot_id: _over(common, table) for bot_id, table in written.bots.items()}, written, path)


def _from_settings(settings: Settings) -> Form:
    return Form(
        subject_prefix=settings.case_subject_prefix,
        description=Braces(settings.case_description_template),
        zone=settings.zone,
        fields={"Status": settings.zoho_case_status, "Case_Origin": settings.zoho_case_origin},
        field_map=settings.zoho_field_map,
        enable_notes=settings.enable_notes,
        plain=settings.case_markdown == "plain",
        phrases=signals.PHRASES,
    )


def _over(form: Form, table: CaseTable) -> Form:
    """The form with what a table says instead; phrases and fields add up, whatever else is said anew replaces."""
    beside = dict(form.beside)
    if table.assignment_rule is not None:
        beside["lar_id"] = table.assignment_rule
    if table.workflows is not None:
        # Left out means to Zoho that everything runs.
        beside = {name: value for name, value in beside.items() if name != "trigger"}
        beside |= {} if table.workflows else {"trigger": []}
    return replace(
        form,
        subject=form.subject if table.subject is None else _template(table.subject, "subject"),
        description=form.description if table.description is None else _template(table.description, "description"),
        zone=form.zone if table.time_zone is None else ZoneInfo(table.time_zone),
        fields={**form.fields, **_fields(table)},
        plain=form.plain if table.markdown is None else table.markdown == "plain",
        bot_name=(isinstance(table, BotTable) and table.name) or form.bot_name,
        tags=form.tags if table.tags is None else table.tags,
        phrases=(*form.phrases, *map(signals.compared, table.unanswered_phrases or ())),
        sources=form.sources if table.sources is None else table.sources,
        beside=beside,
        own=_own(table) if isinstance(table, BotTable) else form.own,
    )


def _own(table: BotTable) -> frozenset[str]:
    others = {"tags": "Tag", "assignment_rule": "lar_id", "workflows": "trigger"}
    return frozenset({*_fields(table), *(name for key, name in others.items() if getattr(table, key) is not None)})


def _fields(table: CaseTable | RuleTable) -> dict[str, object]:
    plain = {name: getattr(table, key, None) for key, name in PLAIN_KEYS.items()}
    records = {name: getattr(table, key, None) for key, name in RECORD_KEYS.items()}
    return {
        **{name: value for name, value in plain.items() if value is not None},
        **{name: {"id": value} for name, value in records.items() if value is not None},
        **{name: _field(name, value) for name, value in table.fields.items()},
    }


def _field(name: str, value: object) -> object:
    is_template = isinstance(value, str) and templates.is_template(value)
    return _template(str(value), f"fields.{name}") if is_template else value


def _template(text: str, key: str) -> Jinja:
    return replace(
        file.template(text, of_description=key == "description"), where=f"The template of {key} in cody2zoho.toml"
    )


def _rule(table: RuleTable) -> Rule:
    bots = None if table.bots is None else frozenset(table.bots)
    return Rule(table.when, _fields(table), table.tags, bots)
