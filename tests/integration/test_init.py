"""`cody2zoho init`, typed by a person in an empty folder, stopped anywhere, and called again."""

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from dotenv import dotenv_values
from processes import working_in

from chats import chat
from cody2zoho.processes.ports import free_port
from cody2zoho.simulators.cody import DEMO_KEY
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Zoho
from terminal import Terminal, at_terminal

Start = Callable[..., "contextmanager[Terminal]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def start(server, account, folder, redis_address, store) -> Callable[..., object]:
    """A terminal in which `init` was called, with simulators that were never set up."""
    server.simulators[1] = Zoho(account.clock)
    chat(account, "Jw9R1NVTVgkK")

    @contextmanager
    def start(**variables: str) -> Iterator[Terminal]:
        given = {"SIMULATORS_URL": server.url, "REDIS_URL": redis_address, **variables}
        with at_terminal("init", "--port", str(free_port()), folder=folder, **given) as terminal:
            yield terminal

    return start


def kept(folder: Path) -> dict[str, str | None]:
    return dict(dotenv_values(folder / ".env"))


def agree(terminal: Terminal) -> None:
    """As a person with a browser does."""
    terminal.see("press Enter.")
    [*_, address] = re.findall(r"http://\S+/oauth/v2/auth\?\S+", terminal.shown)
    assert "Go back to the terminal" in requests.get(address, timeout=20).text


def to_the_end(terminal: Terminal) -> None:
    """Every question, answered mostly with Enter."""
    terminal.see("Set it up with them?").type()
    terminal.see("API key (hidden)").type()
    terminal.see("Whose conversations").type("2")
    from_the_sign_in(terminal)


def from_the_sign_in(terminal: Terminal) -> None:
    terminal.see("browser or code").type()
    agree(terminal)
    terminal.see("signed in to Simulated Company")
    terminal.see("Make them in Zoho's Cases?").type()
    terminal.see("Its name").type("Chat Visitors")
    terminal.see("Since").type("all")
    terminal.see("That makes at most 1 case.").see("Is that right?").type()


def test_from_an_empty_folder_to_the_case_it_would_be(start, server, folder) -> None:
    with start() as terminal:
        to_the_end(terminal)
        terminal.see("Subject").see("Cody Chat - ").see("cody2zoho up")
        assert terminal.end() == 0
        assert "✗" not in terminal.shown
        assert DEMO_KEY not in terminal.shown
    assert server.simulators[1].modules["Cases"].fields["Cody_Conversation_ID"].unique
    assert kept(folder)["CODY_BOT_ID"] == "support"
    assert kept(folder)["ZOHO_CONTACT_NAME"] == "Chat Visitors"
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    # Nothing was made that nobody asked for.
    assert not server.simulators[1].cases
    assert not server.simulators[1].contacts


def test_what_it_leaves_works_without_the_variable(start, server, folder, redis_address) -> None:
    with start() as terminal:
        to_the_end(terminal)
        terminal.end()
    with at_terminal("doctor", folder=folder, REDIS_URL=redis_address) as doctor:
        assert doctor.end() == 0, doctor.shown


def test_a_second_time_it_keeps_what_holds(start, folder) -> None:
    with start() as terminal:
        to_the_end(terminal)
        terminal.end()
    before = (folder / ".env").read_bytes()
    with start() as terminal:
        for question in ("Another key?", "Another bot?", "Sign in anew?", "Its name", "Since [all]"):
            terminal.see(question).type()
        terminal.see("Is that right?").type()
        assert terminal.end() == 0
    assert (folder / ".env").read_bytes() == before


def test_a_second_time_it_changes_what_is_to_be_changed(start, folder) -> None:
    with start() as terminal:
        to_the_end(terminal)
        terminal.end()
    with start() as terminal:
        terminal.see("Another key?").type()
        terminal.see("Another bot?").type("y")
        terminal.see("Whose conversations").type("all")
        terminal.see("Sign in anew?").type()
        terminal.see("Its name, or - for none [Chat Visitors]").type("-")
        terminal.see("Since").type("7d")
        terminal.see("Is that right?").type("n")
        terminal.see("Since").type("12h")
        terminal.see("Is that right?").type()
        assert terminal.end() == 0
    assert (kept(folder)["CODY_BOT_ID"], kept(folder)["ZOHO_CONTACT_NAME"]) == ("all", "")
    assert kept(folder)["SYNC_SINCE"] == "12h"


@pytest.mark.parametrize(
    ("question", "holds", "asked_again"),
    [
        ("API key (hidden)", [], "API key (hidden)"),
        ("press Enter.", ["Another key?", "Another bot?"], "browser or code"),
        ("Since", ["Another key?", "Another bot?", "Sign in anew?"], "Since"),
    ],
)
def test_ctrl_c_anywhere_loses_nothing_and_it_goes_on_from_there(
    start, question: str, holds: list[str], asked_again: str
) -> None:
    with start() as terminal:
        answer_until(terminal, question)
        assert terminal.interrupt() == 130
        assert "What you answered is kept" in terminal.shown
        assert "Traceback" not in terminal.shown
    with start() as again:
        for one in holds:
            again.see(one).type()
        if asked_again == "Since":
            again.see("Its name").type()
        again.see(asked_again)
        assert "Make them in" not in again.shown or asked_again == "Make them in"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
def test_it_ends_as_well_while_it_runs_a_redis_of_its_own(start, folder, key: str) -> None:
    with start(REDIS_URL="") as terminal:
        terminal.see("Set it up with them?").type()
        terminal.see("API key (hidden)").type()
        terminal.see("Whose conversations")
        assert terminal.interrupt(key) == 130
        assert "What you answered is kept" in terminal.shown
        assert "Traceback" not in terminal.shown
    assert not working_in(folder)


def answer_until(terminal: Terminal, question: str) -> None:
    """Answer everything that comes before."""
    for asked, answer in (
        ("Set it up with them?", ""),
        ("API key (hidden)", ""),
        ("Whose conversations", "1"),
        ("browser or code", ""),
        ("press Enter.", None),
        ("Make them in", ""),
        ("Its name", ""),
        ("Since", ""),
    ):
        if asked == question:
            terminal.see(asked)
            return
        if answer is None:
            agree(terminal)
        else:
            terminal.see(asked).type(answer)


def test_a_key_that_cody_refuses_is_asked_for_again_and_never_kept(start, folder) -> None:
    with start() as terminal:
        terminal.see("Set it up with them?").type()
        terminal.see("API key (hidden)").type("wrong-key")
        terminal.see("Cody refuses this key").see("API key (hidden)").type("kéy")
        terminal.see("a character that no key has").see("API key (hidden)").type()
        terminal.see("Cody accepts the key").see("Whose conversations")
        terminal.interrupt()
        assert "wrong-key" not in terminal.shown
    assert kept(folder)["CODY_API_KEY"] == DEMO_KEY


def test_a_bot_that_is_not_there_is_asked_for_again(start) -> None:
    with start() as terminal:
        answer_until(terminal, "Whose conversations")
        terminal.type("7")
        terminal.see("There is no bot 7; write a number from 1 to 2, or all.").see("Whose").type("1,2")
        terminal.see("conversations of Sales, Support")
        terminal.interrupt()


def test_whoever_does_not_agree_may_try_again_with_a_code(start, server) -> None:
    server.simulators[1].knobs.consent = False
    with start() as terminal:
        answer_until(terminal, "press Enter.")
        [*_, address] = re.findall(r"http://\S+/oauth/v2/auth\?\S+", terminal.shown)
        requests.get(address, timeout=20)
        terminal.see("Nobody agreed at Zoho's consent page").see("Try again?").type()
        terminal.see("browser or code").type("code")
        terminal.see("Code (hidden)").type(server.simulators[1].accounts.issue_grant_code())
        terminal.see("signed in to Simulated Company")
        terminal.interrupt()


def test_a_status_that_the_pick_list_lacks_is_chosen_out_of_it(start, server, folder) -> None:
    server.simulators[1].set_pick_list("Cases", "Status", ["-None-", "Neu", "Geschlossen"])
    with start() as terminal:
        answer_until(terminal, "Make them in")
        terminal.type()
        terminal.see('"Closed" is not in the pick list Status; it has Neu, Geschlossen')
        terminal.see("Which one do cases get? [Neu]").type("Geschlossen")
        terminal.see("Its name")
        terminal.interrupt()
    assert kept(folder)["ZOHO_CASE_STATUS"] == "Geschlossen"


def test_what_the_environment_says_is_not_asked_for(start) -> None:
    with start(CODY_BOT_ID="sales") as terminal:
        terminal.see("Set it up with them?").type()
        terminal.see("API key (hidden)").type()
        terminal.see("CODY_BOT_ID comes from the environment").see("conversations of Sales").see("browser or code")
        terminal.interrupt()


def test_when_cody_cannot_be_asked_it_says_so_and_what_was_answered_is_kept(start, server) -> None:
    with start() as terminal:
        terminal.see("Set it up with them?").type()
        terminal.see("API key (hidden)")
        with requests.post(f"{server.url}/control/faults", json={"action": "503", "simulator": "cody"}, timeout=10):
            terminal.type()
        terminal.see("Cody is out of order (503)").see("What you answered is kept. Mend that")
        assert terminal.end() == 1


def test_without_simulators_the_client_is_asked_for_and_again_where_zoho_does_not_know_it(
    start, server, folder
) -> None:
    """As for the real Zoho, but for the addresses."""
    addresses = {"CODY_API_URL": f"{server.url}/api/v1", "ZOHO_ACCOUNTS_URL": server.url, "ZOHO_API_URL": server.url}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in addresses.items()))
    with start(SIMULATORS_URL="") as terminal:
        terminal.see("API key (hidden)").type(DEMO_KEY)
        terminal.see("Whose conversations").type()
        terminal.see("/callback").see("Client id").type("1000.WRONG")
        terminal.see("Client secret (hidden)").type("wrong-secret")
        terminal.see("browser or code").type("code")
        terminal.see("ZohoCRM.modules.cases.READ,").see("Code (hidden)").type("1000.a.code")
        terminal.see("(invalid_client)").see("Try again?").type()
        terminal.see("Another client id and secret?").type()
        terminal.see("Client id").type(DEMO_CLIENT_ID)
        terminal.see("Client secret (hidden)").type(DEMO_CLIENT_SECRET)
        terminal.see("browser or code").type("code")
        terminal.see("Code (hidden)").type(server.simulators[1].accounts.issue_grant_code())
        terminal.see("signed in to Simulated Company")
        terminal.interrupt()
        assert "wrong-secret" not in terminal.shown
        assert DEMO_CLIENT_SECRET not in terminal.shown
    assert kept(folder)["ZOHO_CLIENT_SECRET"] == DEMO_CLIENT_SECRET
    assert kept(folder)["ZOHO_REFRESH_TOKEN"]


def test_the_real_thing_is_not_set_up_while_simulators_stand_in(start, folder) -> None:
    with start() as terminal:
        terminal.see("Set it up with them?").type("n")
        terminal.see("Take SIMULATORS_URL away")
        assert terminal.end() == 2
    assert not (folder / ".env").exists()
