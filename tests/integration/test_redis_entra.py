"""Worker and beat on a Redis of Azure, without a password, through the end of their tokens."""

import redis

from cody2zoho.simulators.audit import audit
from identity import OID, identity
from waiting import eventually


def test_every_case_is_made_without_a_password_also_when_tokens_end(
    account, organisation, server, broker, start
) -> None:
    def talk(words: str) -> None:
        conversation = account.add_conversation(bot_id="support", at=account.now() - 600)
        account.say(conversation.id, words, at=account.now() - 500)

    def perfect(count: int) -> bool:
        books = server.run(lambda: audit(account, organisation))
        return books.perfect and len(organisation.cases) == count

    administrator = redis.Redis.from_url(broker.url, decode_responses=True)
    with identity(administrator) as azure:
        without_login = broker.url.partition("@")[2]
        chosen = {
            "REDIS_URL": f"redis://{without_login}",
            "REDIS_AUTH": "entra",
            "POLL_INTERVAL_SECONDS": 1,
            **azure.environment,
        }
        server.run(lambda: talk("before"))
        worker, beat = start("worker", **chosen), start("beat", **chosen)
        eventually(lambda: perfect(1), 60)
        azure.end()
        server.run(lambda: talk("after"))
        eventually(lambda: perfect(2), 60)
        users = {one["user"] for one in administrator.client_list() if one["name"] == "cody2zoho"}
        assert users == {OID}
        assert beat.end() == 0
        assert worker.end() == 0
        said = worker.said() + beat.said()
        assert not [token for token in azure.given if token in said]
    administrator.close()
