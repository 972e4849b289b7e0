"""A secret may stand in a file that NAME_FILE names; what is wrong with it is one sentence, and never the secret."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.cli.up import _told
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings

ROOT = Path(__file__).parents[2]
KEY = "the-key-of-cody-0123"
OTHERS = {
    "CODY_BOT_ID": "Qz3dWnA91Lke",
    "ZOHO_CLIENT_ID": "1000.ABC",
    "ZOHO_CLIENT_SECRET": "secret-of-client",
    "ZOHO_REFRESH_TOKEN": "1000.secret.token",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All that must be set but Cody's key."""
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def file(content: str | bytes, name: str = "key") -> str:
    path = Path(name).absolute()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def key() -> str:
    configuration.settings.cache_clear()
    return configuration.settings().cody_api_key.get_secret_value()


def sentences() -> list[str]:
    configuration.settings.cache_clear()
    with pytest.raises(ConfigurationError) as caught:
        configuration.settings()
    return caught.value.sentences


@pytest.mark.parametrize("content", [KEY, f"{KEY}\n", f"{KEY}\r\n", f"\ufeff{KEY}\r\n"])
def test_what_an_editor_adds_to_a_file_is_no_part_of_the_secret(given: pytest.MonkeyPatch, content: str) -> None:
    given.setenv("CODY_API_KEY_FILE", file(content))
    assert key() == KEY


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if Settings.may_be_in_a_file(name)])
def test_every_secret_may_stand_in_a_file(given: pytest.MonkeyPatch, name: str) -> None:
    values = {
        "redis_url": "redis://:word@somewhere:6379/0",
        "flower_basic_auth": "somebody:word",
        "applicationinsights_connection_string": f"InstrumentationKey={'-'.join('0' * n for n in (8, 4, 4, 4, 12))}",
        "sentry_dsn": "https://key@sentry.example/1",
        "alert_smtp_url": "mailtos://user:password@smtp.example.com",
    }
    secret = values.get(name, "https://chat.example/hook")
    given.setenv("CODY_API_KEY", KEY)
    given.delenv(name.upper(), raising=False)
    given.setenv(f"{name.upper()}_FILE", file(secret + "\n"))
    found = getattr(configuration.settings(), name)
    assert (found if isinstance(found, str) else found.get_secret_value()) == secret


def test_the_page_names_every_secret_that_may_stand_in_a_file() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    _, _, listed = page.partition("These may stand in files:")
    told = listed.partition("\n\n")[0].replace("`", " ").strip(" .\n").split()
    assert told == [name.upper() for name in _in_order(told) if Settings.may_be_in_a_file(name)]
    assert set(told) == {name.upper() for name in Settings.model_fields if Settings.may_be_in_a_file(name)}


def _in_order(told: list[str]) -> list[str]:
    return [name.lower() for name in told]


def test_what_is_no_secret_cannot_stand_in_a_file(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY", KEY)
    given.setenv("TIME_ZONE_FILE", file("Europe/Berlin"))
    assert configuration.settings().time_zone == "UTC"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "names a file that holds no value; write the secret into it"),
        (b"your_cody_api_key_here\n", "names a file that holds no value; write the secret into it"),
        (b"one\ntwo\n", "names a file of more than one line; write the secret in one"),
        (KEY.encode("utf-16"), "names a file that is not written in UTF-8; save it so"),
    ],
)
def test_a_file_that_holds_no_secret_is_one_sentence(given: pytest.MonkeyPatch, content: bytes, says: str) -> None:
    given.setenv("CODY_API_KEY_FILE", file(content))
    [sentence] = sentences()
    assert sentence.startswith(f"CODY_API_KEY is not to be had: CODY_API_KEY_FILE {says}. It is: ")
    assert "two" not in sentence


@pytest.mark.parametrize("path", ["/run/secrets/none", "relative/none", ".", "a\0b", "x" * 5000])
def test_a_file_that_is_not_there_is_one_sentence_without_the_path(tmp_path: Path, path: str) -> None:
    """The path might be the secret, written where its path belongs."""
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in OTHERS.items()))
    with Path(".env").open("a") as env:
        env.write(f"\nCODY_API_KEY_FILE={path}\n")
    [sentence] = sentences()
    assert sentence.startswith("CODY_API_KEY is not to be had: CODY_API_KEY_FILE names a file that ")
    assert path == "." or path not in sentence


