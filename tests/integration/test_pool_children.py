"""Workers whose tasks run in processes of their own, each of which may end at any time."""

import redis

from waiting import eventually


def test_the_last_lines_of_a_pools_child_are_not_lost(start, call, broker, tmp_path) -> None:
    (tmp_path / "brief.py").write_text(
        "import logging\n"
        "from celery import shared_task\n"
        "@shared_task(name='cody2zoho.brief', ignore_result=True)\n"
        "def brief():\n"
        "    logging.getLogger('cody2zoho.brief').warning('last_words')\n"
    )
    worker = start("worker", "-P", "processes", "-c", 1, "--max-tasks-per-child", 1, "-I", "brief", PYTHONPATH=tmp_path)
    worker.says(" ready.")
    for _ in range(3):
        call("brief")
    eventually(lambda: worker.said().count("last_words") == 3, 60)
    assert worker.end() == 0
    store = redis.Redis.from_url(broker.url, decode_responses=True)
    [key] = store.keys("*logs")
    assert str(store.xrange(key)).count("last_words") == 3
    store.close()
