"""The bot's Markdown becomes text that reads well, and loses no word, whatever it is."""

import random
import re
import string

import pytest

from cody2zoho.models import Message
from cody2zoho.settings import Settings
from cody2zoho.simulators import texts
from cody2zoho.simulators.generator import generate
from cody2zoho.simulators.words import Said, all_found
from cody2zoho.text import markdown, transcript

ZONE = Settings(simulators_url="http://127.0.0.1:1").zone


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Steps\n\nDo **this**, *then* that.", "Steps\n\nDo this, then that."),
        ("See [our guide](https://a.example/x?y=a_b).", "See our guide (https://a.example/x?y=a_b)."),
        ('[guide](https://a.example "All of it")', "guide (https://a.example All of it)"),
        ("<https://a.example/ü> ![logo](l.png)", "https://a.example/ü logo (l.png)"),
        ("* **A**: one\n* B\n  1. c\n  2. d\n* E\n\nNext", "- A: one\n- B\n  1. c\n  2. d\n- E\n\nNext"),
        ("7. **seven**\n\n   more\n\n8. eight", "7. seven\n\n   more\n\n8. eight"),
        ("[a]: https://a.example\n\n**see** [a]", "[a]: https://a.example\n\nsee [a]"),
        ("> a **b**\n> c", "> a b\n> c"),
        ("Run:\n```bash\nls *.py  # **x**\n```\nThen `exit 0`.", "Run:\n\nbash:\n    ls *.py  # **x**\n\nThen exit 0."),
        ("| Plan | Price |\n|:--|--:|\n| **Free** | 0 € |", "Plan | Price\nFree | 0 €"),
        ("a **b**\n\n***\n\nc", "a b\n\n---\n\nc"),
        ("这是**重点**内容", "这是重点内容"),
        (r"snake\_case and **b**, \\server and \(x\)", r"snake_case and b, \\server and \(x\)"),
    ],
)
def test_what_only_asks_for_a_look_goes_and_what_says_something_stays(written: str, shown: str) -> None:
    assert markdown.plain(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "2*3*4 = 24, and 2**3**4",
        "snake_case_name and __init__x",
        "~~19 €~~ 15 €",
        "+ 49 30 1234\n- 5 °C\n> 18 years",
        "total\n====\n5\n---",
        '{\n  "a_b": ["*x"],\n  "c": 1\n}',
        "| a | b |\n|--|--|\n| 1 | 2 | 3 too many |",
        "&nbsp;&amp; <b>bold</b> <script>alert('*')</script>",
        "[" * 5_000 + "**a**",
        "**b** " * 10_000,
    ],
)
def test_what_is_no_markdown_or_would_lose_something_stays_as_it_was(written: str) -> None:
    assert markdown.plain(written) == written


def test_a_wide_table_is_not_padded() -> None:
    shown = markdown.plain(f"| a | b |\n|--|--|\n| {'x' * 90} | {'y' * 90} |\n| 1 | 2 |")
    assert shown.splitlines() == ["a | b", f"{'x' * 90} | {'y' * 90}", "1 | 2"]


def test_only_what_the_bot_said_is_read_as_markdown() -> None:
    typed = "**mine** <b> `x` _y_ [z](w)"
    said = [Message("1", typed, by_machine=False, created_at=1), Message("2", "**its**", by_machine=True, created_at=2)]
    assert typed in transcript.text(said, ZONE)
    assert transcript.text(said, ZONE).endswith("Assistant:\nits")
    assert transcript.text(said, ZONE, plain=False).endswith("Assistant:\n**its**")


#: What a text is made of, marks more often than anything else.
PIECES = [
    *"*_`#>|-+[]()!\\<~=:.\n\n\n \t",
    "**",
    "```\n",
    "\n    ",
    "|--|--|\n",
    "1. ",
    "- ",
    "](",
    "\n\n",
    "&amp;",
    "http://a",
]
WORDS = ["word", "重点", "مرحبا", "👋🏽", "7", "é", "\u2028", "\u00a0", "\x00", "\ud83d", *string.ascii_letters[:5]]


def made_up(dice: random.Random) -> str:
    return "".join(dice.choice(dice.choice((PIECES, WORDS))) for _ in range(dice.randint(1, 60)))


def test_whatever_it_is_nothing_is_raised_and_no_letter_is_lost_or_moved() -> None:
    dice = random.Random(7)
    changed = 0
    for _ in range(4_000):
        written = transcript.readable(made_up(dice))
        shown = markdown.plain(written)
        changed += shown != written
        assert letters(shown) == letters(written), written
        assert all_found([Said(written, is_markdown=True)], [shown]), written
    assert changed > 500


def test_no_word_of_the_generated_conversations_is_lost() -> None:
    said = [message["content"] or "" for one in generate(250, 3) for message in one["messages"] if message["machine"]]
    shown = [markdown.plain(transcript.readable(content)) for content in said]
    assert all_found([Said(content, is_markdown=True) for content in said], shown)
    assert sum(a != transcript.readable(b) for a, b in zip(shown, said, strict=True)) > 5
    assert markdown.plain(texts.MARKDOWN_TABLE) != texts.MARKDOWN_TABLE