def test_a_secret_in_the_place_of_its_path_is_not_taken_for_a_file_without_rights(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY_FILE", "x" * 300)
    [sentence] = sentences()
    assert "CODY_API_KEY_FILE names a file that cannot be read; write the path there, and not the secret" in sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_sentence(given: pytest.MonkeyPatch) -> None:
    Path(file(KEY)).chmod(0)
    given.setenv("CODY_API_KEY_FILE", "key")
    [sentence] = sentences()
    assert "this user may not read" in sentence


def test_what_is_wrong_with_files_is_said_with_all_the_rest(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY_FILE", "nowhere")
    given.setenv("REDIS_URL_FILE", file(""))
    given.setenv("TIME_ZONE", "Berlin")
    assert [sentence.split()[0] for sentence in sentences()] == ["CODY_API_KEY", "TIME_ZONE", "REDIS_URL"]


def test_a_wrong_value_in_a_file_is_named_without_it(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY", KEY)
    given.setenv("REDIS_URL_FILE", file("http://:hush@somewhere"))
    [sentence] = sentences()
    assert sentence.startswith("REDIS_URL is not a Redis address")
    assert "hush" not in sentence


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_secret_given_twice_in_one_place_is_refused(given: pytest.MonkeyPatch, place: str) -> None:
    both = {"CODY_API_KEY": KEY, "CODY_API_KEY_FILE": file("another")}
    if place == "environment":
        for name, value in both.items():
            given.setenv(name, value)
    else:
        Path(".env").write_text("".join(f"{name}={value}\n" for name, value in both.items()))
    [sentence] = sentences()
    assert sentence.startswith("CODY_API_KEY is set twice: take CODY_API_KEY or CODY_API_KEY_FILE away.")
    assert KEY not in sentence


def test_the_environment_comes_before_the_file_env_whichever_of_the_names_it_has(given: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("CODY_API_KEY=of-env\n")
    given.setenv("CODY_API_KEY_FILE", file("of-the-environment"))
    assert key() == "of-the-environment"

    Path(".env").write_text(f"CODY_API_KEY_FILE={file('of-env', 'other')}\n")
    given.delenv("CODY_API_KEY_FILE")
    assert key() == "of-env"

    given.setenv("CODY_API_KEY", "of-the-environment")
    assert key() == "of-the-environment"


def test_a_placeholder_beside_a_file_counts_as_unset(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY", "your_cody_api_key_here")
    given.setenv("CODY_API_KEY_FILE", file(KEY))
    assert key() == KEY


def test_a_redis_that_a_file_names_is_chosen(given: pytest.MonkeyPatch) -> None:
    assert not configuration.redis_is_chosen()
    given.setenv("REDIS_URL_FILE", file("redis://:word@somewhere:6379/0"))
    assert configuration.redis_is_chosen()


def test_a_credential_in_a_file_ends_the_work_against_the_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made up where one of them is real."""
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ZOHO_CLIENT_ID_FILE", file("1000.REAL"))
    assert {sentence.split()[0] for sentence in sentences()} == {
        "CODY_API_KEY",
        "CODY_BOT_ID",
        "ZOHO_CLIENT_SECRET",
        "ZOHO_REFRESH_TOKEN",
    }


def test_the_children_of_up_are_not_told_twice_what_stands_in_a_file(given: pytest.MonkeyPatch) -> None:
    """They get our environment, in which the file is named already."""
    given.setenv("CODY_API_KEY", KEY)
    given.setenv("FLOWER_BASIC_AUTH_FILE", file("somebody:word"))
    for name, value in _told(configuration.settings(), None, "made:up").items():
        given.setenv(name, value)
    configuration.settings.cache_clear()
    assert configuration.settings().flower_basic_auth.get_secret_value() == "somebody:word"


def test_config_masks_what_a_file_holds_and_says_which_file(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY_FILE", file(KEY))
    found = {one.name: one for one in configuration.origins()}["CODY_API_KEY"]
    assert (found.value, found.source) == ("…0123", f"{Path('key').absolute()} (environment)")


def test_config_shows_no_path_that_leads_nowhere(given: pytest.MonkeyPatch) -> None:
    given.setenv("CODY_API_KEY_FILE", KEY)
    result = CliRunner().invoke(main, ["config", "--json"])
    assert result.exit_code == 2
    assert '"CODY_API_KEY_FILE (environment)"' in result.stdout
    assert KEY not in result.output
