"""What stands in the unique field of a case: the conversation's id, made distinct where Zoho cannot tell two apart.

Where long silences split a conversation, a later part adds the Unix second of its first message. The first part has
the plain id, so that nothing differs for a conversation of one part.

    Qz3d                    a conversation, or its first part
    Qz3d~1                  the same, where another one has that id in Zoho's eyes
    Qz3d~~1760000000        a later part
    Qz3d~1~~1760000000      the same, made distinct
"""

_PART = "~~"


def key_of(conversation_id: str, since: int = 0) -> str:
    """The key of the part that begins at a Unix second; 0 = the first one."""
    return f"{conversation_id}{_PART}{since}" if since else conversation_id


def distinct_key(key: str) -> str:
    """A key that stays itself where case is ignored: its id is followed by a number whose bits are its capitals."""
    conversation_id, mark, second = key.partition(_PART)
    capitals = sum(1 << place for place, character in enumerate(conversation_id) if character.isupper())
    return f"{conversation_id}~{capitals:x}{mark}{second}"


def conversation_of(key: str) -> str:
    """The conversation that a case with this key belongs to."""
    return key.partition("~")[0]


def whole_of(key: str) -> str:
    """The key without its part."""
    return key.partition(_PART)[0]


def since_of(key: str) -> int:
    """The Unix second at which its part begins; 0 = the first one, or no key of ours."""
    second = key.partition(_PART)[2]
    return int(second) if second.isascii() and second.isdigit() else 0
