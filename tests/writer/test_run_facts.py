"""What is recorded of a run is true, and holds no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from writer.run_facts import FACTS, hide_secrets

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train.py --api-key abc --lr 0.1", "train.py --api-key *** --lr 0.1"),
        ("--password=hunter2 --user=me", "--password=*** --user=me"),
        ("WANDB_API_KEY=abc123 LR=1", "WANDB_API_KEY=*** LR=1"),
        ("PGPASSWORD='a b' DBPASS=x", "PGPASSWORD=*** DBPASS=***"),
        ('{"api_key": "abc def", "lr": 1}', '{"api_key": ***, "lr": 1}'),
        ("https://me:word@host/path?x=1", "https://***@host/path?x=1"),
        ("git@github.com:me/project.git", "git@github.com:me/project.git"),
        ("clone with ghp_0123456789012345678901234567890123456789", "clone with ***"),
        ("AKIAIOSFODNN7EXAMPLE and hf_abcdefghijklmnopqrstuv", "*** and ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx = 1", "***\nx = 1"),
        ("--tokenizer bert --max-tokens 5 --keyboard us --author me", None),
        ("monkey=1, turkey: 2; passes = 3", None),
        ("the key point of the token economy", None),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, shown: str | None) -> None:
    assert hide_secrets(text) == (text if shown is None else shown)


def test_environment_keeps_names_and_hides_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVICE_TOKEN", "do-not-show")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:do-not-show@host/base")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    text = FACTS["run/environment"]()
    assert "do-not-show" not in text
    assert r"| MY\_SERVICE\_TOKEN | \*\*\* |" in text
    assert r"| CUDA\_VISIBLE\_DEVICES | 0,1 |" in text


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def facts_of(script: Path, *words: str, fact: str) -> str:
    script.write_text(f"from writer.run_facts import FACTS\nprint(FACTS[{fact!r}](), end='')\n")
    command = [sys.executable, str(script), *words]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return done.stdout


def test_code_is_the_scripts_commit_and_what_differs_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    assert facts_of(folder / "train.py", fact="run/code") == "", "no repository"
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "remote", "add", "origin", "https://me:word@example.org/p.git")
    git(folder, "add", "train.py")
    git(folder, "commit", "-q", "-m", "first")
    clean = facts_of(folder / "train.py", fact="run/code")
    assert git(folder, "rev-parse", "HEAD").strip() in clean
    assert "| branch | trunk |" in clean
    assert "word" not in clean
    assert "| changed since | no |" in clean
    (folder / "config.py").write_text("rate = 1\n")
    git(folder, "add", "config.py")
    (folder / "config.py").write_text("rate = 2\napi_key = 'abc'\ntext = '```'\n")
    changed = facts_of(folder / "train.py", fact="run/code")
    assert "| changed since | yes |" in changed
    assert "````diff\n" in changed
    assert "+rate = 2\n+api_key = ***\n" in changed
    assert "abc" not in changed


def test_command_and_packages(tmp_path: Path) -> None:
    command = facts_of(tmp_path / "train.py", "--lr", "0.1", "--token", "abc", "a b", fact="run/command")
    assert "train.py --lr 0.1 --token *** 'a b'\n" in command
    assert f"| folder | {os.getcwd()} |".replace("_", r"\_") in command
    assert "\nnumpy==" in facts_of(tmp_path / "train.py", fact="run/packages")
