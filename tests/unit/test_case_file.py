"""cody2zoho.toml: what may stand in it, and what is said of every mistake at once, with its line."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cody2zoho import configuration
from cody2zoho.cases import reading
from cody2zoho.cases.form import Forms
from cody2zoho.cases.lines import places
from cody2zoho.cli import main
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings


def forms(text: str | None = None, **chosen: Any) -> Forms:
    if text is not None:
        Path("cody2zoho.toml").write_text(text)
    return reading.load(Settings(simulators_url="http://127.0.0.1:1", **chosen))


def mistakes(text: str, **chosen: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        forms(text, **chosen)
    return [sentence.removeprefix("cody2zoho.toml, ") for sentence in refusal.value.sentences]


def test_without_a_file_the_settings_count() -> None:
    form = forms(zoho_case_status="New", case_subject_prefix="Chat ", time_zone="Asia/Tokyo").of("any")
    assert form.fields == {"Status": "New", "Case_Origin": "Web"}
    assert (form.subject, form.subject_prefix, form.zone.key, form.plain) == (None, "Chat ", "Asia/Tokyo", True)
    assert (form.rules, form.tags, form.beside, form.sources) == ((), (), {}, False)


def test_a_bots_table_goes_before_that_of_all_bots_and_that_before_the_settings() -> None:
    made = forms(
        """
        [case]
        status = "New"
        origin = "Phone"
        tags = ["chat"]
        workflows = false
        assignment_rule = 4876876000000012345
        fields = { Cody_Team = "web", Cody_Level = 1 }
        [bots.sales]
        status = "On Hold"
        tags = ["sales"]
        workflows = true
        owner = "4876876000000012346"
        fields.Cody_Level = 2
        """,
        zoho_case_status="Closed",
    )
    assert made.of("support").fields == {
        "Status": "New",
        "Case_Origin": "Phone",
        "Cody_Team": "web",
        "Cody_Level": 1,
    }
    assert made.of("support").tags == ("chat",)
    assert made.of("support").beside == {"lar_id": "4876876000000012345", "trigger": []}
    assert made.of("sales").fields == {
        "Status": "On Hold",
        "Case_Origin": "Phone",
        "Cody_Team": "web",
        "Cody_Level": 2,
        "Owner": {"id": "4876876000000012346"},
    }
    assert made.of("sales").tags == ("sales",)
    assert made.of("sales").beside == {"lar_id": "4876876000000012345"}


def test_every_mistake_is_one_sentence_with_its_line_and_all_are_said_at_once() -> None:
    said = mistakes(
        """\
[case]
statsu = "New"
status = 5
tags = "a"
workflows = "no"
priority = ""
time_zone = "Mars"

[case.fields]
Status = "x"
"A B" = 1
C = [1]
D = { id = "x" }

[bots.sales]
markdown = "html"
owner = "me"

[[rules]]
when = "late"

