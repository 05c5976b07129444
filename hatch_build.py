"""Compiles the Cython files into the wheel, and beside their sources in an editable install; never fails a build."""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("writer/format/_records.pyx", "writer/format/_encode.pyx", "board/store/_series.pyx")

# Run in a process of its own, so that a compiler's crash or sys.exit is one more reason for the plain files.
COMPILE = """
import sys
from Cython.Build import cythonize
from setuptools import Distribution, Extension
name, source, digest = sys.argv[1:]
macros = [("TRAINBOARD_SOURCE_HASH", '"' + digest + '"')]
extension = Extension(name, [source], define_macros=macros, extra_compile_args=["-O3"])
distribution = Distribution({"ext_modules": cythonize([extension], language_level=3, quiet=True, force=True)})
command = distribution.get_command_obj("build_ext")
command.inplace = command.force = True
command.build_temp = "build/cython"
distribution.run_command("build_ext")
"""


def compile_in_place(root: Path, source: str) -> Path | None:
    """Compile one file to a shared object beside it; None, and one line on stderr, where that cannot be done."""
    name = source.removesuffix(".pyx").replace("/", ".")
    # The digest in the compiled file lets the import refuse one that an older source made.
    stem = Path(source).stem
    included = sorted(re.findall(r'^include "(.+)"$', (root / source).read_text(), re.MULTILINE))
    parts = [root / source, *((root / source).with_name(part) for part in included)]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]
    fresh = (root / source).with_name(stem + sysconfig.get_config_var("EXT_SUFFIX"))
    if fresh.exists() and digest.encode() in fresh.read_bytes():
        return fresh
    for old in (root / source).parent.glob(f"{stem}.*.so"):
        old.unlink()
    ran = subprocess.run(
        [sys.executable, "-c", COMPILE, name, source, digest], cwd=root, capture_output=True, text=True
    )
    built = sorted((root / source).parent.glob(f"{stem}.*.so"))
    if ran.returncode or not built:
        reason = (ran.stderr.strip().splitlines() or ["no shared object was made"])[-1]
        print(f"trainboard: {source} was not compiled, the plain Python file serves instead: {reason}", file=sys.stderr)
        return None
    return built[0]


class CompileHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds what it compiled to the wheel, and tags the wheel for this platform only if there is anything."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or os.environ.get("TRAINBOARD_PURE") == "1":
            return
        root = Path(self.root)
        built = [path for source in SOURCES if (root / source).exists() and (path := compile_in_place(root, source))]
        if built:
            build_data["artifacts"] += [str(path.relative_to(root)) for path in built]
            build_data["pure_python"] = False
            build_data["infer_tag"] = True


if __name__ == "__main__":  # python hatch_build.py: compile in place, as `make` does after a change
    here = Path(__file__).resolve().parent
    built = [compile_in_place(here, source) for source in SOURCES]
    sys.exit(0 if all(built) else 1)
