"""The status page as people see it: in a real Chromium, wide and narrow, light and dark, with and without a mouse.

`CODY2ZOHO_PICTURES=folder` keeps a picture of every scene, to be looked at.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import PROGRAM, Chromium, Tab, chromium
from cody2zoho.alerts import Alert, Level
from cody2zoho.ledger.records import Held
from cody2zoho.models import Conversation
from cody2zoho.services import Services

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no Chromium on this machine: apt install chromium")

WIDE, PHONE = (1280, 900), (375, 740)


# Tests of one file go to several processes in bits: one a module would be begun again and again.
@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def browser(started: Chromium) -> Iterator[Chromium]:
    yield started
    started.close_tabs()


@pytest.fixture
def calm(plugged, lively, clock) -> Services:
    """A month of chats, of which the latest have just become cases."""
    services = plugged()
    lively()
    store, prefix = services.store, services.settings.redis_key_prefix
    now = clock.now = int(store.time()[0])
    for ago in range(30 * 24):
        came = 4 + (7 * ago) % 9 if 6 < (now // 3600 - ago) % 24 < 20 else ago % 3
        for what in ("seen", "created"):
            store.hset(f"{prefix}metrics:hours", f"{now // 3600 - ago}|{what}", came)
    for number in range(12):
        made(services, f"Jw9R1NVTVg{number:02}", f"57257670000{number:05}")
    services.ledger.add_new([Conversation(f"Waiting{number:05}", "support", now - 60) for number in range(3)])
    return services


@pytest.fixture
def trouble(calm: Services, clock) -> Services:
    """Zoho refuses us, some are parked, a bot is paused, and the worker is gone."""
    store, prefix = calm.store, calm.settings.redis_key_prefix
    park(calm, "Qz3dWnA91Lke", "Zoho refuses Short: it is longer than 5 characters")
    park(calm, "bT7uYh2kPq0s", "Zoho refuses Cody_Rating: it takes whole numbers only")
    clock.now -= 5_000
    calm.paused.pause("sales", "Zoho is being rearranged")
    remedy = "Zoho refuses ZOHO_REFRESH_TOKEN; make a new one as in docs/zoho-setup.md"
    calm.blocks.put("zoho", remedy)
    board, blocked = calm.alerts, "zoho is blocked: no case can be made"
    board.judge("queue", [Alert("queue", Level.HIGH, "system error", "Nobody hands out what is due", "Start workers")])
    board.judge("queue", [])
    board.judge("blocked", [Alert("blocked:zoho", Level.CRITICAL, "auth issue", blocked, remedy)])
    board.judge("parked", [Alert("parked", Level.MEDIUM, "data mismatch", "2 conversations are parked", "Mend it")])
    store.delete(f"{prefix}signs:workers")
    return calm


def made(services: Services, conversation_id: str, case_id: str) -> None:
    services.ledger.add_new([Conversation(conversation_id, "support", 1_755_000_157)])
    services.ledger.created(services.ledger.claim(conversation_id), Held(case_id, 2, "0" * 16, 1_755_000_200))


def park(services: Services, conversation_id: str, reason: str) -> None:
    services.ledger.add_new([Conversation(conversation_id, "support", 1_755_000_157)])
    services.ledger.park(services.ledger.claim(conversation_id), reason)


@pytest.fixture
def look(browser: Chromium, serve) -> Callable[..., Tab]:
    """Opens the page."""

    def look(size: tuple[int, int] = WIDE, *, dark: bool = False, scripts: bool = True, **chosen: Any) -> Tab:
        tab = Tab(browser, size, dark=dark, scripts=scripts)
        tab.open(f"http://127.0.0.1:{serve(**chosen).port}/")
        return tab

    return look


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Tab, str], None]:
    def keep(tab: Tab, name: str) -> None:
        if folder := os.environ.get("CODY2ZOHO_PICTURES"):
            tab.picture(Path(folder) / f"{name}.png")

    return keep


SCENES = [("calm", WIDE, False), ("trouble", WIDE, False), ("trouble", PHONE, False), ("trouble", WIDE, True)]


@pytest.fixture(params=SCENES, ids=lambda scene: f"{scene[0]}-{scene[1][0]}-{'dark' if scene[2] else 'light'}")
def seen(request: pytest.FixtureRequest, look, keep) -> Tab:
    """The page in every light."""
    scene, size, dark = request.param
    request.getfixturevalue(scene)
    tab = look(size, dark=dark)
    keep(tab, request.node.callspec.id)
    return tab


def test_it_looks_well_in_every_light(seen: Tab) -> None:
    """Nothing in the console, nothing from elsewhere, nothing beside the screen, and all of it can be read."""
    assert seen.complaints() == []
    assert seen.requested()
    assert all(url.startswith("http://127.0.0.1:") for url in seen.requested())
    assert seen.ask("document.documentElement.scrollWidth <= innerWidth")
    assert seen.ask(CONTRASTS) == []
    assert seen.ask(UNNAMED) == []
    assert seen.ask(SMALL) == []


def test_everybody_finds_the_way_without_seeing_it(look, trouble) -> None:
    tab = look()
    assert tab.ask("document.documentElement.lang") == "en"
    for landmark in ("header", "main", "footer", "[role=search]", "h1", "[role=status]"):
        assert tab.ask(f"document.querySelectorAll('{landmark}').length") == 1, landmark
    assert tab.ask("[...document.querySelectorAll('h1,h2,h3')].map(e => e.tagName).join(' ')").startswith("H1 H2")
    named = "[...document.querySelectorAll('section')].every(e => e.ariaLabelledByElements?.[0]?.tagName === 'H2')"
    assert tab.ask(named)
    assert (
        tab.ask("(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))") == 0
    )


def test_the_keyboard_goes_through_it_from_above_and_shows_where_it_is(look, trouble) -> None:
    tab = look()
    tops = []
    for _ in range(8):
        tab.press("Tab")
        tops.append(tab.ask("document.activeElement.getBoundingClientRect().top + scrollY"))
        assert tab.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert tab.ask("document.activeElement.closest('#now') !== null")
    assert [round(top / 40) for top in tops] == sorted(round(top / 40) for top in tops)


def test_it_is_live_without_being_loaded_again(look, calm) -> None:
    tab = look()
    tab.ask("window.isTheSame = true")
    assert tab.ask("document.title") == "All is well. cody2zoho"
    calm.store.delete(f"{calm.settings.redis_key_prefix}signs:workers")
    tab.wait_for("document.body.innerText.includes('No worker says that it is well.')")
    assert tab.ask("document.title") == "No cases are being made. cody2zoho"
    assert tab.ask("document.querySelector('[role=status]').textContent") == "No cases are being made."
    assert tab.ask("window.isTheSame")


def test_it_says_so_when_nobody_answers_any_more(browser, plugged, served, calm) -> None:
    tab = Tab(browser, WIDE)
    with served(plugged()) as server:
        tab.open(f"http://127.0.0.1:{server.port}/")
        tab.wait_for("document.getElementById('live').textContent === 'Live'")
    tab.ask("document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait_for("document.getElementById('live').textContent.startsWith('Not live')")


def test_it_says_so_while_it_is_not_renewed_under_a_persons_finger(look, trouble) -> None:
    tab = look()
    tab.click("[aria-label='Dismiss bT7uYh2kPq0s']")
    tab.ask("document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait_for("document.getElementById('live').textContent.startsWith('Held')")
    tab.click("[aria-label='Dismiss bT7uYh2kPq0s']")
    tab.ask("document.activeElement.blur()")
    tab.ask("document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait_for("document.getElementById('live').textContent === 'Live'")


def test_it_says_so_when_an_answer_does_not_come(look, calm) -> None:
    tab = look()
    silence = "(_, { signal }) => new Promise((_, refuse) => signal.addEventListener('abort', refuse))"
    tab.ask(f"window.fetch = {silence}; document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait_for("document.getElementById('live').textContent.startsWith('Not live')")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_click_lets_what_is_parked_begin_anew(look, trouble, scripts: bool) -> None:
    tab = look(scripts=scripts)
    tab.click("[aria-label='Retry Qz3dWnA91Lke']")
    tab.wait_for("!document.querySelector(\"[aria-label='Retry Qz3dWnA91Lke']\")")
    assert trouble.ledger.about("Qz3dWnA91Lke")["state"] == "waiting"
    assert trouble.ledger.about("bT7uYh2kPq0s")["state"] == "parked"


def test_nothing_is_dismissed_or_paused_by_one_click(look, trouble) -> None:
    tab = look()
    tab.click("[aria-label='Dismiss bT7uYh2kPq0s']")
    tab.wait_for("document.querySelector('details[open]')")
    assert trouble.ledger.about("bT7uYh2kPq0s")["state"] == "parked"
    tab.click("details[open] button")
    # Between two pages there is nothing at all.
    tab.wait_for(
        "document.querySelector('form[action=\"/pause\"]')"
        " && !document.querySelector(\"[aria-label='Dismiss bT7uYh2kPq0s']\")"
    )
    assert trouble.ledger.about("bT7uYh2kPq0s")["state"] == "dismissed"
    assert tab.ask("document.querySelector('form[action=\"/pause\"]').closest('details').open") is False


def test_a_paused_bot_goes_on_with_a_click(look, trouble) -> None:
    tab = look()
    tab.click("[aria-label='Resume bot sales']")
    tab.wait_for("!document.querySelector('.notice')")
    assert trouble.paused.current() == []


def test_a_conversation_is_searched_for_by_its_id(look, calm, keep) -> None:
    tab = look()
    tab.click("#q")
    tab.type("Jw9R1NVTVg03")
    tab.press("Enter")
    tab.wait_for("document.getElementById('life')?.textContent === 'Conversation Jw9R1NVTVg03'")
    assert tab.ask("document.getElementById('q').value") == "Jw9R1NVTVg03"
    keep(tab, "searched")


def test_somebody_enters_with_the_token_and_nobody_without(look, calm, keep) -> None:
    tab = look(ops_token="hush-hush")
    keep(tab, "login")
    assert tab.ask(CONTRASTS) == tab.ask(UNNAMED) == []
    tab.type("wrong")
    tab.press("Enter")
    tab.wait_for("document.querySelector('[role=alert]')?.textContent === 'That is not the token.'")
    tab.wait_for("document.activeElement.id === 'token'")
    tab.type("hush-hush")
    tab.press("Enter")
    tab.wait_for("document.querySelector('.verdict')")
    assert "hush" not in tab.ask("document.cookie + document.body.innerHTML + location.href")
    keep(tab, "entered")
    tab.click("footer button")
    tab.wait_for("document.activeElement?.id === 'token'")


#: Text that is not four and a half times as light or dark as what is behind it (three times where it is large).
CONTRASTS = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = part => part <= 10 ? part / 3294.6 : ((part / 255 + .055) / 1.055) ** 2.4;
  const light = colour => (([r, g, b]) => .2126 * r + .7152 * g + .0722 * b)(rgba(colour).map(linear));
  const ground = e => e ? getComputedStyle(e).backgroundColor : 'white';
  const behind = e => rgba(ground(e))[3] ? ground(e) : behind(e.parentElement);
  const hasText = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const isSeen = e => e.checkVisibility() && !e.closest('svg, .unseen');
  return [...document.body.querySelectorAll('*')].filter(e => hasText(e) && isSeen(e)).filter(e => {
    const style = getComputedStyle(e), [a, b] = [light(style.color), light(behind(e))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5);
  }).map(e => `${e.tagName} ${e.textContent.trim().slice(0, 30)}`);
})()
"""

#: What can be used, or seen, and has no name to be told.
UNNAMED = """
[...document.querySelectorAll('a, button, input, summary, img, svg')].filter(e => {
  const name = e.ariaLabel || e.textContent.trim() || e.labels?.length;
  return e.tagName === 'IMG' ? !e.hasAttribute('alt') : !name;
}).map(e => e.outerHTML.slice(0, 80))
"""

#: Too small for a finger: below 24 pixels (WCAG 2.5.8).
SMALL = """
[...document.querySelectorAll('button, input, summary')].filter(e => e.checkVisibility()).filter(e => {
  const { width, height } = e.getBoundingClientRect();
  return width < 24 || height < 24;
}).map(e => e.outerHTML.slice(0, 80))
"""
