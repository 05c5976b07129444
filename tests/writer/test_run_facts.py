"""What is recorded of a run is true, and holds no secret."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from writer.redaction import hide_in_arguments, hide_in_diff, hide_in_value, hide_secrets
from writer.run_facts import FACTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train.py --api-key abc --lr 0.1", "train.py --api-key *** --lr 0.1"),
        ("--password=hunter2 --user=me", "--password=*** --user=me"),
        ("WANDB_API_KEY=abc123 LR=1", "WANDB_API_KEY=*** LR=1"),
        ("PGPASSWORD='a b' DBPASS=x", "PGPASSWORD=*** DBPASS=***"),
        ('{"api_key": "abc def", "lr": 1}', '{"api_key": ***, "lr": 1}'),
        ("https://me:word@host/path", "https://***@host/path"),
        ("git@github.com:me/project.git", "git@github.com:me/project.git"),
        ("clone with ghp_0123456789012345678901234567890123456789", "clone with ***"),
        ("AKIAIOSFODNN7EXAMPLE and hf_abcdefghijklmnopqrstuv", "*** and ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx = 1", "***\nx = 1"),
        ("--tokenizer bert --max-tokens 5 --keyboard us --author me", None),
        ("monkey=1, turkey: 2; passes = 3", None),
        ("the key point of the token economy, key=lambda x: x", None),
        ("https://host:8080/path#part and runs/2026-01-01_12-00-00_host", None),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, shown: str | None) -> None:
    assert hide_secrets(text) == (text if shown is None else shown)


CANARY = "S3CR3TVALUE"
LEAKS = """
curl https://api.x.io/v1?token={} --next
https://host/path?X-Amz-Signature={}&X-Amz-Credential={}
https://acc.blob.core.windows.net/c?sv=2020&sig={}
https://{}@github.com/x.git and redis://:{}@host and postgres://me:p@ss/{}@host/base
https://hooks.slack.com/services/T000/B000/{}
--wandb-key {} --hf_token '{} b' --auth-token="{}" --pass {} logger.wandb.api_key={} +neptune.api_token={}
--env WANDB_API_KEY={} -e TOKEN={}
-H 'Authorization: Bearer {}'
"Authorization": "Basic {}"
headers={'X-Api-Key': '{}'}
Cookie: session={}
+API_KEY = "{}"
-    token: {}
+  'password': '{}', 'more': 1
+os.environ['WANDB_API_KEY'] = '{}'
+os.environ["HF_TOKEN"]="{}"
+os.environ.setdefault('DB_PASSWORD', '{}')
+wandb.login(key='0123-{}')
+login(token="{}")
+client_secret: str = '{}'
+PASSWORD: Final[str] = "{}"
+password = read() or '{}'
+clientSecret={} apiToken: {} accessKeyId={}
AccountKey={}==;EndpointSuffix=x
aws_secret_access_key = {}
machine api.wandb.ai login user password {}
sshpass -p{} ssh host
curl --user me:{} https://host
--opts "{'token': '{}'}"
"""
TOKENS = """
sk-proj-AbCdEfGhIjKlMnOpQrStUvWx ghp_0123456789012345678901234567890123456789 glpat-AbCdEfGhIjKlMnOpQrSt
npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789 pypi-AgEIcHlwaS5vcmcAbCdEfGhIjKl dckr_pat_AbCdEfGhIjKlMnOpQr
SG.AbCdEfGhIjKlMnOpQr.StUvWxYzAbCdEfGh nvapi-AbCdEfGhIjKlMnOpQrStUvWx dapi0123456789abcdef0123456789abcdef
"""


@pytest.mark.parametrize("line", LEAKS.strip().splitlines())
def test_a_secret_is_hidden_wherever_it_stands(line: str) -> None:
    shown = hide_secrets(line.replace("{}", CANARY))
    assert CANARY not in shown
    assert "***" in shown


@pytest.mark.parametrize("token", TOKENS.split())
def test_a_token_that_says_what_it_is_is_hidden_in_any_text(token: str) -> None:
    assert hide_secrets(f"a {token} b") == "a *** b"


def test_what_is_assigned_over_several_lines_is_hidden() -> None:
    text = f'secret = """{CANARY}\n{CANARY}"""\nrate = 1\n'
    assert hide_secrets(text) == "secret = ***\nrate = 1\n"


def test_random_values_are_hidden_where_nothing_says_what_they_are() -> None:
    for value in (
        "0123456789abcdef0123456789abcdef01234567",
        "aB3dE5fG7hI9jK1lM3nO5pQ7",
        "x=aB3dE5fG7hI9jK1lM3nO5pQ7=",
    ):
        assert "***" in hide_in_value(value)
    for value in (
        "/usr/local/lib/python3.11/site-packages",
        "mnist/cnn_2026-01-01_12-00-00",
        "0,1,2,3,4,5,6,7,8,9,10,11",
    ):
        assert hide_in_value(value) == value


def test_a_commands_words_are_looked_at_one_by_one() -> None:
    words = ["train.py", "--token", "a 'b' c", "--lr", "0.1", "--config", "{'password': 'it''s'}", "--max-tokens", "5"]
    assert hide_in_arguments(words)[:5] == ["train.py", "--token", "***", "--lr", "0.1"]
    assert "it" not in hide_in_arguments(words)[6]
    assert hide_in_arguments(words)[7:] == ["--max-tokens", "5"]


def test_files_that_are_made_for_secrets_are_only_named() -> None:
    diff = "".join(
        f"diff --git a/{name} b/{name}\nindex 1..2\n+++ b/{name}\n+{CANARY}\n"
        for name in (".env", "keys/id_rsa", "config/credentials.json", "server.pem", ".netrc", "train.py")
    )
    shown = hide_in_diff(diff)
    assert shown.count(CANARY) == 1
    assert "diff --git a/config/credentials.json" in shown
    assert f"+++ b/train.py\n+{CANARY}\n" in shown


def test_looking_for_secrets_takes_no_longer_than_reading() -> None:
    for text in (
        "password" * 20_000,
        "token: " * 20_000,
        "a='" * 50_000,
        "-" * 200_000,
        "https://" * 20_000,
        "@" * 99_999,
    ):
        begin = time.process_time()
        hide_secrets(text)
        assert time.process_time() - begin < 3.0


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
    (folder / ".env").write_text("WHATEVER=abc\n")
    git(folder, "add", "-N", ".env")
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
