"""What stands in the unique field of a case: the conversation's id, made distinct where Zoho cannot tell two apart."""


def distinct_key(conversation_id: str) -> str:
    """An id that stays itself where case is ignored: followed by a number whose bits are its capitals."""
    capitals = sum(1 << place for place, character in enumerate(conversation_id) if character.isupper())
    return f"{conversation_id}~{capitals:x}"


def conversation_of(key: str) -> str:
    """The conversation that a case with this key belongs to."""
    return key.partition("~")[0]
