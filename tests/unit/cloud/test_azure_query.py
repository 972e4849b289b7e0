"""`cody2zoho azure query`: the saved queries, from a terminal."""

import json

import pytest
from click.testing import CliRunner

from clouds import Cloud
from cody2zoho.cli import main
from cody2zoho.cloud import asking

TABLE = {
    "tables": [
        {
            "columns": [{"name": "reason", "type": "string"}, {"name": "conversations", "type": "long"}],
            "rows": [["Zoho minds the e-mail address of the contact, and says so in very many words", 12], [None, 1.5]],
        }
    ]
}


def test_all_queries_are_shown_with_what_they_show(cloud: Cloud) -> None:
    shown = cloud.azure("query").output.splitlines()

    assert len(shown) == len(asking.queries()) > 20
    assert any(line.split(None, 1) == ["parked_reasons", "Why conversations were parked"] for line in shown)
    assert "calls" not in cloud.state


def test_all_queries_are_shown_without_saying_where() -> None:
    assert CliRunner().invoke(main, ["azure", "query"]).exit_code == 0

    refused = CliRunner().invoke(main, ["azure", "query", "events"])
    assert (refused.exit_code, "Missing option '--resource-group' / '-g'" in refused.output) == (2, True)


def test_the_life_of_one_conversation_is_asked_for_by_its_id(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(insights=TABLE)
    cloud.azure("query", "life_of_a_conversation", "--conversation", "a-conversation_1")

    assert 'let id = "a-conversation_1";' in json.loads(cloud.state["asked"]["body"])["query"]


@pytest.mark.parametrize(
    "words",
    [("life_of_a_conversation",), ("events", "--conversation", "a"), ("life_of_a_conversation", "--conversation", '"')],
)
def test_a_conversation_is_named_where_it_counts_and_nowhere_else(cloud: Cloud, words: tuple[str, ...]) -> None:
    refused = cloud.azure("query", *words)

    assert (refused.exit_code, "--conversation" in refused.output, "calls" in cloud.state) == (2, True, False)


def test_an_answer_is_a_table_that_can_be_read(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(insights=TABLE)
    done = cloud.azure("query", "parked_reasons", "--hours", "2")

    assert done.exit_code == 0, done.output
    head, first, second = done.output.splitlines()
    assert head.split() == ["reason", "conversations"]
    assert first.split()[-2:] == ["i…", "12"]
    assert (second.split(), second.index("1.5")) == (["1.5"], head.index("conversations"))


def test_the_query_and_how_far_back_go_to_the_resource_of_this_installation(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(insights=TABLE)
    cloud.azure("query", "states", "--hours", "2", "--json")
    asked = cloud.state["asked"]

    assert asked["app"] == "app-of-cody2zoho-insights"
    assert json.loads(asked["body"])["timespan"] == "PT120M"
    assert "business_metrics_summary" in json.loads(asked["body"])["query"]


def test_json_is_for_scripts(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(insights=TABLE)
    told = json.loads(cloud.azure("query", "parked_reasons", "--json").output)

    assert told[1] == {"reason": None, "conversations": 1.5}


def test_nothing_found_is_said(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(insights={"tables": [{"columns": [{"name": "x"}], "rows": []}]})

    assert "Nothing was found" in cloud.azure("query", "events").output


def test_a_query_that_is_not_there_is_refused(cloud: Cloud) -> None:
    refused = cloud.azure("query", "evnts")

    assert (refused.exit_code, "There is no query evnts" in refused.output) == (2, True)


def test_without_an_installation_there_is_nothing_to_ask(cloud: Cloud) -> None:
    refused = cloud.azure("query", "events")

    assert (refused.exit_code, "There is no Application Insights of cody2zoho" in refused.output) == (1, True)
