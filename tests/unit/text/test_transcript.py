"""A conversation as text: every word, in order, in parts that fit."""

from zoneinfo import ZoneInfo

import pytest

from cody2zoho.models import Message
from cody2zoho.text import transcript

BERLIN = ZoneInfo("Europe/Berlin")


def said(content: str, machine: bool = False, at: int = 1_755_000_195, **more: bool) -> Message:
    return Message("nOENPtwE9rLL", content, machine, at, **more)


def test_a_line_tells_who_spoke_and_when_in_the_time_zone() -> None:
    text = transcript.text([said("Hello"), said("Hi!", machine=True, at=1_755_000_196)], BERLIN)
    assert text == "[2025-08-12 14:03:15 CEST] User:\nHello\n\n[2025-08-12 14:03:16 CEST] Assistant:\nHi!"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    assert transcript.at(1_761_438_600, BERLIN) == "2025-10-26 02:30:00 CEST"
    assert transcript.at(1_761_442_200, BERLIN) == "2025-10-26 02:30:00 CET"


def test_failed_and_flagged_messages_are_marked() -> None:
    assert "Assistant (failed to answer, flagged):" in transcript.text(
        [said("", True, failed=True, flagged=True)], BERLIN
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("tab\there", "tab\there"),
        ("nul\x00 bell\x07 del\x7f", "nul␀ bell␇ del␡"),
        ("half \ud83d emoji", "half � emoji"),
        ("مرحبا 👋 שלום 你好", "مرحبا 👋 שלום 你好"),
        ("{transcript} <script>alert(1)</script> | a | b |", "{transcript} <script>alert(1)</script> | a | b |"),
    ],
)
def test_whatever_is_typed_becomes_text_that_zoho_takes(typed: str, shown: str) -> None:
    assert transcript.readable(typed) == shown


def test_a_bots_greeting_alone_is_nothing_said() -> None:
    assert not transcript.something_said([])
    assert not transcript.something_said([said("Welcome!", machine=True)])
    assert not transcript.something_said([said(" \n\t "), said("Welcome!", machine=True)])
    assert transcript.something_said([said("Welcome!", machine=True), said("Hi")])


def test_figures_count_messages_and_characters() -> None:
    figures = transcript.figures([said("1234"), said("123", machine=True), said("")])
    assert figures == transcript.Figures(3, 2, 1, 7, 2.3)


def test_no_messages_have_figures_too() -> None:
    assert transcript.figures([]) == transcript.Figures(0, 0, 0, 0, 0.0)


def test_a_digest_changes_with_every_message_and_every_mark() -> None:
    texts = [[said("a")], [said("b")], [said("a"), said("a")], [said("a", flagged=True)], [said("a", failed=True)]]
    assert len({transcript.digest(text) for text in texts}) == len(texts)
    assert transcript.digest([said("a")]) == transcript.digest([said("a")])


@pytest.mark.parametrize(
    "content",
    [
        "word " * 20_000,
        "line of a few words\n" * 5_000,
        "[time] User:\nfew\n\n" * 5_000,
        "x" * 100_000,
        "👋" * 50_000,
        "مرحبا بكم في متجرنا 👋🏽 " * 4_000,
        "a👋" * 30_000,
        "",
    ],
)
def test_parts_fit_and_joined_are_the_whole(content: str) -> None:
    parts = list(transcript.parts(content, 32_000, 1_000))
    assert "".join(parts) == content
    assert transcript.length(parts[0]) <= 1_000
    assert all(transcript.length(part) <= 32_000 for part in parts[1:])
    assert len(parts) <= 2 + transcript.length(content) // 16_000


def test_a_cut_falls_between_messages_if_it_can() -> None:
    first, second = transcript.parts("one two\n\nthree four", 15)
    assert (first, second) == ("one two\n\n", "three four")


def test_an_emoji_counts_twice_as_zohos_strictest_reading_does() -> None:
    assert transcript.length("a👋") == 3
