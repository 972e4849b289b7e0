"""The status page: what a support lead sees, and what nobody sees."""

import re

import pytest

from chats import case_of, chat, work
from cody2zoho.alerts import Alert, Level
from cody2zoho.models import Conversation
from waiting import eventually


@pytest.fixture
def parked(plugged) -> str:
    ledger = plugged().ledger
    ledger.add_new([Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)])
    ledger.park(ledger.claim("Jw9R1NVTVgkK"), "Zoho refuses <Short> of this")
    return "Jw9R1NVTVgkK"


def test_it_shows_what_became_a_case_and_what_is_parked_and_no_customers_word(
    serve, plugged, account, organisation, lively, parked: str
) -> None:
    conversation_id = chat(account)
    work(plugged())
    lively()
    answer = serve().get("/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for shown in (
        conversation_id,
        case_of(organisation, conversation_id),
        parked,
        "worker@one",
        "somebody should look",
    ):
        assert shown in answer.text
    assert f'action="/conversations/{parked}/retry"' in answer.text
    assert f'action="/conversations/{parked}/dismiss"' in answer.text
    assert "Where is my order?" not in answer.text
    assert "&lt;Short&gt;" in answer.text


def test_a_case_is_linked_into_zoho(serve, plugged, account, organisation) -> None:
    conversation_id = chat(account)
    work(plugged())
    case_id = case_of(organisation, conversation_id)
    browser = serve(zoho_accounts_url="https://accounts.zoho.eu", zoho_api_url="")
    assert f'href="https://crm.zoho.eu/crm/tab/Cases/{case_id}"' in browser.get("/").text


def test_a_conversation_is_found_by_its_id(serve, plugged, account) -> None:
    conversation_id = chat(account)
    work(plugged())
    text = serve().get(f"/?q={conversation_id}").text
    assert f"Conversation {conversation_id}" in text
    assert "was made" in text
    assert "Where is my order?" not in text


def test_a_button_of_the_page_leads_back_to_it(serve, plugged, parked: str) -> None:
    browser = serve()
    origin = f"http://127.0.0.1:{browser.port}"
    headers = {"Accept": "text/html,*/*", "Origin": origin, "Sec-Fetch-Site": "same-origin"}
    answer = browser.ask("POST", f"/conversations/{parked}/retry", headers)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert plugged().ledger.about(parked)["state"] == "waiting"
    assert f"/conversations/{parked}/retry" not in browser.get("/").text


def test_a_button_of_a_page_that_is_old_leads_to_how_things_are(serve, parked: str) -> None:
    browser, headers = serve(ops_token="hush"), {"Accept": "text/html"}
    path = f"/conversations/{parked}/retry"
    refused = browser.ask("POST", path, headers)
    assert (refused.status, refused.headers["location"]) == (303, "/")
    answers = [browser.ask("POST", path, {**headers, "Authorization": "Bearer hush"}) for _ in range(2)]
    assert [(one.status, one.headers["location"]) for one in answers] == [(303, "/")] * 2


def test_a_browser_enters_with_the_token_and_keeps_no_token(serve) -> None:
    browser = serve(ops_token="hush-hush")
    assert browser.get("/").status == 401
    assert 'type="password"' in browser.get("/").text
    assert browser.post("/login", "token=wrong").status == 401
    answer = browser.post("/login", "token=hush-hush")
    cookie = answer.headers["set-cookie"]
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "hush" not in cookie
    assert {"HttpOnly", "SameSite=strict"} <= set(re.split(r"; ", cookie))
    assert browser.get("/", Cookie=cookie.partition(";")[0]).status == 200
    assert serve(ops_token="another").get("/", Cookie=cookie.partition(";")[0]).status == 401


def entered(browser, token: str) -> str:
    return browser.post("/login", f"token={token}").headers["set-cookie"].partition(";")[0]


