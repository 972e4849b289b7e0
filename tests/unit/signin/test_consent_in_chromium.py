"""Signing in with a real browser: the consent page, a click, and the page it ends at."""

import re
from collections.abc import Iterator

import pytest
from dotenv import dotenv_values

from chromium import PROGRAM, Chromium, Tab, chromium
from cody2zoho.processes.ports import free_port
from terminal import Terminal, at_terminal

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no Chromium on this machine: apt install chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def terminal(env, tmp_path) -> Iterator[Terminal]:
    with at_terminal("auth", "login", "--no-browser", "--port", str(free_port()), folder=tmp_path) as one:
        yield one.see("press Enter.")


def address(terminal: Terminal) -> str:
    return re.findall(r"http://\S+/oauth/v2/auth\?\S+", terminal.shown)[-1]


def test_a_click_on_accept_signs_in(browser, terminal, env) -> None:
    tab = Tab(browser, (1000, 700))
    tab.open(address(terminal))
    tab.click("button[value=accept]")
    tab.wait_for("document.title.includes('Zoho has your consent')")
    terminal.see("signed in to Simulated Company")
    assert terminal.end() == 0
    # Neither the address bar nor the history has the code.
    tab.wait_for("location.search === ''")
    assert "code=" not in tab.ask("location.href")
    assert tab.complaints() == []
    assert dotenv_values(env)["ZOHO_REFRESH_TOKEN"]


def test_a_click_on_reject_says_how_to_begin_again(browser, terminal, env) -> None:
    tab = Tab(browser, (390, 700), dark=True)
    tab.open(address(terminal))
    tab.click("button[value=reject]")
    tab.wait_for("document.title.includes('No consent')")
    terminal.see("Nobody agreed at Zoho's consent page (access_denied)")
    assert terminal.end() == 1
