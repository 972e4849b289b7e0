"""`cody2zoho redis performance|report|watch`: measured, written down, and seen again and again."""

import json
import os
import re
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
import redis

from cody2zoho.alerts import Level
from cody2zoho.processes.ports import free_port
from cody2zoho.settings import Settings
from cody2zoho.tending.measuring import measure
from cody2zoho.tending.page import _three, bars, line
from cody2zoho.tending.watch import watch
from cody2zoho.text.amounts import size

PREFIX = "{cody2zoho}:"
WORDS = ("Ada", "secret", "their words", "a message")


def test_each_operation_is_measured_and_nothing_is_left_behind(call, filled: redis.Redis) -> None:
    before = set(filled.keys())
    found = json.loads(call("performance", "--seconds", "0.3", "--json").stdout)
    assert [one["operation"] for one in found["latencies"]] == [
        "ping",
        "write",
        "read",
        "script, as a claim",
        "50 reads in one",
    ]
    for one in found["latencies"]:
        assert one["count"] > 1
        assert 0 < one["half"] <= one["most"] <= one["worst"]
    assert found["commands_per_second"] > 100
    assert set(filled.keys()) == before


def test_a_measuring_that_is_cut_short_leaves_nothing_behind(filled: redis.Redis) -> None:
    before = set(filled.keys())
    ticks = count()

    def clock() -> float:
        if next(ticks) == 40:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        measure(filled, PREFIX, "", 60, clock)
    assert set(filled.keys()) == before


def test_what_is_measured_is_shown_as_a_table(call, filled: redis.Redis) -> None:
    shown = call("performance", "--seconds", "0.1")
    assert shown.exit_code == 0
    assert re.search(r"^script, as a claim( +[\d.]+){3} +\d+$", shown.stdout, re.MULTILINE)


def test_where_info_is_refused_latencies_are_told_all_the_same(limited, store: redis.Redis) -> None:
    shown = limited("performance", "--seconds", "0.1")
    assert shown.exit_code == 0
    assert "ping" in shown.stdout
    assert "all clients" not in shown.stdout
    assert "This Redis refuses INFO" in shown.stderr


