"""`doctor` and `setup`: what is wrong is found, named, and mended where it can be."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner, Result

from cody2zoho import configuration, services
from cody2zoho.checks import Finding, Level, all_checks
from cody2zoho.cli import main
from cody2zoho.cli.setup import set_up
from cody2zoho.settings import simulated_credentials
from cody2zoho.simulators.zoho import Zoho
from cody2zoho.sync import polling


def findings(worker: Any) -> dict[str, Finding]:
    return {finding.about: finding for finding in all_checks(worker)}


@pytest.fixture
def run(server, redis_address, store, monkeypatch: pytest.MonkeyPatch):
    """The command line, in this process, against the simulators."""

    def run(*words: str, **environment: str) -> Result:
        # The keys of `plugged`, not those of what is only simulated.
        given = {"SIMULATORS_URL": server.url, "REDIS_URL": redis_address, "REDIS_KEY_PREFIX": "{cody2zoho}:"}
        for name, value in {**given, **environment}.items():
            monkeypatch.setenv(name, value)
        for cached in (configuration.settings, services.services):
            cached.cache_clear()
        return CliRunner().invoke(main, words)

    return run


def test_clocks_that_differ_are_told(plugged, clock) -> None:
    clock.now = time.time() - 60
    assert "differ by 60 seconds" in findings(plugged())["Clock"].words


def test_a_good_set_up_has_nothing_to_mend_but_redis_persistence(plugged, clock) -> None:
    clock.now = time.time()
    levels = {about: finding.level for about, finding in findings(plugged(alert_urls="http://relay/hook")).items()}
    assert levels.pop("Redis disk") is Level.WARNING
    assert set(levels.values()) == {Level.OK}
    assert {"Redis", "Redis memory", "Cody", "Cody bot", "Zoho", "Zoho unique field", "Zoho contact"} <= levels.keys()


@pytest.fixture
def full(store: redis.Redis) -> Iterator[None]:
    """Redis has no room."""
    store.config_set("maxmemory", 1)
    yield
    store.config_set("maxmemory", 0)


def test_a_full_redis_is_not_called_well_nor_away(full, run) -> None:
    shown = run("doctor")
    assert shown.exit_code == 1
    assert "Redis memory: is full, so that nothing new can be noted" in shown.output
    assert "cannot be reached" not in shown.output
    reconciled = run("reconcile")
    assert reconciled.exit_code == 1
    assert reconciled.stderr == "Redis is full: raise its maxmemory.\n"


def test_a_login_that_may_not_look_into_redis_is_no_redis_that_is_away(store, redis_address, run) -> None:
    store.execute_command("ACL", "SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-@dangerous")
    try:
        shown = run("doctor", REDIS_URL=redis_address.replace("unix://", "unix://limited:word@"))
    finally:
        store.execute_command("ACL", "DELUSER", "limited")
    assert "Redis memory: cannot be looked at: INFO is refused" in shown.output
    assert "cannot be reached" not in shown.output
    assert "Zoho unique field" in shown.output


@pytest.mark.parametrize(
    ("chosen", "about", "says", "mend"),
    [
        ({"cody_api_key": "wrong"}, "Cody", "CODY_API_KEY", ""),
        ({"cody_bot_id": "nobody"}, "Cody bot", "there is no bot nobody", "support (Support)"),
        ({"zoho_refresh_token": "wrong"}, "Zoho", "ZOHO_REFRESH_TOKEN", ""),
        ({"zoho_case_status": "Done"}, "Zoho Status", '"Done" is not in the pick list', "ZOHO_CASE_STATUS"),
        ({"zoho_case_origin": "Chat"}, "Zoho Case_Origin", '"Chat" is not in the pick list', "ZOHO_CASE_ORIGIN"),
        ({"follow_up_status": "Again"}, "Zoho Status", '"Again" is not in the pick list', "FOLLOW_UP_STATUS"),
        ({"zoho_contact_id": "123"}, "Zoho contact", "there is no contact 123", "ZOHO_CONTACT_ID"),
        (
            {"zoho_field_map": "conversation_id=Gone"},
            "Zoho unique field",
            "Cases have no field Gone",
            "cody2zoho setup",
        ),
        (
            {"redis_url": "redis://:hush@127.0.0.1:1/0"},
            "Redis",
            "cannot be reached at redis://…@127.0.0.1:1/0",
            "REDIS_URL",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(
    plugged, chosen: dict[str, str], about: str, says: str, mend: str
) -> None:
    finding = findings(plugged(**chosen))[about]
    assert finding.level is Level.FAILED
    assert says in finding.words
    assert mend in finding.mend
    assert "hush" not in str(finding)


def test_an_installation_whose_name_nobody_chose_is_told_how_it_is_called_elsewhere(plugged) -> None:
    assert "Environment" not in findings(plugged())
    told = findings(plugged(alert_urls="json://127.0.0.1:1"))["Environment"]
    assert told.level is Level.OK
    assert "this is production in alerts; write ENVIRONMENT" in told.words
    assert "Environment" not in findings(plugged(alert_urls="json://127.0.0.1:1", ENVIRONMENT="staging"))


CASE_FILE = """\
[case]
priority = "Urgent"
status = "New"
[case.fields]
Nobody = 1
Internal_Comments = 5
Reported_By = "{{ question }}"
Cody_Score = "{{ question }}"
Cody_Done = "yes"
Account_Name = "4876876000000333001"
Due = "{{ started_at }}"
Colours = ["red", "pink"]
Case_Number = "1"
[bots.sales]
status = "Gone"
[[rules]]
when = "failed"
bots = ["elsewhere"]
fields.Type = "Puzzle"
"""


def test_what_the_case_file_writes_is_compared_with_zohos_fields_line_by_line(organisation, plugged) -> None:
    for name, kind in {"Score": "integer", "Done": "boolean"}.items():
        organisation.add_field("Cases", f"Cody {name}", kind)
    organisation.add_field("Cases", "Due", "datetime")
    organisation.add_field("Cases", "Colours", "multiselectpicklist", values=["red", "blue"])
    Path("cody2zoho.toml").write_text(CASE_FILE)
    found = [finding for finding in all_checks(plugged()) if finding.about == "Case file"]
    assert {finding.words.removeprefix("cody2zoho.toml, ") for finding in found} == {
        'line 2: Priority has no "Urgent" in its pick list',
        "line 5: Nobody is no field that Cases show",
        "line 6: Internal_Comments takes a text",
        "line 7: Reported_By takes only 50 characters",
        "line 8: Cody_Score takes a whole number",
        "line 9: Cody_Done takes true or false",
        "line 10: Account_Name takes a record",
        "line 11: Due takes a time",
        'line 12: Colours has no "pink" in its pick list',
        "line 13: Case_Number cannot be written: Zoho fills it",
        'line 15: Status has no "Gone" in its pick list',
        'line 19: Type has no "Puzzle" in its pick list',
        "line 14: CODY_BOT_ID does not name the bot sales",
        "line 18: CODY_BOT_ID does not name the bot elsewhere",
    }
    assert [finding.level for finding in found if "CODY_BOT_ID" in finding.words] == [Level.WARNING] * 2
    assert {finding.level for finding in found if "CODY_BOT_ID" not in finding.words} == {Level.FAILED}
    assert all(finding.mend for finding in found)


def test_a_table_for_a_bot_that_cody_does_not_have_is_told_where_all_bots_count(plugged) -> None:
    Path("cody2zoho.toml").write_text("[bots.sales]\npriority = 'High'\n[bots.Sales]\npriority = 'Low'\n")
    found = [
        one for one in all_checks(plugged(cody_bot_id="all")) if (one.about, one.level) == ("Case file", "warning")
    ]
    assert [one.words for one in found] == ["cody2zoho.toml, line 3: Cody has no bot Sales"]


def test_a_case_file_that_fits_is_well_and_so_is_none(organisation, plugged) -> None:
    assert findings(plugged())["Case file"].words.startswith("there is no cody2zoho.toml")
    organisation.add_field("Cases", "Due", "datetime")
    Path("cody2zoho.toml").write_text(
        "[case]\npriority = 'High'\nowner = 123456\nlayout = 123456\n"
        "fields = { Due = 2026-11-20T14:00:00+01:00, Cody_Own = '{{ question }}' }\n[[rules]]\nwhen = 'failed'\n"
    )
    organisation.add_field("Cases", "Cody Own", "text", length=255)
    finding = findings(plugged())["Case file"]
    assert (finding.level, finding.words) == (Level.OK, "cody2zoho.toml fits Zoho; tables for 0 bots, 1 rules")


def test_a_layout_that_may_lack_the_unique_field_is_told(plugged) -> None:
    Path("cody2zoho.toml").write_text("[case]\nstatus = 'New'\n[bots.support]\nlayout = 4876876000000091023\n")
    [told] = [one for one in all_checks(plugged()) if (one.about, one.level) == ("Case file", Level.WARNING)]
    assert told.words.startswith("cody2zoho.toml, line 4: whether layout 4876876000000091023 has the field Cody_Conv")
    assert "nothing refuses a second case" in told.mend


def test_a_case_file_that_says_nothing_is_not_called_missing(plugged) -> None:
    Path("cody2zoho.toml").write_text("# nothing\n")
    assert findings(plugged())["Case file"].words == "cody2zoho.toml says nothing; the settings count for all bots"


def test_a_field_that_is_too_short_for_the_key_of_a_part_is_told(organisation, plugged) -> None:
    organisation.add_field("Cases", "Short Key", length=27, unique=True)
    chosen = {"zoho_field_map": "conversation_id=Short_Key"}
    assert findings(plugged(**chosen))["Zoho unique field"].level is Level.OK
    assert findings(plugged(**chosen, conversation_split_hours=24))["Zoho unique field"].level is Level.FAILED


def test_a_setting_that_the_case_file_overrides_is_not_looked_at(plugged) -> None:
    Path("cody2zoho.toml").write_text("[case]\nstatus = 'New'\n")
    found = findings(plugged(zoho_case_status="Done", zoho_case_origin="Chat"))
    assert "Zoho Status" not in found
    assert found["Zoho Case_Origin"].level is Level.FAILED


def test_config_shows_what_each_bot_gets_and_which_line_says_so(run) -> None:
    Path("cody2zoho.toml").write_text(
        "[case]\nstatus = 'New'\nfields = { A = 1, B = true }\n[bots.sales]\nfields.A = 2\nworkflows = false\n"
        "[[rules]]\nwhen = 'failed'\npriority = 'High'\n"
    )
    shown = {one["name"]: (one["value"], one["source"]) for one in json.loads(run("config", "--json").output)}
    assert shown["bots.sales.status"] == ("New", "cody2zoho.toml, line 2")
    assert shown["bots.sales.fields.A"] == ("2", "cody2zoho.toml, line 5")
    assert shown["bots.sales.fields.B"] == ("true", "cody2zoho.toml, line 3")
    assert shown["bots.sales.workflows"] == ("false", "cody2zoho.toml, line 6")
    assert shown["case.origin"] == ("Web", "ZOHO_CASE_ORIGIN")
    assert shown["rules.1"] == ("when failed, priority = High", "cody2zoho.toml, line 7")
    assert "bots.sales.fields.A" in run("config").output


def test_config_shows_a_rules_no_and_nought_and_the_phrases_that_add_up(run) -> None:
    Path("cody2zoho.toml").write_text(
        "[case]\nunanswered_phrases = ['call us']\n[bots.sales]\nunanswered_phrases = ['ask me']\n"
        "[[rules]]\nwhen = 'failed'\nfields = { Done = false, Level = 0 }\n"
    )
    shown = [(one["name"], one["value"]) for one in json.loads(run("config", "--json").output)]
    assert ("rules.1", "when failed, Done = false, Level = 0") in shown
    assert [value for name, value in shown if name == "bots.sales.unanswered_phrases"] == ["ask me", "call us"]


def test_config_shows_a_broken_case_file_as_sentences(run) -> None:
    Path("cody2zoho.toml").write_text("[case]\nstatsu = 'New'\n")
    result = run("config")
    assert result.exit_code == 2
    assert "cody2zoho.toml, line 2: statsu in [case] is not known; write status" in result.output


def test_a_token_of_earlier_credentials_does_not_hide_that_the_present_ones_are_refused(plugged) -> None:
    plugged().tokens.get()
    finding = findings(plugged(zoho_refresh_token="1000.revoked", zoho_client_id="1000.OTHER"))["Zoho"]
    assert finding.level is Level.FAILED


def test_credentials_revoked_since_the_last_token_are_noticed(plugged, organisation) -> None:
    plugged().tokens.get()
    organisation.accounts.refresh_tokens.clear()
    assert "ZOHO_REFRESH_TOKEN" in findings(plugged())["Zoho"].words


def test_it_says_when_it_did_not_ask_zoho_afresh(plugged) -> None:
    words = [findings(plugged())["Zoho"].words for _ in range(6)]
    assert words[0].startswith("gives access tokens")
    assert "was not asked now" in words[-1]


def test_a_broken_cody_does_not_hide_what_is_wrong_at_zoho(plugged) -> None:
    found = findings(plugged(cody_api_key="wrong", zoho_case_status="Done"))
    assert found["Cody"].level is found["Zoho Status"].level is Level.FAILED


@pytest.mark.parametrize(
    ("since", "says"),
    [("", "at most 120 conversations of all history"), ("7d", "at most 40 conversations since SYNC_SINCE 7d")],
)
def test_it_says_how_many_cases_the_first_start_would_make(account, plugged, clock, since: str, says: str) -> None:
    for number in range(120):
        age_days = 1 if number % 3 == 0 else 30
        account.add_conversation(bot_id="support", at=clock.now - age_days * 86_400 - number)
    finding = findings(plugged(sync_since=since))["Cody bot"]
    assert says in finding.words
    assert finding.level is (Level.OK if since else Level.WARNING)


@pytest.mark.parametrize(
    ("first", "later", "says"),
    [
        ("7d", "", "since 2025-10-02 08:53+00:00, the line drawn at the first start"),
        ("", "7d", "of all history, as SYNC_SINCE was empty at the first start"),
    ],
)
def test_the_line_that_was_drawn_is_shown_and_not_the_setting(account, plugged, clock, first, later, says) -> None:
    for bot in ("support", "sales"):
        account.add_conversation(bot_id=bot, at=clock.now - 60)
    polling.poll(plugged(sync_since=first))
    for bot in ("support", "sales"):
        assert findings(plugged(sync_since=later, cody_bot_id=bot))["Cody bot"].words.endswith(says)


def test_a_name_that_several_contacts_share_is_a_warning(organisation, plugged) -> None:
    for _ in range(2):
        organisation.add_contact("Chat")
    finding = findings(plugged(zoho_contact_name="Chat"))["Zoho contact"]
    assert finding.level is Level.WARNING
    assert "ZOHO_CONTACT_ID" in finding.mend


@pytest.fixture
def new_organisation(server, clock) -> Zoho:
    """A Zoho nobody has prepared, in the place of the other."""
    new = Zoho(clock)
    server.simulators[1] = new
    return new


def test_setup_makes_every_field_and_doctor_agrees(new_organisation, plugged) -> None:
    assert findings(plugged())["Zoho unique field"].level is Level.FAILED
    sentences = set_up(plugged())
    assert sentences[0] == "Cody_Conversation_ID: made, unique"
    assert len(sentences) == 6
    found = findings(plugged())
    assert found["Zoho unique field"].level is found["Zoho fields"].level is Level.OK


def test_setup_a_second_time_changes_nothing(new_organisation, plugged) -> None:
    set_up(plugged())
    assert set(set_up(plugged())) == {f"{name}: was there" for name in plugged().settings.zoho_field_map.values()}


def test_setup_makes_an_existing_field_unique(new_organisation, plugged) -> None:
    new_organisation.add_field("Cases", "Cody Conversation ID", "text", length=255)
    assert "Cody_Conversation_ID: was there, allows no duplicate values from now on" in set_up(plugged())
    assert findings(plugged())["Zoho unique field"].level is Level.OK


def test_setup_that_fails_half_way_has_said_what_it_made(run, new_organisation, plugged) -> None:
    new_organisation.add_field("Cases", "Cody Conversation ID", "text", length=100)
    for _ in range(2):
        new_organisation.add_case(Subject="s", Status="New", Case_Origin="Web", Cody_Conversation_ID="same")
    result = run("setup")
    assert result.exit_code == 1
    assert "Zoho cannot make Cody_Conversation_ID unique" in result.output
    made = {line.partition(":")[0] for line in result.output.splitlines() if line.endswith(": made")}
    assert made == plugged().fields.all().keys() & set(plugged().settings.zoho_field_map.values()) - {
        "Cody_Conversation_ID"
    }
    assert len(made) == 5


def test_a_number_field_cannot_be_the_unique_one(plugged) -> None:
    finding = findings(plugged(zoho_field_map="conversation_id=Cody_Messages"))["Zoho unique field"]
    assert finding.level is Level.FAILED
    assert finding.words == "Cody_Messages is a field of type integer, which takes no conversation id"


@pytest.mark.parametrize("name", ["Status", "Case_Origin"])
def test_a_pick_list_that_is_not_shown_is_not_said_to_hold_the_value(organisation, plugged, name: str) -> None:
    del organisation.modules["Cases"].fields[name]
    assert findings(plugged())[f"Zoho {name}"].level is Level.WARNING


@pytest.mark.parametrize("command", ["setup", "doctor"])
def test_what_proves_that_zoho_is_mended_lets_the_work_go_on(run, plugged, command: str) -> None:
    for what in ("zoho", "zoho set-up", "cody"):
        plugged().blocks.put(what, "something was wrong")
    assert run(command).exit_code == 0
    assert plugged().blocks.current().keys() == {"cody"}


@pytest.mark.parametrize(
    "chosen",
    [
        {"ZOHO_CASE_STATUS": "Done"},
        # Another finding about the same pick list is good.
        {"ZOHO_CASE_STATUS": "Done", "FOLLOW_UP_STATUS": "New"},
        {"CASES_FILE": "wrong.toml"},
    ],
)
def test_a_doctor_that_finds_zoho_still_lacking_lifts_nothing(run, plugged, chosen: dict[str, str]) -> None:
    Path("wrong.toml").write_text("[case]\npriority = 'Urgent'\n")
    plugged().blocks.put("zoho set-up", "Zoho refuses Status")
    assert run("doctor", **chosen).exit_code == 1
    assert plugged().blocks.current()


def test_a_doctor_that_was_not_let_look_at_zoho_lifts_nothing(run, plugged) -> None:
    worker = plugged()
    worker.blocks.put("zoho set-up", "Zoho refuses Status")
    worker.limits.pauses.begin("zoho", 60)
    assert "Zoho may not be asked yet" in run("doctor").output
    assert worker.blocks.current()


def test_doctor_prints_each_finding_and_fails_while_something_fails(run) -> None:
    good = run("doctor")
    assert good.exit_code == 0, good.output
    assert "✓ Zoho unique field: Cody_Conversation_ID allows no duplicate values" in good.output
    bad = run("doctor", ZOHO_CASE_STATUS="Done")
    assert bad.exit_code == 1
    assert "→ write one of these as ZOHO_CASE_STATUS: New, " in bad.output


def test_doctor_speaks_json(run) -> None:
    found = json.loads(run("doctor", "--json").output)
    assert {"about", "level", "words", "mend"} == set(found[0])


def test_status_counts_and_fails_while_something_is_blocked(run, plugged) -> None:
    assert run("status").exit_code == 0
    plugged().blocks.put("zoho", "Zoho refuses ZOHO_REFRESH_TOKEN")
    blocked = run("status", "--json")
    assert blocked.exit_code == 1
    assert json.loads(blocked.output)["blocked"] == {"zoho": "Zoho refuses ZOHO_REFRESH_TOKEN"}


def test_status_says_that_the_ledger_is_not_filled_yet(run, plugged) -> None:
    plugged(closed=True)
    shown = run("status")
    assert shown.exit_code == 0
    assert "The ledger is not filled from Zoho yet, and no case is made before it is." in shown.output
    assert json.loads(run("status", "--json").output)["filled"] is False
    plugged()
    assert "not filled" not in run("status").output
    assert json.loads(run("status", "--json").output)["filled"] is True


def test_config_shows_settings_without_secrets(run) -> None:
    shown = run("config", REDIS_URL="redis://:hush-hush-hush-hush@127.0.0.1:1/0")
    assert shown.exit_code == 0
    assert "hush" not in shown.output
    assert json.loads(run("config", "--json").output)


def test_config_shows_a_value_as_it_was_written(run) -> None:
    """The library that draws tables has a mark-up of its own."""
    shown = run("config", CASE_SUBJECT_PREFIX="[/Chat] :x: [red]")
    assert shown.exit_code == 0
    assert "[/Chat] :x: [red]" in shown.output


def test_missing_settings_are_sentences_and_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    services.services.cache_clear()
    for words in (["doctor"], ["setup"], ["status"], ["config"]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 2
        assert "CODY_API_KEY is not set; write it into .env" in result.output
        assert "Traceback" not in result.output


def test_setup_with_refused_credentials_is_one_sentence(run, server) -> None:
    credentials = {name.upper(): value for name, value in simulated_credentials(server.url).items()}
    result = run("setup", **{**credentials, "CODY_BOT_ID": "support", "ZOHO_REFRESH_TOKEN": "1000.wrong"})
    assert result.exit_code == 1
    assert result.output.startswith("Zoho refuses ZOHO_REFRESH_TOKEN (invalid_code)")
    assert "1000.wrong" not in result.output
