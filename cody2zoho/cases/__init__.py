"""What a case says: subject, description, fields, and the notes or the file for what does not fit.

A draft follows from its arguments alone. So the case of the first messages of a conversation, as it was at a former
`now`, can be drawn up again later, to see whether somebody has changed it in Zoho since.
"""

from dataclasses import asdict

from cody2zoho.cases import fitting, values
from cody2zoho.cases.fitting import (
    DESCRIPTION_LIMIT,
    MOST_NOTES,
    NOTE_LIMIT,
    SUBJECT_LIMIT,
    completing,
    entire,
    fingerprint,
    squeezed,
)
from cody2zoho.cases.form import Form, Rule
from cody2zoho.cases.templates import Braces, Jinja, shortened
from cody2zoho.cases.values import TRANSCRIPT, Moment, Talk
from cody2zoho.ledger.keys import key_of
from cody2zoho.models import CaseDraft, ContactChoice, Conversation, Message
from cody2zoho.text import transcript

__all__ = [
    "DESCRIPTION_LIMIT",
    "MOST_NOTES",
    "NOTE_LIMIT",
    "SUBJECT_LIMIT",
    "applies",
    "completing",
    "draft",
    "entire",
    "figures",
    "fingerprint",
    "squeezed",
    "talk_of",
    "value",
]

_COMPLETE = "\n\n[Complete as of {}]"


def draft(
    conversation: Conversation, messages: list[Message], form: Form, contact: ContactChoice, now: float
) -> CaseDraft:
    """The case of a conversation with at least one message; `now`, in Unix seconds, is when they were read.

    Raises Refused where a template of the operator's cannot be filled in.
    """
    talk = talk_of(conversation, messages, form, now)
    whole, digest = transcript.text(messages, form.zone, plain=form.plain), transcript.digest(messages)
    fitted = fitting.fitted(*_around(whole, talk, form, contact.remark), conversation.id, digest)
    notes = fitted.notes
    if form.enable_notes:
        notes = (*notes, *fitting.as_notes(whole, conversation.id, digest))
    rules = [rule for rule in form.rules if applies(rule, talk)]
    chosen, tags = _chosen(form, rules)
    fields = {
        "Subject": _subject(talk, form),
        "Description": fitted.description,
        **{name: value(one, talk) for name, one in chosen.items()},
        **({"Tag": [{"name": tag} for tag in tags]} if tags else {}),
        **figures(conversation, messages, form.field_map),
    }
    if contact.contact_id:
        # Contact_Name, which other modules have, is not a field of Cases.
        fields["Related_To"] = {"id": contact.contact_id}
    return CaseDraft(
        conversation_id=conversation.id,
        fields=fields,
        notes=notes,
        attachments=fitted.attachments,
        whole=whole,
        described=fitted.described,
        message_count=len(messages),
        characters=sum(len(message.content) for message in messages),
        digest=digest,
        contact=contact,
        beside=form.beside,
        chosen=_alike(form, rules),
    )


def talk_of(conversation: Conversation, messages: list[Message], form: Form, now: float) -> Talk:
    return Talk(conversation, messages, form.zone, now, form.bot_name, form.phrases)


def applies(rule: Rule, talk: Talk) -> bool:
    return rule.counts(talk.conversation.bot_id) and talk.shows(rule.when)


def _around(whole: str, talk: Talk, form: Form, remark: str) -> tuple[str, str, str]:
    """What the description says before the transcript, the transcript, and what it says after it.

    A template that does not name the transcript has it at its end, and one that does not name `complete_as_of` has
    that in its last line: whoever reads a case must see what it cannot hold.
    """
    text = form.description
    before, named, after = _filled(text, talk).partition(TRANSCRIPT)
    if not named:
        before = before.rstrip("\n") + "\n\n"
    if "complete_as_of" not in text.names:
        after = after.rstrip("\n") + _COMPLETE.format(Moment.at(talk.now, talk.zone))
    if remark:
        before = f"{remark}\n\n{before}"
    # A second place for the transcript stays empty.
    return before, whole, after.replace(TRANSCRIPT, "")


def _subject(talk: Talk, form: Form) -> str:
    if form.subject is None:
        started = Moment.at(talk.conversation.created_at, talk.zone)
        return next(transcript.parts(f"{form.subject_prefix}{started.date} {started.time}", SUBJECT_LIMIT))
    # Zoho demands a subject.
    return shortened(_filled(form.subject, talk), SUBJECT_LIMIT) or talk.conversation.id


def _chosen(form: Form, rules: list[Rule]) -> tuple[dict[str, object], list[str]]:
    """The operator's fields and tags: what all cases of the bot have, then what the rules say, the last of which wins.

    A value may still be a template.
    """
    fields, tags = dict(form.fields), list(form.tags)
    for rule in rules:
        fields |= rule.fields
        tags += rule.tags
    return fields, list(dict.fromkeys(tags))


def _alike(form: Form, rules: list[Rule]) -> frozenset[str]:
    """What is the same in all cases of all bots: where Zoho refuses one of these, it would refuse it in every case."""
    alike = {"Related_To", "Tag", *form.beside, *form.fields} - form.own
    alike -= {name for name, one in form.fields.items() if isinstance(one, Jinja)}
    return frozenset(
        alike.difference(*(rule.fields for rule in rules), {"Tag"} if any(rule.tags for rule in rules) else ())
    )


def value(chosen: object, talk: Talk) -> object:
    """What Zoho gets for what the operator chose."""
    if not isinstance(chosen, Jinja):
        return chosen
    found = chosen.value(values.of(chosen.names, talk))
    if isinstance(found, tuple):
        return "\n".join(map(str, found))
    return str(found) if isinstance(found, str) else found


def figures(conversation: Conversation, messages: list[Message], field_map: dict[str, str]) -> dict[str, object]:
    """What is counted about a conversation, and its key, by the fields they go to."""
    known = {"conversation_id": key_of(conversation.id, conversation.since), **asdict(transcript.figures(messages))}
    return {api_name: known[name] for name, api_name in field_map.items()}


def _filled(text: Braces | Jinja, talk: Talk) -> str:
    return text.filled(values.of(text.names, talk))