class Reading(HTMLParser):
    """What a page loads, and its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "action", "data")]


def test_the_page_has_charts_and_needs_nothing_from_outside(call, filled: redis.Redis, tmp_path: Path) -> None:
    assert call("report", "--format", "html", "--output", str(tmp_path / "r.html"), "--seconds", "0.2").exit_code == 0
    text = (tmp_path / "r.html").read_text()
    page = Reading()
    page.feed(text)
    assert page.loads == []
    assert page.tags.count("svg") >= 4
    assert "script" not in page.tags
    assert not re.search(r"url\(|@import|https?://", text)
    assert not any(word in text for word in WORDS)


def test_what_the_page_names_is_text_and_no_markup(
    call, store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_KEY_PREFIX", "<i>:")
    store.config_set("slowlog-log-slower-than", 0)
    store.get("<i>:ledger")
    store.config_set("slowlog-log-slower-than", 10_000)
    call("report", "--format", "html", "--output", str(tmp_path / "r.html"), "--seconds", "0.1")
    store.slowlog_reset()
    text = (tmp_path / "r.html").read_text()
    assert "GET &lt;i&gt;:ledger" in text
    assert "<i>" not in text


def test_a_report_says_the_same_in_each_form(call, filled: redis.Redis, tmp_path: Path) -> None:
    as_json = json.loads(call("report", "--format", "json", "--seconds", "0.1").stdout)
    markdown = call("report", "--seconds", "0.1").stdout
    assert markdown.startswith(f"# Redis: {as_json['health']['score']} of 100\n")
    assert as_json["kinds"]["tokens"]["keys"] == 1
    assert re.search(r"^\| 1 \| tokens \|", markdown, re.MULTILINE)
    assert "**persistence**, medium, −15" in markdown


def test_a_folder_gets_a_file_with_the_date_in_its_name(call, store: redis.Redis, tmp_path: Path) -> None:
    done = call("report", "--output", str(tmp_path), "--seconds", "0.1")
    [file] = tmp_path.glob("redis-20*.md")
    assert done.stdout.endswith(f"written to {file}\n")


def test_a_folder_that_is_missing_is_made(call, store: redis.Redis, tmp_path: Path) -> None:
    call("report", "--output", str(tmp_path / "this" / "week"), "--seconds", "0")
    assert len([*tmp_path.glob("this/week/redis-20*.md")]) == 1


def test_a_device_is_written_to_and_not_replaced(call, store: redis.Redis, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.symlink_to(os.devnull)
    assert call("report", "--output", str(nowhere), "--seconds", "0").exit_code == 0
    assert nowhere.is_symlink()
    assert [*tmp_path.iterdir()] == [nowhere]


def test_a_report_that_cannot_be_written_is_told_as_that(call, store: redis.Redis, tmp_path: Path) -> None:
    done = call("report", "--output", str(tmp_path / "none" / "r.md"), "--seconds", "0.1")
    assert done.exit_code == 2
    assert "r.md cannot be written: No such file or directory." in done.stderr


def test_bars_fill_their_room_and_nothing_is_drawn_outside() -> None:
    drawn = bars([("a", "1", 1.0, 2.0), ("b", "0", 0.0, 0.0)])
    assert (drawn[0].width, drawn[0].reach, drawn[1].reach) == (180.0, 360.0, 1.0)
    assert bars([]) == []
    assert line("t", [0, 1, 2], [5, 10, 0], str).points == "0.0,47.0 320.0,4.0 640.0,90.0"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (12_345_678, "12 MB"), (3e15, "3000 TB")],
)
def test_sizes_are_written_as_people_do(count: float, words: str) -> None:
    assert size(count) == words


class Hours:
    """A clock that moves only where somebody pauses."""

    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def test_watch_looks_at_the_beginning_and_for_as_long_as_told(settings: Settings, store: redis.Redis) -> None:
    hours = Hours(float(store.time()[0]))
    seen = list(watch(settings, store, 60, 5, hours, hours.pause))
    assert [round(one.second - seen[0].second) for one in seen] == [0, 60, 120, 180, 240, 300]
    assert seen[0].commands_per_second is None
    assert seen[1].commands_per_second is not None
    assert seen[1].commands_per_second > 0
    assert "clock" in seen[-1].wrong


def test_watch_sees_a_redis_that_goes_away_and_comes_back(settings: Settings, store: redis.Redis) -> None:
    gone = redis.Redis.from_url(f"redis://127.0.0.1:{free_port()}/0", socket_timeout=1)
    hours = Hours(float(store.time()[0]))
    clients = iter([store, gone, store])

    class Flapping:
        def __getattr__(self, name: str) -> object:
            return getattr(self.client, name)

    flapping = Flapping()
    flapping.client = next(clients)  # type: ignore[attr-defined]

    def pause(seconds: float) -> None:
        hours.now += 1
        flapping.client = next(clients)  # type: ignore[attr-defined]

    seen = list(watch(settings, flapping, 1, 2 / 60, hours, pause))  # type: ignore[arg-type]
    assert [(one.wrong == ("answers",), one.worst is Level.CRITICAL) for one in seen] == [
        (False, False),
        (True, True),
        (False, False),
    ]


def test_watch_writes_one_line_of_json_a_look_and_ends_with_the_worst(call, store: redis.Redis) -> None:
    done = call("watch", "--interval", "1", "--minutes", "0", "--json")
    [told] = [json.loads(one) for one in done.stdout.splitlines()]
    assert told["wrong"] == ["limit", "persistence"]
    assert done.exit_code == 1


def test_watch_shows_a_line_below_its_headings(call, store: redis.Redis) -> None:
    heading, seen = call("watch", "--interval", "1", "--minutes", "0").stdout.splitlines()
    assert heading.split()[:3] == ["time", "score", "commands/s"]
    assert seen.endswith("limit, persistence")


@pytest.mark.parametrize(
    ("figure", "shown"),
    [(0.333, "0.33"), (9.994, "9.99"), (9.996, "10.0"), (12.01, "12.0"), (99.96, "100"), (1250.4, "1250")],
)
def test_a_figure_of_a_slow_redis_has_room_in_the_chart(figure: float, shown: str) -> None:
    assert _three(figure) == shown
