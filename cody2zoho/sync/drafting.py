"""A case as it would be made now, with everything left out that nobody at Zoho is to read."""

from dataclasses import replace

from cody2zoho import cases
from cody2zoho.models import CaseDraft, ContactChoice, Conversation, Message
from cody2zoho.redaction import Redacted
from cody2zoho.services import Services


def drafted(conversation: Conversation, messages: list[Message], services: Services) -> CaseDraft:
    """The draft of a conversation; what the operator wants redacted is so before anything is made of it.

    Nor is the contact looked for by what is redacted, whether by a kind or by an expression.
    """
    safe = services.redaction.of(conversation, messages)
    contact = services.matching.choose(safe.conversation.name, safe.messages)
    return of_redacted(safe, contact, services)


def of_redacted(safe: Redacted, contact: ContactChoice, services: Services) -> CaseDraft:
    """The draft of what is redacted already."""
    form = services.forms.of(safe.conversation.bot_id)
    draft = cases.draft(safe.conversation, safe.messages, form, contact, services.clock())
    return replace(draft, redacted=safe.counts) if safe.counts else draft
