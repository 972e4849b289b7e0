"""Workers whose tasks run in processes of their own, each of which may end at any time."""

from waiting import eventually


def test_the_last_lines_of_a_pools_child_reach_the_files(start, tmp_path) -> None:
    (tmp_path / "brief.py").write_text(
        "import logging\n"
        "from celery import shared_task\n"
        "@shared_task(name='cody2zoho.brief', ignore_result=True)\n"
        "def brief():\n"
        "    logging.getLogger('cody2zoho.brief').warning('last_words')\n"
    )
    chosen = {"PYTHONPATH": tmp_path, "LOG_DIR": tmp_path / "logs"}
    worker = start("worker", "-P", "processes", "-c", 1, "--max-tasks-per-child", 1, "-I", "brief", **chosen)
    worker.says(" ready.")
    for _ in range(3):
        start("call", "cody2zoho.brief", **chosen)
    eventually(lambda: worker.said().count("last_words") == 3, 60)
    assert worker.end() == 0
    assert (tmp_path / "logs" / "sync.log").read_text().count("last_words") == 3
