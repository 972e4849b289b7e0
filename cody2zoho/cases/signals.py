"""What a conversation shows about the bot: that it failed, that something was flagged, that it did not know."""

from collections.abc import Iterable
from enum import StrEnum

from cody2zoho.models import Message


class Signal(StrEnum):
    FAILED = "failed"  # Cody marked a message: the generation of an answer failed
    FLAGGED = "flagged"  # Cody marked a message: it violates the usage policy
    UNANSWERED = "unanswered"  # the bot said that it does not know


#: How bots say that they do not know, from Cody's own wording and the usual prompts; in lower case, plain apostrophes,
#: and ss for ß, as `compared` leaves them.
PHRASES = (
    *("not in my knowledge base", "unable to find", "could not find any", "couldn't find any"),
    *("i don't have information", "i do not have information", "i don't have any information", "i have no information"),
    *("i don't have enough information", "i do not have enough information", "i don't have access to"),
    *("i'm sorry, i don't know", "i am sorry, i don't know", "i don't know the answer", "i do not know the answer"),
    *("i'm not able to answer", "i am not able to answer", "i cannot answer", "i can't answer", "unable to answer"),
    *("not able to find", "is not mentioned in", "does not contain information", "doesn't contain information"),
    *("keine informationen", "weiss ich leider nicht", "kann ich leider nicht beantworten", "nicht in meiner wissens"),
    *("konnte ich nichts finden", "kann ich ihnen leider nicht sagen", "liegen mir nicht vor"),
    *("je n'ai pas d'information", "je ne dispose pas d'information", "je ne trouve pas", "je ne peux pas répondre"),
    *("pas dans ma base de connaissances", "je n'ai pas trouvé"),
    *("no tengo información", "no dispongo de información", "no puedo responder", "no encontré información"),
    *("no está en mi base de conocimiento",),
    *("não tenho informaç", "não disponho de informaç", "não encontrei informaç", "não consigo responder"),
    *("não consta na minha base de conhecimento",),
    *("non ho informazioni", "non dispongo di informazioni", "non posso rispondere", "non sono riuscito a trovare"),
    *("ik heb geen informatie", "kan ik niet beantwoorden", "niet in mijn kennisbank"),
    *("nie mam informacji", "nie znalazłem informacji", "nie mogę odpowiedzieć"),
    *(
        "没有相关信息",
        "无法找到",
        "无法回答",
        "情報が見つかりません",
        "お答えできません",
        "لا أملك معلومات",
        "ليس لدي معلومات",
    ),
)


def compared(text: str) -> str:
    """As phrases are compared: lower case, straight apostrophes, single blanks."""
    return " ".join(text.replace("’", "'").casefold().split())


def shown(signal: Signal, messages: Iterable[Message], phrases: Iterable[str]) -> bool:
    """Whether a conversation shows it; `phrases` are as `compared` leaves them."""
    match signal:
        case Signal.FAILED:
            return any(message.failed for message in messages)
        case Signal.FLAGGED:
            return any(message.flagged for message in messages)
        case Signal.UNANSWERED:
            answers = [compared(message.content) for message in messages if message.by_machine]
            return any(phrase in answer for phrase in phrases for answer in answers)


def answered(messages: Iterable[Message], phrases: Iterable[str]) -> bool:
    """Whether the visitor got answers: the bot spoke after him, did not fail, and never said that it does not know."""
    said = [message for message in messages if message.content.strip()]
    spoke = next((place for place, message in enumerate(said) if not message.by_machine), len(said))
    return any(message.by_machine for message in said[spoke:]) and not any(
        shown(signal, said, phrases) for signal in (Signal.FAILED, Signal.UNANSWERED)
    )
