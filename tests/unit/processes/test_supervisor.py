"""Child processes are watched, and none is left behind, whatever ends whom. Real, tiny processes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import end_all, is_running, python, working_in

from cody2zoho.processes.logfile import LogFile
from cody2zoho.processes.supervisor import ChildFailed, Interrupted, Role, Supervisor
from waiting import eventually

SLEEP = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "logs", {"NAME": "value"}, tmp_path) as supervisor:
        yield supervisor
    assert working_in(tmp_path) == []


def said(supervisor: Supervisor, name: str) -> str:
    [child] = [child for child in supervisor.children if child.role.name == name]
    return child.log.path.read_text()


def ends_with_a_line_in(folder: Path, name: str) -> list[str]:
    """A process that writes its name into a common file when it is asked to end."""
    return python(
        f"""
import signal, sys, time
def end(*_):
    open({str(folder / "endings")!r}, "a").write("{name} ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""
    )


def test_the_youngest_is_stopped_first(supervisor: Supervisor, tmp_path: Path) -> None:
    names = ("first", "second", "third")
    supervisor.start(*[Role(name, ends_with_a_line_in(tmp_path, name)) for name in names])
    eventually(lambda: all("up" in said(supervisor, name) for name in names))
    supervisor.stop()
    assert (tmp_path / "endings").read_text() == "third second first "


def test_several_of_a_kind_are_stopped_together(supervisor: Supervisor, tmp_path: Path) -> None:
    code = f"""
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: pathlib.Path({str(tmp_path)!r}, f"told-{{sys.argv[1]}}").touch())
print("up", flush=True)
while len(list(pathlib.Path({str(tmp_path)!r}).glob("told-*"))) < 3:
    time.sleep(0.01)
"""
    names = ("worker", "worker2", "worker3")
    supervisor.start(*[Role(name, [*python(code), name]) for name in names])
    eventually(lambda: all("up" in said(supervisor, name) for name in names))
    processes = [child.process for child in supervisor.children]
    supervisor.stop()
    assert [process.returncode for process in processes] == [0, 0, 0]


def test_a_child_that_does_not_end_in_its_time_is_killed(supervisor: Supervisor) -> None:
    supervisor.start(Role("stubborn", python(STUBBORN), grace_seconds=0.1))
    eventually(lambda: "deaf" in said(supervisor, "stubborn"))
    process = supervisor.children[0].process
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL


def test_what_a_child_has_started_itself_ends_with_it(supervisor: Supervisor) -> None:
    code = f"import subprocess; print(subprocess.Popen({python(STUBBORN)!r}).pid, flush=True); {SLEEP}"
    supervisor.start(Role("parent", python(code)))
    grandchild = int(eventually(lambda: said(supervisor, "parent").partition("\n")[0]))
    assert is_running(grandchild)
    supervisor.stop()
    eventually(lambda: not is_running(grandchild))


