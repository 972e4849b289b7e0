"""Conversations that become cases in this process, without Celery."""

from typing import Protocol

from cody2zoho.services import Services
from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.zoho import Zoho
from cody2zoho.sync import pipeline, polling


class Clock(Protocol):
    now: float


KEY = "Cody_Conversation_ID"


def chat(account: Cody, conversation_id: str | None = None, bot_id: str = "support", ago: int = 7_200) -> str:
    """One question, so many seconds ago; returns the conversation's id."""
    conversation = account.add_conversation(bot_id=bot_id, conversation_id=conversation_id, at=account.now() - ago)
    account.say(conversation.id, "Where is my order?", at=account.now() - ago)
    return conversation.id


def work(services: Services) -> None:
    """Find what is new, and make the cases of all that is due."""
    polling.poll(services)
    while conversation_ids := pipeline.ready(services):
        for conversation_id in conversation_ids:
            pipeline.create_case(conversation_id, services)


def case_of(organisation: Zoho, conversation_id: str) -> str:
    [case_id] = [one for one, case in organisation.cases.items() if case.get(KEY) == conversation_id]
    return case_id


def pass_time(services: Services, clock: Clock, seconds: float) -> None:
    """So many seconds go by at Cody and in the agenda; whatever comes due meanwhile is not worked on."""
    clock.now += seconds
    agenda = f"{services.settings.redis_key_prefix}agenda"
    for conversation_id in services.store.zrange(agenda, 0, -1):
        services.store.zincrby(agenda, -1000 * seconds, conversation_id)


def live(services: Services, clock: Clock, seconds: float, step: float = 60) -> None:
    """The same, with a poll and all work that is due every `step` seconds, and at the end."""
    while seconds > 0:
        pass_time(services, clock, min(step, seconds))
        work(services)
        seconds -= step
