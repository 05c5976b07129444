"""The wheel holds what it must, with a compiler and without, and works where nothing but it is installed."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600)]


def run(*command: str | Path, **more: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would hand to a stranger: tracked and new files, nothing that is ignored."""
    target = tmp_path_factory.mktemp("checkout")
    for name in run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def build(checkout: Path, target: Path, **env: str) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", target, checkout, env={**os.environ, **env})
    (wheel,) = target.glob("*.whl")
    return wheel


def size_of(folder: Path) -> int:
    """Bytes of all files, without the bytecode that Python makes of them when it likes."""
    files = (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and p.suffix != ".pyc")
    return sum(p.stat().st_size for p in files)


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_both_packages_and_the_pages_and_no_more(wheel: Path, checkout: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"board", "writer", "trainboard-0.1.0.dist-info"}
    for folder in ("static", "templates"):
        inside = {n.removeprefix(f"board/{folder}/") for n in names if n.startswith(f"board/{folder}/")}
        in_git = {p.relative_to(checkout / folder).as_posix() for p in (checkout / folder).rglob("*") if p.is_file()}
        assert inside == in_git
        assert inside


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on this machine")
def test_a_compiler_puts_the_compiled_files_into_the_wheel(wheel: Path) -> None:
    compiled = {name.split(".")[0] for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")}
    assert compiled == {"writer/format/_encode", "writer/format/_records", "board/store/_series"}
    assert not wheel.name.endswith("-none-any.whl"), "a wheel with compiled files is tagged for its platform"


def test_without_a_compiler_the_wheel_is_plain_python(checkout: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"  # the other build has left compiled files in its checkout
    shutil.copytree(checkout, fresh, ignore=shutil.ignore_patterns("*.so", "*.c", "build"))
    wheel = build(fresh, tmp_path, CC="/bin/false")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")]
    run(sys.executable, "-m", "zipfile", "-e", wheel, tmp_path / "installed")
    listing = run(
        sys.executable, "-m", "board.cli", "inspect", ROOT / "tests/corpus/logs/torch", cwd=tmp_path / "installed"
    )
    assert "loss/train" in listing


def test_a_fresh_environment_serves_every_asset_that_a_page_names(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    of_the_environment = size_of(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", wheel)
    assert "torch" not in run(python, "-m", "pip", "list", "--format=freeze").lower()
    installed = size_of(tmp_path / "env") - of_the_environment
    assert installed <= 190e6, f"a core install is {installed / 1e6:.0f} MB"

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [tmp_path / "env/bin/board", ROOT / "sample_logs", "--port", "0", "--no-open"]
    with subprocess.Popen(
        command, cwd=elsewhere, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            assert server.stdout is not None
            found = (re.search(r"http://[\w.]+:\d+/", line) for line in server.stdout)
            address = next(match.group() for match in found if match)
            for page in ("scalars", "images", "graphs"):
                html = urllib.request.urlopen(address + page).read().decode()
                assets = re.findall(r'(?:src|href)="(static/[^"]+)"', html)
                assert assets
                for asset in assets:
                    assert urllib.request.urlopen(address + asset).status == 200, asset
        finally:
            server.terminate()
        assert server.wait(10) == 0
