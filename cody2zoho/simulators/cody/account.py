"""One customer of Cody: bots, conversations and what happens to them. Tests and scripted chats drive this."""

import random
from collections.abc import Callable, Iterable, Sequence

from cody2zoho.simulators.corpus import CorpusConversation
from cody2zoho.simulators.wire import Clock

from .knobs import CodyKnobs
from .records import Bot, Conversation, Document, Folder, Message
from .store import Store

#: The key that a fresh simulator accepts.
DEMO_KEY = "simulated-cody-key"
GENERATION_FAILED = "Sorry, something went wrong while generating the reply. Please try again."


def parrot(question: str) -> str:
    """The bot's answer unless a test brings its own."""
    return f"Thank you, I have noted this: {question}"


class Account:
    """Times are Unix seconds; `at=None` means now. Unknown ids raise KeyError."""

    def __init__(self, *, clock: Clock, knobs: CodyKnobs | None = None, keys: Iterable[str] = (DEMO_KEY,)) -> None:
        self.clock = clock
        self.knobs = knobs or CodyKnobs()
        self.keys = set(keys)
        self.store = Store(clock)
        self.dice = random.Random(0)
        self.answer: Callable[[str], str] = parrot
        self.files_in_conversion = 0

    def now(self) -> int:
        return int(self.clock())

    def change_key(self, key: str) -> None:
        """From now on only `key` opens the account; all older ones get 401."""
        self.keys = {key}

    # -- bots and conversations ---------------------------------------------------------------

    def add_bot(
        self,
        name: str = "Support",
        *,
        bot_id: str | None = None,
        model: str = "gpt-4",
        description: str | None = None,
        at: float | None = None,
    ) -> Bot:
        number, own_id = self.store.identity("bot", self.store.bots, bot_id)
        return self.store.put_bot(Bot(number, own_id, self._second(at), name, model, description))

    def add_conversation(
        self,
        name: str | None = None,
        *,
        bot_id: str | None = None,
        conversation_id: str | None = None,
        at: float | None = None,
        document_ids: Sequence[str] = (),
    ) -> Conversation:
        """A conversation with nobody's words in it; of the first bot, unless told otherwise."""
        bot = self.store.bots[bot_id] if bot_id else self._first_bot()
        number, own_id = self.store.identity("conversation", self.store.conversations, conversation_id)
        second = self._second(at)
        conversation = Conversation(number, own_id, second, name, bot.id, list(document_ids), active_at=second)
        return self.store.put_conversation(conversation)

    def load(self, conversations: Iterable[CorpusConversation]) -> None:
        """Takes over a corpus with its ids and times; bots that it names and nobody knows are made."""
        for given in conversations:
            if given["bot_id"] not in self.store.bots:
                self.add_bot(f"Bot {len(self.store.bots) + 1}", bot_id=given["bot_id"], at=given["created_at"])
            conversation = self.add_conversation(
                given["name"], bot_id=given["bot_id"], conversation_id=given["id"], at=given["created_at"]
            )
            for message in given["messages"]:
                self.say(
                    conversation.id,
                    message["content"],
                    machine=message["machine"],
                    at=message["created_at"],
                    failed_responding=message["failed_responding"],
                    flagged=message["flagged"],
                    message_id=message["id"],
                )

    def rename(self, conversation_id: str, name: str | None) -> None:
        self.store.conversations[conversation_id].name = name

    def move(self, conversation_id: str, bot_id: str) -> None:
        self.store.move_conversation(self.store.conversations[conversation_id], self.store.bots[bot_id].id)

    def delete_conversation(self, conversation_id: str) -> None:
        self.store.drop_conversation(self.store.conversations[conversation_id])

    # -- messages -----------------------------------------------------------------------------

    def say(
        self,
        conversation_id: str,
        content: str | None,
        *,
        machine: bool = False,
        at: float | None = None,
        failed_responding: bool = False,
        flagged: bool = False,
        message_id: str | None = None,
    ) -> Message:
        """One message, of the visitor or of the bot."""
        conversation = self.store.conversations[conversation_id]
        number, own_id = self.store.identity("message", self.store.messages, message_id)
        sources = [known for known in conversation.document_ids if known in self.store.documents] if machine else []
        message = Message(
            number, own_id, self._second(at), content, machine, failed_responding, flagged, conversation.id, sources
        )
        return self.store.put_message(message)

    def ask(self, conversation_id: str, content: str) -> Message:
        """A turn: the question now, the reply stamped one second later; returns the finished reply.

        With `reply_latency_seconds` the reply reaches the lists later, or waits there with empty content.
        """
        now = self.now()
        self.say(conversation_id, content, at=now)
        if self.knobs.generation_fails:
            return self.say(conversation_id, GENERATION_FAILED, machine=True, at=now + 1, failed_responding=True)
        return self._reply(conversation_id, self.answer(content), now + 1)

    def _reply(self, conversation_id: str, text: str, at: int) -> Message:
        reply = self.say(conversation_id, text, machine=True, at=at)
        if self.knobs.reply_latency_seconds > 0:
            self._hold_back(reply, text)
        return Message(**{**vars(reply), "content": text})

    def _hold_back(self, reply: Message, text: str) -> None:
        """Takes the text (or the whole row) out of sight until the latency is over."""
        conversation = self.store.conversations[reply.conversation_id]
        if self.knobs.placeholder:
            reply.content = ""
        else:
            self.store.newest_messages.drop(reply)
            self.store.messages_of[conversation.id].drop(reply)
            del self.store.messages[reply.id]

        def finish() -> None:
            if conversation.id not in self.store.conversations:
                return
            reply.content = text
            conversation.revision += 1
            if reply.id not in self.store.messages:
                self.store.put_message(reply)

        self.store.later(self.knobs.reply_latency_seconds, finish)

    # -- folders and documents ----------------------------------------------------------------

    def add_folder(self, name: str, *, at: float | None = None) -> Folder:
        number, own_id = self.store.identity("folder", self.store.folders, None)
        return self.store.put_folder(Folder(number, own_id, self._second(at), name))

    def add_document(
        self, name: str, folder_id: str, *, origin: str = "written", webpage_url: str | None = None
    ) -> Document:
        """A document that is `syncing` until `document_seconds` are over."""
        number, own_id = self.store.identity("document", self.store.documents, None)
        document = Document(number, own_id, self.now(), name, folder_id, "syncing", origin, webpage_url)

        def finish() -> None:
            document.status = "sync_failed" if self.knobs.documents_fail else "synced"

        self.store.put_document(document)
        self.store.later(self.knobs.document_seconds, finish)
        return document

    def convert_file(self, name: str, folder_id: str) -> None:
        """A document that appears, under an id nobody was told, when the conversion is over."""
        self.files_in_conversion += 1

        def finish() -> None:
            self.files_in_conversion -= 1
            self.add_document(name, folder_id, origin="file")

        self.store.later(self.knobs.document_seconds, finish)

    # -----------------------------------------------------------------------------------------

    def _second(self, at: float | None) -> int:
        return self.now() if at is None else int(at)

    def _first_bot(self) -> Bot:
        return next(iter(self.store.bots.values()), None) or self.add_bot()