def test_a_browser_that_logs_out_has_to_enter_again(serve) -> None:
    browser = serve(ops_token="hush-hush")
    cookie = entered(browser, "hush-hush")
    assert 'action="/logout"' in browser.get("/", Cookie=cookie).text
    answer = browser.post("/logout", "", Cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == cookie.partition("=")[0]
    assert "Max-Age=0" in rest


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer hush"}])
def test_whoever_has_not_entered_by_browser_has_nothing_to_log_out_of(serve, headers: dict[str, str]) -> None:
    browser = serve(ops_token="hush")
    assert 'action="/logout"' not in browser.get("/", **headers).text
    assert "set-cookie" not in browser.post("/logout", "", **headers).headers


def test_another_site_cannot_log_somebody_out(serve) -> None:
    browser = serve(ops_token="hush")
    cookie = entered(browser, "hush")
    answer = browser.post("/logout", "", Cookie=cookie, Origin="https://elsewhere.example")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_two_installations_on_one_host_do_not_log_each_other_out(serve) -> None:
    """Browsers keep cookies by host and name, whatever the port."""
    one, other = serve(ops_token="hush-one"), serve(ops_token="hush-other")
    cookies = [entered(one, "hush-one"), entered(other, "hush-other")]
    assert len({cookie.partition("=")[0] for cookie in cookies}) == 2
    assert {each.get("/", Cookie="; ".join(cookies)).status for each in (one, other)} == {200}


def test_behind_tls_the_cookie_keeps_to_tls_by_the_browsers_own_word(serve) -> None:
    browser = serve(ops_token="hush")

    def is_secure(**headers: str) -> bool:
        return "Secure" in browser.post("/login", "token=hush", **headers).headers["set-cookie"].split("; ")

    assert is_secure(Host="status.example", Origin="https://status.example")
    assert not is_secure(Host="status.example", Origin="http://status.example")
    assert not is_secure(X_Forwarded_Proto="https")


def test_another_site_cannot_enter_for_somebody(serve) -> None:
    answer = serve(ops_token="hush").post("/login", "token=hush", Origin="https://elsewhere.example")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_without_redis_the_page_says_so(serve) -> None:
    answer = serve(redis_url="redis://127.0.0.1:1/0").get("/")
    assert (answer.status, "Redis does not answer" in answer.text) == (200, True)


@pytest.mark.parametrize("file", ["page.css", "page.js", "icon.svg"])
def test_what_the_page_needs_comes_from_here(serve, file: str) -> None:
    browser = serve(ops_token="hush")
    assert browser.get(f"/assets/{file}").status == 200
    assert f"/assets/{file}" in browser.get("/").text or file == "page.js"


def test_all_is_well_only_where_nobody_is_needed(serve, plugged, lively, clock) -> None:
    lively()
    board, browser = plugged().alerts, serve()
    assert "All is well." in browser.get("/").text
    board.judge("feed", [Alert("feed:x", Level.LOW, "system error", "Later words arrive later", "Nothing")])
    assert "All is well." in serve().get("/").text
    board.judge("late", [Alert("late", Level.HIGH, "system error", "<b>One</b> waits", "Run `cody2zoho why <ID>`")])
    text = serve().get("/").text
    assert "All is well." not in text
    assert "&lt;b&gt;One&lt;/b&gt; waits" in text
    assert "Run <code>cody2zoho why &lt;ID&gt;</code>" in text


def test_charts_have_words_for_who_cannot_see_them(serve, plugged, account) -> None:
    chat(account)
    work(plugged())
    labels = re.findall(r'role="img" aria-label="([^"]*)"', serve().get("/fragment").text)
    assert labels == [
        "The last 24 hours: 1 conversations came in, 1 became cases",
        "The last 30 days: 1 conversations came in, 1 became cases",
    ]


def test_a_page_opened_right_after_the_start_raises_no_alarm(serve, plugged, lively, store) -> None:
    assert "It is starting; within a minute" in serve().get("/").text
    lively()
    browser, prefix = serve(closed=True), plugged().settings.redis_key_prefix
    assert "It is starting" not in browser.get("/").text
    store.delete(f"{prefix}signs:workers")
    eventually(lambda: "No cases are being made." in browser.get("/").text)
    plugged().blocks.put("zoho", "Zoho refuses ZOHO_REFRESH_TOKEN")
    assert "No cases are being made." in serve().get("/").text


def test_a_page_of_what_is_paused_does_not_say_that_all_is_well_and_counts_what_waits(serve, plugged, lively) -> None:
    lively()
    services = plugged()
    services.ledger.add_new([Conversation(f"Waiting{number}", "support", 1_755_000_157) for number in range(3)])
    services.paused.pause("support", "")
    text = serve().get("/").text
    assert "<b>3</b> waiting" in text
    assert "3 put aside until what is paused is resumed" in text
    assert "Nothing waits" not in text
    services.paused.resume(None)
    services.paused.pause(None, "")
    text = serve().get("/").text
    assert "Everything is paused: no new case is begun." in text
    assert "All is well" not in text
    assert text.count(">resumed</td>") == 3


def test_nothing_is_well_while_a_bot_is_blocked(serve, plugged, lively) -> None:
    lively()
    plugged().blocks.put("bot sales", "There is no bot sales at Cody")
    assert "All is well" not in serve().get("/").text


def test_an_hour_is_named_by_when_it_begins_where_a_zone_is_half_an_hour_off(serve) -> None:
    labels = re.findall(r"<title>(\d\d:\d\d): ", serve(time_zone="Asia/Kolkata").get("/fragment").text)
    assert len(labels) == 24
    assert {one[3:] for one in labels} == {"30"}


def test_what_must_be_read_first_is_not_told_as_being_read_while_no_worker_runs(serve) -> None:
    text = serve().get("/fragment").text
    assert "No worker says that it is well." in text
    assert "is being read" not in text


def test_a_button_that_resumes_single_bots_too_says_so(serve, plugged) -> None:
    plugged().paused.pause(None, "")
    assert ">Resume</button>" in serve().get("/fragment").text
    plugged().paused.pause("support", "")
    text = serve().get("/fragment").text
    assert (text.count(">Resume all</button>"), text.count(">Resume</button>")) == (1, 1)
