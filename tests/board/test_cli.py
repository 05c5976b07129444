"""The command line: one clear line for each mistake, exit code 2, and nothing hostile on the terminal."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from board.cli import main
from board.opening import open as open_logs
from tests.board.logged import append_events, scalar
from tests.board.served import BoardProcess, wait_until

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/corpus/logs"
Board = Callable[..., "Done"]
Complaint = Callable[..., str]


@dataclass
class Done:
    """What a command left."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def board(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command in this process: its entry point is a function, and starting Python each time takes long."""

    def run(*words: str | Path) -> Done:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:  # argparse's --help, --version and mistakes
            code = ended.code if isinstance(ended.code, int) else 1
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def complaint(board: Callable[..., Done]) -> Callable[..., str]:
    """Return the one line that a mistake gets."""

    def run(*words: str | Path) -> str:
        done = board(*words)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr.startswith("board: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    return run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which folder?"),
        (["serve"], "which folder?"),
        ([""], "is empty"),
        (["inspect", ""], "is empty"),
        (["inspect"], "which folder?"),
        (["runs", "--prot", "1"], "--prot"),
        (["runs", "--port", "x"], "'x' is no port"),
        (["runs", "--port", "65536"], "'65536' is no port"),
        (["runs", "--port", "-1"], "-1"),
        (["runs", "--memory", "plenty"], "'plenty' is no size"),
        (["runs", "--memory", "63M"], "64.0 MB at least"),
        (["runs", "--memory", "1e9"], "'1e9' is no size"),
        (["runs", "--no-cache", "--memory", "1G"], "not with --no-cache"),
        (["runs", "--base-path", "/a/../b"], "is no path"),
        (["runs", "--port", "0", "--host", "no.such.name.invalid"], "no such name"),
        (["runs", "--port", "0", "--host", "192.0.2.1"], "not an address of this machine"),
        (["doctor", "runs"], "runs"),
        (["state", "--clear"], "--clear"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(complaint: Complaint, words: list[str], says: str) -> None:
    assert says in complaint(*words)


def test_a_logdir_that_is_a_file_is_one_line_and_code_2(complaint: Complaint, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    for words in ([file], ["serve", file], ["inspect", file], ["--logdir", file]):
        assert "notes.txt" in complaint(*words)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_logdir_that_cannot_be_listed_is_one_line_and_code_2(complaint: Complaint, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert "closed" in complaint(tmp_path / "closed")


def test_a_taken_port_names_a_free_one(complaint: Complaint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = complaint("runs", "--port", str(port))
        assert f"port {port} is taken" in line
        assert "--port 0" in line
        free = int(line.split("try --port ")[1].split()[0])
        socket.create_server(("127.0.0.1", free)).close()


def test_the_first_word_that_is_a_command_is_the_command(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_events(tmp_path / "inspect/a", [scalar("loss", 1, 0.5)])
    monkeypatch.chdir(tmp_path)
    assert board("inspect", "./inspect").stdout.count("loss") == 1
    with BoardProcess(["./inspect"], cwd=tmp_path) as served:
        wait_until(lambda: served.get("/api/runs")["runs"], "the run")
        assert [run["name"] for run in served.get("/api/runs")["runs"]] == ["a"]


def test_help_names_every_command(board: Board) -> None:
    text = board("--help").stdout
    for command in ("inspect", "doctor", "cache", "state"):
        assert f"board {command}" in text
        assert f"usage: board {command}" in board(command, "--help").stdout
    assert board("--version").stdout.startswith("trainboard ")


def test_inspect_lists_what_other_writers_wrote(board: Board) -> None:
    expected = json.loads((ROOT / "tests/corpus/expected.json").read_text())
    assert expected
    done = board("inspect", CORPUS)
    assert (done.code, done.stderr) == (0, "")
    assert "loss/train" in done.stdout
    found = json.loads(board("inspect", CORPUS, "--json").stdout)
    assert {"torch/run_a", "keras/train"} <= set(found["runs"])


def test_inspect_of_nothing_is_one_line_and_code_2(complaint: Complaint, tmp_path: Path) -> None:
    assert "nowhere" in complaint("inspect", tmp_path / "nowhere")


def test_inspect_into_a_closed_pipe_ends_quietly() -> None:
    done = subprocess.run(
        f"{sys.executable} -m board.cli inspect {CORPUS} | true", shell=True, capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_hostile_reaches_the_terminal(board: Board, tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\u202egnp.exe\r\nroot# \x9b2J"
    append_events(tmp_path / hostile.replace("/", "_"), [scalar(hostile, 1, 0.5), scalar(b"\xff\xfe", 1, 0.5)])
    done = board("inspect", tmp_path)
    assert (done.code, done.stderr) == (0, "")
    for char in "\x1b\x07\u202e\r\x9b":
        assert char not in done.stdout
    assert "\\x1b]0;owned" in done.stdout
    assert "\\xff\\xfe" in done.stdout


def test_doctor_says_what_a_report_needs(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TRAINBOARD_PURE", "1")
    done = board("doctor")
    assert (done.code, done.stderr) == (0, "")
    for word in ("python", "numpy", "plotly.min.js", "static", "max_user_instances", f"{tmp_path}/trainboard"):
        assert word in done.stdout
    assert done.stdout.count("times as slowly: TRAINBOARD_PURE=1") == 2


def test_cache_and_state_folders_follow_xdg(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (("HOME", tmp_path), ("XDG_CACHE_HOME", tmp_path / "c"), ("XDG_STATE_HOME", "relative")):
        monkeypatch.setenv(variable, str(value))
    assert board("cache", "--path").stdout == f"{tmp_path}/c/trainboard\n"
    assert board("state", "--path").stdout == f"{tmp_path}/.local/state/trainboard/state.sqlite\n"
    assert board("cache", "--path", "--cache-dir", str(tmp_path)).stdout == f"{tmp_path}\n"
    assert not (tmp_path / "c").exists(), "asking makes nothing"


def test_the_cache_of_a_board_can_be_cleared(board: Board, tmp_path: Path) -> None:
    records = [scalar("loss", step, step) for step in range(10_000)]
    append_events(tmp_path / "runs" / "a", records)
    open_logs(tmp_path / "runs", cache=tmp_path / "cache").close()
    assert board("cache", "--cache-dir", tmp_path / "cache").stdout.startswith(f"{tmp_path}/cache: 2 files, ")
    assert "2 files deleted" in board("cache", "--clear", "--cache-dir", tmp_path / "cache").stdout
    assert not (tmp_path / "cache").exists()


def test_only_a_cache_of_ours_is_cleared(board: Board, complaint: Complaint, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("three years")
    assert "nothing was deleted" in complaint("cache", "--clear", "--cache-dir", tmp_path)
    assert (tmp_path / "thesis.tex").exists()
    (tmp_path / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# of trainboard\n")
    assert board("cache", "--clear", "--cache-dir", tmp_path).code == 0
    assert not tmp_path.exists()
    assert board("cache", "--clear", "--cache-dir", tmp_path).code == 0


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has loaded")
@pytest.mark.parametrize("words", [["--port", "0", "--no-open"], ["inspect"]])
def test_an_interrupt_amid_its_imports_ends_it_without_a_word(words: list[str]) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("interrupts are ignored by all that is started here")
    command = [sys.executable, "-c", "import sys; from board.entry import main; sys.exit(main())", *words, str(CORPUS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        wait_until(lambda: "_multiarray_umath" in Path(f"/proc/{child.pid}/maps").read_text(), "numpy's import")
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=20)[0]
    assert "Traceback" not in said
    assert child.returncode in (0, 130, -signal.SIGINT)
