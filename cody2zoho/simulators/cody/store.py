"""Cody's database: the records, their lists, and the work that is due later."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import count

from cody2zoho.simulators.wire import Clock

from .hashids import Hashids
from .records import Bot, Conversation, Document, Folder, Message, Record
from .shelf import Shelf

#: One salt for every kind of record, as at the real Cody: bot 1 and conversation 1 have the same id.
SALT = "simulated cody"
HASHIDS = Hashids(SALT)


class Store:
    """Tables by id and shelves by age; it keeps both in step and knows nothing of HTTP."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.bots: dict[str, Bot] = {}
        self.conversations: dict[str, Conversation] = {}
        self.messages: dict[str, Message] = {}
        self.folders: dict[str, Folder] = {}
        self.documents: dict[str, Document] = {}
        #: Deleted conversations, for the audit: their cases are neither expected nor wrong.
        self.deleted: set[str] = set()
        self.newest_bots: Shelf[Bot] = Shelf()
        self.newest_folders: Shelf[Folder] = Shelf()
        self.newest_documents: Shelf[Document] = Shelf()
        self.newest_conversations: Shelf[Conversation] = Shelf()
        self.newest_messages: Shelf[Message] = Shelf()
        self.conversations_of: dict[str, Shelf[Conversation]] = defaultdict(Shelf)
        self.messages_of: dict[str, Shelf[Message]] = defaultdict(Shelf)
        self._numbers = {table: count(1) for table in ("bot", "conversation", "message", "folder", "document")}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._turn = count()

    # -- identity -----------------------------------------------------------------------------

    def identity(self, table: str, taken: Mapping[str, Record], given: str | None) -> tuple[int, str]:
        """The next number of a table and the id to go with it, or the id that the caller brings along."""
        if given is not None and given in taken:
            raise ValueError(f"there is a {table} {given} already")
        for number in self._numbers[table]:
            own = given or HASHIDS.encode(number)
            if own not in taken:
                return number, own
        raise AssertionError("count() never ends")

    # -- rows ---------------------------------------------------------------------------------

    def put_bot(self, bot: Bot) -> Bot:
        self.bots[bot.id] = bot
        self.newest_bots.put(bot)
        return bot

    def put_folder(self, folder: Folder) -> Folder:
        self.folders[folder.id] = folder
        self.newest_folders.put(folder)
        return folder

    def put_document(self, document: Document) -> Document:
        self.documents[document.id] = document
        self.newest_documents.put(document)
        return document

    def drop_document(self, document: Document) -> None:
        del self.documents[document.id]
        self.newest_documents.drop(document)

    def put_conversation(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.id] = conversation
        self.newest_conversations.put(conversation)
        self.conversations_of[conversation.bot_id].put(conversation)
        return conversation

    def move_conversation(self, conversation: Conversation, bot_id: str) -> None:
        self.conversations_of[conversation.bot_id].drop(conversation)
        conversation.bot_id = bot_id
        self.conversations_of[bot_id].put(conversation)

    def drop_conversation(self, conversation: Conversation) -> None:
        """The conversation leaves every list, and its messages with it."""
        del self.conversations[conversation.id]
        self.newest_conversations.drop(conversation)
        self.conversations_of[conversation.bot_id].drop(conversation)
        for message in self.messages_of.pop(conversation.id, ()):
            del self.messages[message.id]
            self.newest_messages.drop(message)
        self.deleted.add(conversation.id)

    def put_message(self, message: Message) -> Message:
        self.messages[message.id] = message
        self.newest_messages.put(message)
        self.messages_of[message.conversation_id].put(message)
        conversation = self.conversations[message.conversation_id]
        conversation.active_at = max(conversation.active_at, message.created_at)
        conversation.revision += 1
        return message

    # -- time ---------------------------------------------------------------------------------

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Does the work at the first look at the store after `seconds`; at once when there are none."""
        if seconds <= 0:
            work()
        else:
            heapq.heappush(self._due, (self.clock() + seconds, next(self._turn), work))

    def settle(self) -> None:
        """Does all work that has become due by the clock."""
        while self._due and self._due[0][0] <= self.clock():
            heapq.heappop(self._due)[2]()