def test_a_child_gets_the_environment_it_is_given_and_no_other(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run(Role("curious", python("import os; print(*os.environ)")))
    said = (tmp_path / "logs" / "curious.log").read_text()
    # Python itself adds LC_CTYPE where no locale is set; we see to it that no last word is lost in a buffer.
    assert set(said.split()) - {"LC_CTYPE"} == {"NAME", "PYTHONUNBUFFERED"}


def test_a_child_that_ends_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(Role("brief", python("print('oh dear'); raise SystemExit(3)"), is_ready=lambda: False))
    with pytest.raises(ChildFailed, match=r"(?s)brief ended with exit code 3; its last words:.*oh dear"):
        supervisor.wait_until_ready()


def test_a_child_that_is_never_ready_is_reported(supervisor: Supervisor) -> None:
    supervisor.start(Role("slow", python(SLEEP), is_ready=lambda: False))
    with pytest.raises(ChildFailed, match=r"slow was not ready after 0\.1 s"):
        supervisor.wait_until_ready("slow", seconds=0.1)


def test_work_that_fails_is_reported(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match="task ended with exit code 7"):
        supervisor.run(Role("task", python("raise SystemExit(7)")))


def test_a_program_that_cannot_be_started_is_reported(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match=r"(?s)nothing ended with exit code 1.*No such file"):
        supervisor.run(Role("nothing", ["/no/such/program"]))


def test_a_child_that_was_killed_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start(Role("phoenix", python(SLEEP)))
    first = supervisor.children[0].process.pid
    os.kill(first, signal.SIGKILL)
    assert eventually(supervisor.revive) == ["phoenix was killed by SIGKILL; it starts again in 1 s"]
    assert eventually(supervisor.revive) == ["phoenix was started again"]
    assert supervisor.children[0].process.pid != first
    assert supervisor.revive() == []


def test_one_that_keeps_ending_is_started_after_ever_longer_pauses(supervisor: Supervisor) -> None:
    supervisor.start(Role("broken", python("raise SystemExit(1)")))
    [child] = supervisor.children
    assert [child.plan_next_start() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_one_that_lived_for_a_while_is_started_soon_again(supervisor: Supervisor) -> None:
    supervisor.start(Role("good", python("")))
    [child] = supervisor.children
    child.plan_next_start()
    child.plan_next_start()
    child.started -= 61
    assert child.plan_next_start() == 1


# -- signals: a process of its own, because they end it ---------------------------------------


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor with one ordinary and one deaf child, which says when both run."""
    code = f"""
        from pathlib import Path
        from cody2zoho.processes.supervisor import Interrupted, Role, Supervisor
        with Supervisor(Path("logs"), {{}}, Path.cwd()) as supervisor:
            supervisor.start(Role("deaf", {python(STUBBORN)!r}, grace_seconds=600))
            while b"deaf" not in supervisor.children[0].log.path.read_bytes():
                supervisor.pause(0.01)
            supervisor.start(Role("ordinary", {python(SLEEP)!r}))
            print("both run", flush=True)
            try:
                while True:
                    supervisor.pause(0.01)
            except Interrupted as interrupted:
                code = interrupted.exit_code
        raise SystemExit(code)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "both run\n"
        yield process
        process.kill()
    end_all(tmp_path)


def test_the_first_ctrl_c_stops_in_order_and_the_second_at_once(program: subprocess.Popen[str], tmp_path: Path) -> None:
    program.send_signal(signal.SIGINT)
    # The ordinary one, the younger, is gone; the deaf one has its time.
    eventually(lambda: len(working_in(tmp_path)) == 2)
    assert program.poll() is None
    program.send_signal(signal.SIGINT)
    assert program.wait(10) == 130
    assert working_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_killing_the_supervisor_ends_its_children(program: subprocess.Popen[str], tmp_path: Path) -> None:
    program.kill()
    program.wait(10)
    eventually(lambda: working_in(tmp_path) == [])


def test_sigterm_and_the_end_of_the_terminal_are_orderly_ends_too(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    program.send_signal(signal.SIGHUP)
    eventually(lambda: len(working_in(tmp_path)) == 2)
    program.send_signal(signal.SIGTERM)
    assert program.wait(10) == 128 + signal.SIGHUP


def test_a_signal_the_shell_ignores_for_us_stays_ignored(tmp_path: Path) -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Supervisor(tmp_path / "logs", {}, tmp_path) as supervisor:
            os.kill(os.getpid(), signal.SIGHUP)
            supervisor.pause(0)
    finally:
        signal.signal(signal.SIGHUP, former)


def test_work_that_never_pauses_is_ended_at_once(supervisor: Supervisor) -> None:
    def working() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)

    with pytest.raises(SystemExit) as ended, supervisor.ending_at_once():
        working()
    assert ended.value.code == 130


def test_ctrl_c_is_raised_by_the_next_pause_only(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Interrupted):
        supervisor.pause(0)


# -- logs -------------------------------------------------------------------------------------


def test_whole_lines_are_read_once(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log")
    assert log.new_lines() == []
    with log.path.open("a", buffering=1) as writer:
        writer.write("one\ntwo\nhal")
        writer.flush()
        assert log.new_lines() == ["one", "two"]
        writer.write("f\n")
    assert log.new_lines() == ["half"]
    assert log.new_lines() == []


def test_a_log_that_grew_too_large_is_cut_and_kept_once(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", largest_bytes=10)
    with log.path.open("ab", buffering=0) as writer:
        writer.write(b"a long line\n")
        assert log.new_lines() == ["a long line"]
        assert log.path.stat().st_size == 0
        writer.write(b"short\n")
    assert log.new_lines() == ["short"]
    assert (tmp_path / "a.log.1").read_text() == "a long line\n"
