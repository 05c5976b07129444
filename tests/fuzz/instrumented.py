"""Builds the compiled files once more, with sanitizers and coverage, and loads them in place of the ordinary ones."""

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

__all__ = ["BUILD", "LIBRARIES", "ROOT", "SOURCES", "build", "load"]

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/fuzz"
LIBRARIES = BUILD / "site"  # where atheris lies
SOURCES = {"writer.format._records": "writer/format/_records.pyx", "board.store._series": "board/store/_series.pyx"}

# What Cython writes around our functions adds zero to null pointers, which C leaves undefined and no compiler minds.
IGNORED = "[pointer-overflow]\nfun:__pyx_pw_*\nfun:__pyx_tp_*\nfun:__pyx_pf_*\nfun:__Pyx_*\nfun:__pyx_memoryview*\n"
# Coverage of our own functions leads the fuzzer, not that of the glue.
OURS = ("__pyx_f_*", "__pyx_pf_*", "__pyx_pw_*", "__pyx_fuse_*", "crc_*", "hash_name", "is_same", "*_near", "*_span",
        "*_take", "*_kinds", "*_blur", "*_down", "*_up", "*_kept", "*_means", "trainboard_*")  # fmt: skip
GUIDES = "src:*\n" + "".join(f"fun:{name}\n" for name in OURS)
FLAGS = {
    "fuzz": ["-O2", "-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"],
    "coverage": ["-O1", "-fprofile-instr-generate", "-fcoverage-mapping"],
}


def build(sort: str) -> None:
    """Compile all files with Cython and clang, for ``"fuzz"`` or for ``"coverage"``, unless that has been done."""
    for name, source in SOURCES.items():
        path = file_of(name, sort)
        parts = [ROOT / source, *(ROOT / source).parent.glob(f"{path.stem}*.pxi"), Path(__file__)]
        if path.exists() and path.stat().st_mtime > max(part.stat().st_mtime for part in parts):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        (BUILD / "ignored.txt").write_text(IGNORED)
        (BUILD / "guides.txt").write_text(GUIDES)
        generated = path.with_suffix(".c")
        lines = ["--line-directives"] if sort == "fuzz" else []  # for traces; coverage goes by Cython's comments
        run(sys.executable, "-m", "cython", "-3", *lines, source, "-o", str(generated))
        flags = [*FLAGS[sort], "-g", "-fPIC", "-fno-omit-frame-pointer", "-w", "-shared"]
        if sort == "fuzz":
            flags += [f"-fsanitize-ignorelist={BUILD}/ignored.txt", f"-fsanitize-coverage-allowlist={BUILD}/guides.txt"]
        flags += ['-DTRAINBOARD_SOURCE_HASH="instrumented"', f"-I{sysconfig.get_path('include')}"]
        print(f"compiling {source} for {sort}", flush=True)
        run("clang", *flags, str(generated), "-o", str(path))


def run(*command: str) -> None:
    """Run a command in the root of the checkout; its output is shown."""
    subprocess.run(command, cwd=ROOT, check=True)


def file_of(name: str, sort: str) -> Path:
    """Where the compiled file of a module lies."""
    return BUILD / sort / f"{name.rpartition('.')[2]}.so"


def load(name: str, sort: str) -> ModuleType:
    """Import the instrumented file in place of the ordinary one: before anything that uses it is imported."""
    spec = importlib.util.spec_from_file_location(name, file_of(name, sort))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
