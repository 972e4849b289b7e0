"""What the operator writes is understood, or answered with one sentence each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cody2zoho import configuration
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import DATA_CENTERS, Settings, simulated_credentials
from cody2zoho.settings.formats import is_unset, since
from cody2zoho.simulators.cody import DEMO_KEY
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN

GIVEN = {
    "CODY_API_KEY": "secret-cody-key",
    "CODY_BOT_ID": "Qz3dWnA91Lke",
    "ZOHO_CLIENT_ID": "1000.ABC",
    "ZOHO_CLIENT_SECRET": "secret-of-client",
    "ZOHO_REFRESH_TOKEN": "1000.secret.token",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All that must be set, in the environment."""
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def sentences() -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        configuration.settings()
    return caught.value.sentences


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(given: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("CODY_BOT_ID=from-file\nREDIS_PORT=6400\n")
    used = configuration.settings()
    assert (used.cody_bot_id, used.redis_port, used.redis_db) == (("Qz3dWnA91Lke",), 6400, 0)


def test_settings_cannot_be_changed(given: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="frozen"):
        configuration.settings().redis_port = 1  # type: ignore[misc]


@pytest.mark.parametrize("value", ["", "  ", "your_cody_api_key_here", "YOUR_KEY", "{your key}", "<key>", "your-key"])
def test_a_placeholder_counts_as_unset(given: pytest.MonkeyPatch, value: str) -> None:
    assert is_unset("CODY_API_KEY", value)
    given.setenv("CODY_API_KEY", value)
    [sentence] = sentences()
    assert sentence.startswith("CODY_API_KEY is not set; write it into .env")


def test_a_placeholder_does_not_hide_the_value_of_the_file(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY", "your_cody_api_key_here")
    Path(".env").write_text("CODY_API_KEY=real\n")
    assert configuration.settings().cody_api_key.get_secret_value() == "real"


def test_all_that_is_wrong_is_said_at_once_and_no_secret_with_it(given: pytest.MonkeyPatch) -> None:
    for name in ("CODY_BOT_ID", "ZOHO_CLIENT_ID"):
        given.delenv(name)
    given.setenv("POLLING_INTERVAL", "often")
    given.setenv("REDIS_URL", "http://:hush@somewhere")
    given.setenv("FLOWER_BASIC_AUTH", "hush-no-colon")
    found = sentences()
    named = [sentence.split()[0] for sentence in found]
    assert named == ["CODY_BOT_ID", "ZOHO_CLIENT_ID", "POLL_INTERVAL_SECONDS", "REDIS_URL", "FLOWER_BASIC_AUTH"]
    assert "hush" not in "".join(found)


@pytest.mark.parametrize("name", ["POLL_INTERVAL_SECONDS", "POLLING_INTERVAL"])
def test_both_spellings_of_the_interval_are_understood(given: pytest.MonkeyPatch, name: str) -> None:
    given.setenv(name, "45")
    assert configuration.settings().poll_interval_seconds == 45


@pytest.mark.parametrize("name", ["ZOHO_ATTACH_TRANSCRIPT_AS_NOTE", "ENABLE_NOTES"])
def test_both_spellings_of_the_note_are_understood(given: pytest.MonkeyPatch, name: str) -> None:
    given.setenv(name, "true")
    assert configuration.settings().enable_notes


def test_a_key_prefix_may_be_nothing_but_braces(given: pytest.MonkeyPatch) -> None:
    given.setenv("REDIS_KEY_PREFIX", "{staging}")
    assert configuration.settings().redis_key_prefix == "{staging}"


@pytest.mark.parametrize("name", ["CODY_API_KEY", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"])
@pytest.mark.parametrize("value", ["abc…hush", "hüsh", "hu\nsh"])
def test_a_credential_that_no_header_can_carry_is_one_sentence(
    given: pytest.MonkeyPatch, name: str, value: str
) -> None:
    given.setenv(name, value)
    [sentence] = sentences()
    assert sentence.startswith(name)
    assert "has a character that no credential has" in sentence
    assert value not in sentence or name == "ZOHO_CLIENT_ID"


def test_a_template_may_be_nothing_but_braces(given: pytest.MonkeyPatch) -> None:
    given.setenv("CASE_DESCRIPTION_TEMPLATE", "{transcript}")
    assert configuration.settings().case_description_template == "{transcript}"


def test_several_bots_and_all_bots(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_BOT_ID", "one, two ,")
    assert configuration.settings().bots == ("one", "two")
    given.setenv("CODY_BOT_ID", "all")
    configuration.settings.cache_clear()
    assert configuration.settings().bots == (None,)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ZOHO_DATA_CENTER", "mars", "com.cn"),
        ("ZOHO_FIELD_MAP", "mesages=X", "has no figure named mesages"),
        ("ZOHO_FIELD_MAP", "conversation_id=", "must not leave out conversation_id"),
        ("CASE_DESCRIPTION_TEMPLATE", "Hi {nonsense}", "names {nonsense}, which is not known"),
        ("TIME_ZONE", "Berlin", "is not a time zone; write one such as Europe/Berlin"),
        ("TIME_ZONE", "../etc/passwd", "is not a time zone"),
        ("CONTACT_MATCH", "email,fax", "has no kind of address named fax; write email, phone or both"),
        ("CONTACT_CREATE", "true", "needs CONTACT_MATCH, which is empty"),
        ("CONTACT_REGION", "Germany", "is not a country; write its two letters, such as DE"),
        ("CONTACT_IGNORE", "shop.de, our own", "has our own, which is neither a domain nor an e-mail address"),
        ("CONTACT_IGNORE", "+12", "has +12, which is neither"),
        ("SYNC_SINCE", "yesterday", "is neither a date nor an age; write 2026-11-01, 7d or 12h"),
        ("CODY_API_URL", "getcody.ai", "is not a web address; write one that begins with https://"),
        ("CODY_BOT_ID", ",", "names no bot; write the id of one, or all"),
        ("ZOHO_CONTACT_ID", "Website Visitor", "is not a record id, which has digits only"),
        ("LEASE_SECONDS", "1", "greater than or equal to 3"),
        ("VISIBILITY_TIMEOUT_SECONDS", "120", "must be more than TASK_BUDGET_SECONDS, which is 120"),
        (
            "CONVERSATION_SPLIT_HOURS",
            "0.05",
            "must be 0, or longer than CONVERSATION_QUIET_SECONDS, which is 300",
        ),
        ("POLL_INTERVAL_SECONDS", "0", "greater than or equal to 1"),
        ("LOG_LEVEL", "LOUD", "DEBUG"),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_write(
    given: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    given.setenv(name, value)
    [sentence] = sentences()
    assert sentence.startswith(f'{name} "{value}"')
    assert says in sentence


@pytest.mark.parametrize(
    "address", ["redis://:hush@h:abc/0", "redis://:hu/sh@h:1/0", "redis://[::1", "redis://h:1/0?socket_timeout=soon"]
)
def test_an_address_that_redis_py_would_stumble_over_is_said_without_its_password(
    given: pytest.MonkeyPatch, address: str
) -> None:
    given.setenv("REDIS_URL", address)
    [sentence] = sentences()
    assert sentence.startswith("REDIS_URL is not a Redis address; write one such as redis://localhost:6379/0")
    assert "hu" not in sentence


@pytest.mark.parametrize("ask", [configuration.settings, configuration.redis_is_chosen])
def test_an_env_file_in_another_encoding_is_said(ask: Callable[[], object]) -> None:
    Path(".env").write_bytes(b"CASE_SUBJECT_PREFIX=Gespr\xe4ch\n")
    with pytest.raises(ConfigurationError, match=r"\.env is not written in UTF-8"):
        ask()


@pytest.mark.parametrize("name", [".env", ".state/redis/address.json"])
@pytest.mark.parametrize("ask", [configuration.settings, lambda: list(configuration.origins())])
def test_a_file_that_only_root_may_read_is_said(nobody: None, name: str, ask: Callable[[], object]) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).touch(0)
    with pytest.raises(ConfigurationError) as caught:
        ask()
    assert caught.value.sentences == [
        f"{name} cannot be read (Permission denied): let this user read it, for example with chown."
    ]


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may read everything."""
    uid = os.geteuid()
    Path.cwd().chmod(0o777)
    os.seteuid(uid or 65_534)
    yield
    os.seteuid(uid)


def test_a_task_ends_before_the_broker_hands_it_out_again(given: pytest.MonkeyPatch) -> None:
    used = configuration.settings()
    assert used.task_budget_seconds < used.visibility_timeout_seconds


def test_blanks_around_a_value_do_not_count_but_those_of_a_subject_do(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY", " key \r")
    given.setenv("CASE_SUBJECT_PREFIX", "Cody Conversation: ")
    used = configuration.settings()
    assert (used.cody_api_key.get_secret_value(), used.case_subject_prefix) == ("key", "Cody Conversation: ")


@pytest.mark.parametrize("name", DATA_CENTERS)
def test_every_data_centre_has_its_addresses(given: pytest.MonkeyPatch, name: str) -> None:
    given.setenv("ZOHO_DATA_CENTER", name)
    used = configuration.settings()
    assert used.api_url == f"https://www.zohoapis.{name}"
    assert used.accounts_url == ("https://accounts.zohocloud.ca" if name == "ca" else f"https://accounts.zoho.{name}")


def test_addresses_given_come_before_the_data_centres(given: pytest.MonkeyPatch) -> None:
    given.setenv("ZOHO_ACCOUNTS_URL", "https://accounts.example/")
    assert configuration.settings().accounts_url == "https://accounts.example"


@pytest.mark.parametrize(
    ("variables", "address", "for_celery"),
    [
        ({}, "redis://localhost:6379/0", "redis://localhost:6379/0"),
        ({"REDIS_URL": "redis://h:1/2"}, "redis://h:1/2", "redis://h:1/2"),
        (
            {"REDIS_URL": "rediss://:p@h:6380/0"},
            "rediss://:p@h:6380/0?ssl_cert_reqs=required",
            "rediss://:p@h:6380/0?ssl_cert_reqs=required",
        ),
        (
            {"REDIS_URL": "unix:///run/r.sock?db=3"},
            "unix:///run/r.sock?db=3",
            "redis+socket:///run/r.sock?virtual_host=3",
        ),
        (
            {"REDIS_HOST": "h", "REDIS_DB": "4", "REDIS_USERNAME": "u@x", "REDIS_PASSWORD": "p/:w"},
            "redis://u%40x:p%2F%3Aw@h:6379/4",
            "redis://u%40x:p%2F%3Aw@h:6379/4",
        ),
        ({"REDIS_SSL": "true"}, "rediss://localhost:6379/0?ssl_cert_reqs=required", None),
    ],
)
def test_redis_is_reached_by_address_or_by_parts(
    given: pytest.MonkeyPatch, variables: dict[str, str], address: str, for_celery: str | None
) -> None:
    for name, value in variables.items():
        given.setenv(name, value)
    used = configuration.settings()
    assert used.redis_address == address
    assert used.celery_address == (for_celery or address)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("", None),
        ("7d", 1_000_000 - 7 * 86_400),
        ("12h", 1_000_000 - 12 * 3_600),
        ("2026-11-01", 1_793_491_200),
        ("99999999999d", 0),
        ("0001-01-01", 0),
        ("2026-11-01T10:00:00+01:00", 1_793_523_600),
    ],
)
def test_a_line_is_a_date_or_an_age(written: str, means: int | None) -> None:
    assert since(written, now=1_000_000) == means


def test_without_any_credential_the_simulators_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:8800/")
    monkeypatch.setenv("CODY_API_KEY", "your_cody_api_key_here")
    used = configuration.settings()
    assert used.cody_api_url == "http://127.0.0.1:8800/api/v1"
    assert (used.accounts_url, used.api_url) == ("http://127.0.0.1:8800", "http://127.0.0.1:8800")
    assert used.bots == (None,)


def test_what_is_only_simulated_leaves_no_trace_in_the_keys_of_the_real_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:8800")
    simulated = configuration.settings().redis_key_prefix
    [shown] = [origin for origin in configuration.origins() if origin.name == "REDIS_KEY_PREFIX"]
    assert (shown.value, shown.source) == (simulated, "simulators")
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    configuration.settings.cache_clear()
    assert configuration.settings().redis_key_prefix not in (simulated, "")


def test_a_key_prefix_of_the_operators_counts_for_the_simulators_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:8800")
    monkeypatch.setenv("REDIS_KEY_PREFIX", "mine:")
    assert configuration.settings().redis_key_prefix == "mine:"


def test_with_any_credential_the_simulators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:8800")
    monkeypatch.setenv("CODY_API_KEY", "real")
    assert len(sentences()) == 4


def test_the_simulators_know_the_credentials_that_stand_in_for_yours() -> None:
    known = simulated_credentials("http://127.0.0.1:8800")
    assert known["cody_api_key"] == DEMO_KEY
    assert known["zoho_client_id"] == DEMO_CLIENT_ID
    assert known["zoho_client_secret"] == DEMO_CLIENT_SECRET
    assert known["zoho_refresh_token"] == DEMO_REFRESH_TOKEN


def test_every_setting_is_shown_with_its_origin_and_no_secret_is(given: pytest.MonkeyPatch) -> None:
    given.setenv("REDIS_URL", "redis://:hush-hush-hush-hush@h:1/0")
    Path(".env").write_text("REDIS_PORT=6400\nPOLLING_INTERVAL=45\n")
    shown = {origin.name: origin for origin in configuration.origins()}
    assert len(shown) == len(Settings.model_fields)
    assert shown["CODY_BOT_ID"].source == "environment"
    assert (shown["REDIS_PORT"].value, shown["REDIS_PORT"].source) == ("6400", ".env")
    assert shown["POLLING_INTERVAL"].value == "45"
    assert shown["TIME_ZONE"].source == "default"
    everything = " ".join(origin.value for origin in shown.values())
    assert "secret" not in everything
    assert "hush" not in everything


def test_a_login_in_the_query_of_a_redis_address_is_not_shown(given: pytest.MonkeyPatch) -> None:
    given.setenv("REDIS_URL", "unix:///run/redis.sock?db=0&username=hush-me&password=hush-hush")
    [shown] = [origin.value for origin in configuration.origins() if origin.name == "REDIS_URL"]
    assert shown == configuration.settings().shown_redis_address
    assert shown == "unix:///run/redis.sock?db=0&username=…&password=…"


def test_origins_are_shown_even_while_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {origin.name: origin.source for origin in configuration.origins()}
    assert shown["CODY_API_KEY"] == "not set"


def test_what_is_redacted_is_chosen_by_kind_country_and_pattern(given: pytest.MonkeyPatch) -> None:
    given.setenv("REDACT", "email, Phone,card")
    given.setenv("REDACT_PHONE_COUNTRIES", "de,AT")
    given.setenv("REDACT_PATTERNS", r"customer=KD-\d{6}  tag=<[a-z=]+>")
    used = configuration.settings()
    assert used.redact == ("email", "phone", "card")
    assert used.redact_phone_countries == ("DE", "AT")
    assert used.redact_patterns == {"customer": r"KD-\d{6}", "tag": "<[a-z=]+>"}


def test_a_pattern_in_pointed_brackets_is_no_placeholder(given: pytest.MonkeyPatch) -> None:
    given.setenv("REDACT_PATTERNS", "{x=y}")
    assert len(sentences()) == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("REDACT", "email,passport", "has no kind named passport; the kinds are email, phone, card, iban, ip"),
        ("REDACT", "phone", "must name at least one country, because REDACT has phone"),
        ("REDACT_PHONE_COUNTRIES", "DE,XX", "has no country XX"),
        ("REDACT_PATTERNS", r"KD-\d{6}", "has an expression without a name"),
        ("REDACT_PATTERNS", "a=x a=y", "has the name a twice"),
        ("REDACT_PATTERNS", "card=x", "it is a kind of REDACT"),
        ("REDACT_PATTERNS", "a=(x", "has an expression named a that RE2 does not understand: missing ): (x"),
        ("REDACT_PATTERNS", "a=(?=x)", "has an expression named a that RE2 does not understand"),
        ("REDACT_PATTERNS", "a=x*", "has an expression named a that fits an empty text"),
    ],
)
def test_what_cannot_be_redacted_is_one_sentence(given: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    given.setenv(name, value)
    [sentence] = sentences()
    assert says in sentence
    assert sentence.startswith("REDACT")
