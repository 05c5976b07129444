"""Scripts that know nothing of this package, and log here all the same."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.writer.tensorboard_reader import find_event_files, read_python, read_tags

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = """
    import sys, os
    assert sys.argv[1:] == ["--flag", "value"], sys.argv
    assert __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals()
    import torch
    from torch.utils.tensorboard import SummaryWriter
    import beside
    with SummaryWriter("run") as log:
        log.add_scalar("a", 1.0, 1)
        log.add_scalar("class", float(type(log).__module__ == "writer.summary_writer"), 1)
"""
PATCHED = """
    import sys
    {before}
    from writer.torch import patch
    patch()
    patch()
    import torch
    import torch.utils.tensorboard
    from torch.utils.tensorboard import FileWriter, SummaryWriter
    from torch.utils.tensorboard.writer import SummaryWriter as Same
    from torch.utils.tensorboard.summary import hparams
    import writer
    assert SummaryWriter is Same is torch.utils.tensorboard.SummaryWriter is writer.SummaryWriter
    assert FileWriter is torch.utils.tensorboard.writer.FileWriter is writer.FileWriter
    with SummaryWriter("run") as log:
        log.add_scalar("a", 1.0, 1)
        for message in hparams({{"lr": 0.1, "name": "x"}}, {{"loss": 1.0}}):
            log.file_writer.add_summary(message)
    {after}
"""
HIDE = """
    import importlib.abc
    class Hide(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name.split(".")[0] == "tensorboard":
                raise ModuleNotFoundError("No module named 'tensorboard'", name="tensorboard")
    sys.meta_path.insert(0, Hide())
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start Python in a folder, with this package on the path."""
    command = [sys.executable, "-W", "error::RuntimeWarning", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def run_patched(folder: Path, before: str = "", after: str = "") -> None:
    """Run ``PATCHED`` with something before and after."""
    script = textwrap.dedent(PATCHED).format(before=textwrap.dedent(before), after=after)
    done = run(folder, "-c", script)
    assert done.returncode == 0, done.stderr
    tags = set(read_python(folder / "run").summary_metadata)
    assert {"_hparams_/experiment", "_hparams_/session_start_info"} < tags
    assert read_tags(folder / "run") == {"scalars": ["a"]}
    assert ".r00000." in find_event_files(folder / "run")[0].name  # our names


def test_a_script_is_run_unchanged(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/beside.py").touch()
    (tmp_path / "scripts/train.py").write_text(textwrap.dedent(SCRIPT))
    done = run(tmp_path, "-m", "writer.torch", "scripts/train.py", "--flag", "value")
    assert (done.returncode, done.stderr) == (0, "")
    assert read_python(tmp_path / "run").Scalars("class")[0].value == 1.0


def test_a_module_is_run_unchanged(tmp_path: Path) -> None:
    (tmp_path / "beside.py").touch()
    (tmp_path / "package").mkdir()
    (tmp_path / "package/train.py").write_text(textwrap.dedent(SCRIPT))
    done = run(tmp_path, "-m", "writer.torch", "-m", "package.train", "--flag", "value")
    assert (done.returncode, done.stderr) == (0, "")
    assert read_python(tmp_path / "run").Scalars("class")[0].value == 1.0


def test_a_script_that_fails_fails_as_ever(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import sys\nsys.exit(7)")
    assert run(tmp_path, "-m", "writer.torch", "train.py").returncode == 7
    for arguments in ([], ["--help"], ["-m"]):
        done = run(tmp_path, "-m", "writer.torch", *arguments)
        assert (done.returncode, done.stderr[:6]) == (1, "usage:")


def test_a_script_that_patches_itself(tmp_path: Path) -> None:
    run_patched(tmp_path)


def test_torchs_module_was_imported_before(tmp_path: Path) -> None:
    run_patched(tmp_path, before="import torch.utils.tensorboard", after="assert torch.utils.tensorboard.RecordWriter")


def test_without_the_package_tensorboard(tmp_path: Path) -> None:
    after = "import importlib.util; assert importlib.util.find_spec('torch.utils.tensorboard')"
    run_patched(tmp_path, before=HIDE, after=after)