[other]
"""
    )
    assert said == [
        "line 2: statsu in [case] is not known; write status",
        "line 3: status in [case] must be a text, in quotes",
        'line 4: tags in [case] must be a list, such as ["a", "b"]',
        "line 5: workflows in [case] must be true or false, without quotes",
        "line 6: priority in [case] is empty; leave it out",
        "line 7: time_zone in [case] is not a time zone; write one such as Europe/Berlin",
        "line 10: fields.Status in [case] is not for `fields`: write it as status",
        "line 11: fields.A B in [case] is no API name; Zoho shows it under Setup, Developer Hub, APIs, API names",
        "line 12: fields.C in [case] is no value of a field: "
        'a text, a number, true or false, a date, ["a", "b"] or { id = "…" }',
        "line 13: fields.D in [case] is no record id, which has digits only; "
        "the address of the record in Zoho ends with it",
        "line 16: markdown in [bots.sales] must be 'plain' or 'keep'",
        "line 17: owner in [bots.sales] is no record id, which has digits only; "
        "the address of the record in Zoho ends with it",
        'line 20: when in [[rules]] number 1 must be "failed", "flagged" or "unanswered"',
        "line 22: other is not known; known are case, bots, rules",
    ]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ nobody }}", "names nobody, which is not known; the names are conversation_id, "),
        ("{{ messages", "is no template that can be read: "),
        ("{% for x in y %}", "is no template that can be read: "),
        ("{{ question.foo }}", "cannot be filled in: UndefinedError, 'str object' has no attribute 'foo'"),
        ("{{ 7 // assistant_messages }}", "cannot be filled in: ZeroDivisionError"),
        ("{{ sources[0].name }}", "cannot be filled in: UndefinedError"),
        ("{{ ''.__class__.__mro__ }}", "cannot be filled in: SecurityError"),
        ("{% for x in range(10 ** 9) %}x{% endfor %}", "cannot be filled in: OverflowError"),
        ("{{ question * 10 ** 9 }}", "cannot be filled in: OverflowError"),
        ("{% for x in range(90000) %}word {% endfor %}", "says more than 8000 characters"),
        ("{% include 'secrets' %}", "cannot be filled in: TypeError"),
    ],
)
@pytest.mark.parametrize("key", ["subject", "description", "fields.Cody_X"])
def test_a_template_that_cannot_be_filled_in_is_found_when_the_file_is_read(key: str, template: str, says: str) -> None:
    [said] = mistakes(f'[case]\n{key} = """\n{template}"""\n')
    assert said.startswith(f"line 2: {key} in [case] {says}")


@pytest.mark.parametrize("key", ["subject", "fields.Cody_X"])
def test_only_a_description_may_name_the_transcript(key: str) -> None:
    [said] = mistakes(f"[case]\n{key} = '{{{{ transcript }}}}'\n")
    assert said == f"line 2: {key} in [case] names the transcript, for which only a description has room"


def test_rules_in_single_brackets_are_told_of_double_ones() -> None:
    assert mistakes("[rules]\nwhen = 'failed'\n") == [
        "line 1: rules must be headings with double brackets, [[rules]], one for each rule"
    ]


def test_a_field_that_is_a_figure_already_is_named() -> None:
    assert mistakes("[[rules]]\nwhen = 'failed'\n[rules.fields]\nCody_Messages = 1\n") == [
        "line 4: Cody_Messages gets messages by ZOHO_FIELD_MAP; leave it out of one"
    ]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (
            b"[case\n",
            "cody2zoho.toml is not TOML: Expected ']' at the end of a table declaration (at line 1, column 6)",
        ),
        (b"[case]\nx = 1\nx = 2\n", "cody2zoho.toml is not TOML: Cannot overwrite a value (at line 3, column 6)"),
        (b"\xff", "CASES_FILE cody2zoho.toml cannot be read: it is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(written: bytes, says: str) -> None:
    Path("cody2zoho.toml").write_bytes(written)
    with pytest.raises(ConfigurationError) as refusal:
        forms()
    assert refusal.value.sentences == [says]


def test_a_file_of_a_windows_editor_is_read_like_any_other() -> None:
    written = '[case]\r\nstatus = \'New\'\r\ndescription = """\r\na\r\nb"""\r\n'
    Path("cody2zoho.toml").write_bytes(b"\xef\xbb\xbf" + written.encode())
    form = forms().of("any")
    assert (form.fields["Status"], form.description.source) == ("New", "a\nb")


def test_what_stands_in_the_way_of_a_file_that_is_named_is_a_sentence_too() -> None:
    # As with a folder that nobody may look into: asking whether the file is there already fails.
    with pytest.raises(ConfigurationError, match=r"cannot be read: File name too long"):
        forms(cases_file="x" * 300)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[case.fields]\nRate = nan", "line 2: fields.Rate in [case] is no value of a field"),
        ("[case.fields]\nRate = 1e400", "line 2: fields.Rate in [case] is no value of a field"),
        ("[case]\nunanswered_phrases = [' ']", "line 2: unanswered_phrases.0 in [case] is empty; leave it out"),
        ("[case]\npriority = ' '", "line 2: priority in [case] is empty; leave it out"),
    ],
)
def test_what_zoho_could_not_be_sent_or_would_fit_every_answer_is_refused(written: str, says: str) -> None:
    [said] = mistakes(written)
    assert said.startswith(says)


def test_a_file_that_is_named_must_be_there() -> None:
    with pytest.raises(ConfigurationError, match=r"CASES_FILE other.toml cannot be read: No such file or directory"):
        forms(cases_file="other.toml")


def test_an_empty_file_says_nothing() -> None:
    assert forms("").of("any").fields == forms(cases_file=os.devnull).of("any").fields


def test_mistakes_of_settings_and_file_are_said_together_with_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("cody2zoho.toml").write_text("[case]\nstatus = 5\n")
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 2
    assert "CODY_API_KEY is not set" in result.output
    assert "cody2zoho.toml, line 2: status in [case] must be a text" in result.output
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:1")
    configuration.settings.cache_clear()
    with pytest.raises(ConfigurationError):
        configuration.settings()
    result = CliRunner().invoke(main, ["status"])
    assert (result.exit_code, result.output.count("\n")) == (2, 1)


def test_who_has_no_template_no_markdown_and_no_phones_does_not_wait_for_their_libraries() -> None:
    unwanted = {"jinja2", "markdown_it", "phonenumbers", "re2"}
    wanted = f"import sys, cody2zoho.services as s; s.services(); print({unwanted} & sys.modules.keys())"
    environment = {**os.environ, "SIMULATORS_URL": "http://127.0.0.1:1", "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.check_output([sys.executable, "-c", wanted], env=environment, text=True).strip() == "set()"


def test_a_key_is_found_in_whatever_way_it_is_written() -> None:
    text = (
        '''
# [no.table]
a.b = """
[not.a.table]
c = 1
"""  # [neither]
list = [
  "x", # ]
  ["y"],
]
"quoted key" = 'it''s' # '''.replace("it''s", "its")
        + """
[ bots . "a.b" ]
x = { y = 1, z = [1] }
[[rules]]
when = "[x"
[rules.fields]
d = 1
[[rules]]
e = \'\'\'
f = 2\'\'\'
g = 3
"""
    )
    assert places(text) == {
        ("a", "b"): 3,
        ("list",): 7,
        ("quoted key",): 11,
        ("bots", "a.b"): 12,
        ("bots", "a.b", "x"): 13,
        ("rules", 0): 14,
        ("rules", 0, "when"): 15,
        ("rules", 0, "fields"): 16,
        ("rules", 0, "fields", "d"): 17,
        ("rules", 1): 18,
        ("rules", 1, "e"): 19,
        ("rules", 1, "g"): 21,
    }
