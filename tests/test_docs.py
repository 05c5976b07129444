"""The documents say what is there: modules, code that runs, files that exist."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
PYTHON = [path for folder in ("writer", "board") for path in sorted((ROOT / folder).rglob("*.py"))]


def sentence(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    return " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0].split())


@pytest.mark.parametrize("path", [p for p in PYTHON if p.name != "__init__.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_architecture_has_every_module_with_its_sentence(path: Path) -> None:
    part = ARCHITECTURE.split(f"### {'.'.join(path.parent.relative_to(ROOT).parts)}\n", 1)[1].split("\n### ", 1)[0]
    assert f"- `{path.name}`: {sentence(path)}\n" in part + "\n"


def test_the_architecture_names_no_module_that_is_gone() -> None:
    listed = re.findall(r"^- `([\w/]+\.(?:py|js))`", ARCHITECTURE, re.MULTILINE)
    there = {p.name for p in PYTHON} | {
        p.relative_to(ROOT / "static/js").as_posix() for p in (ROOT / "static/js").rglob("*.js")
    }
    assert len(listed) > 50
    assert [name for name in listed if name not in there] == []


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL), ids=lambda b: b.split("\n")[0])
def test_the_readmes_python_runs(block: str, tmp_path: Path) -> None:
    (tmp_path / "sample_logs").symlink_to(ROOT / "sample_logs")
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_documents_link_to_files_that_exist() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        links = re.findall(r"\]\(([^)#:]+)\)|srcset=\"([^\"]+)\"|<img [^>]*src=\"([^\"]+)\"", text)
        for link in ("".join(parts) for parts in links):
            assert (ROOT / link).exists(), f"{name} links to {link}"


def test_the_makefile_has_every_target_that_the_documents_name() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(
            re.findall(
                r"\bmake ([a-z]+)\b", " ".join(re.findall(r"`[^`]+`|^    .*$", (ROOT / name).read_text(), re.MULTILINE))
            )
        )
        assert named <= targets


def test_the_readme_is_short() -> None:
    assert README.count("\n") <= 120
