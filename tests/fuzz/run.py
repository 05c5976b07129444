"""Runs the fuzzers: ``python -m tests.fuzz.run scan --runs 2000000``. What they find lies in ``build/fuzz/found``."""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.fuzz.cases import SEEDS, seeds
from tests.fuzz.instrumented import BUILD, LIBRARIES, ROOT, build

PACKAGES = {"clang": "clang", "llvm-cov": "llvm", "llvm-symbolizer": "llvm"}  # command -> Debian's package
MOST_BYTES = 4096  # of one input
FOUND = BUILD / "found"


def prepare() -> None:
    """Install what is needed and not there: clang from Debian, atheris beside the build."""
    missing = sorted({package for command, package in PACKAGES.items() if shutil.which(command) is None})
    if missing:
        install = ["apt-get", "install", "-y", "-qq", *missing, "libclang-rt-dev"]
        if os.geteuid() != 0:
            sys.exit(f"fuzzing needs clang: sudo {' '.join(install)}")
        subprocess.run(["apt-get", "update", "-qq"])
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, env=quiet)
    if not (LIBRARIES / "atheris").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(LIBRARIES), "atheris>=3.0"], check=True)


def corpus_of(target: str) -> Path:
    """The inputs that runs go on from: at first the kept seeds, or nothing but noise."""
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    first = seeds() if target == "scan" else {}
    noise = random.Random(0)
    first |= {f"noise-{size}": noise.randbytes(size) for size in range(200, MOST_BYTES, 200)}
    for name, data in first.items():
        (corpus / name).write_bytes(data)
    return corpus


def start(target: str, log: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start one fuzzer; what it says goes into the log."""
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT}:{LIBRARIES}",
        "LD_PRELOAD": str(LIBRARIES / "asan_with_fuzzer.so"),
        # Python frees little at exit. Short traces, a small quarantine: most allocations are numpy's, and soon gone.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:malloc_context_size=8:quarantine_size_mb=32",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [sys.executable, "-B", "-m", f"tests.fuzz.fuzz_{target}", *options]
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)


def fuzz(target: str, runs: int, jobs: int) -> int:
    """Run until so many inputs were tried or one of them failed; 0 if none did."""
    corpus = corpus_of(target)
    FOUND.mkdir(parents=True, exist_ok=True)
    logs = [BUILD / f"{target}-{job}.log" for job in range(jobs)]
    options = [str(corpus), f"-runs={-(-runs // jobs)}", f"-max_len={MOST_BYTES}", f"-artifact_prefix={FOUND}/"]
    options += ["-timeout=20", "-rss_limit_mb=4096", "-malloc_limit_mb=256", "-reload=30", "-print_final_stats=1"]
    running = [start(target, log, *options) for log in logs]
    print(f"fuzzing {target}; tail -f {' '.join(str(log.relative_to(ROOT)) for log in logs)}", flush=True)
    codes = [one.wait() for one in running]
    total = 0
    for log, code in zip(logs, codes, strict=True):
        text = log.read_text(errors="replace")
        if code:
            print("\n".join(text.splitlines()[-60:]))
        total += sum(map(int, re.findall(r"stat::number_of_executed_units: (\d+)", text)))
        print(*re.findall(r"#\d+\tDONE.*|stat::average_exec_per_sec.*", text), sep="\n")
    print(f"{target}: {total:,} executions, {'a finding in ' + str(FOUND) if any(codes) else 'no finding'}")
    return 1 if any(codes) else 0


def merge() -> None:
    """Make the seeds anew: of the corpus, the smallest inputs that reach all that it reaches."""
    small = BUILD / "corpus/small"
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir()
    log = BUILD / "merge.log"
    options = ["-merge=1", f"-max_len={MOST_BYTES}", str(small), str(corpus_of("scan"))]
    if start("scan", log, *options).wait():
        sys.exit(log.read_text(errors="replace")[-4000:])
    with zipfile.ZipFile(SEEDS, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number, path in enumerate(sorted(small.iterdir(), key=lambda path: (path.stat().st_size, path.name))):
            archive.writestr(zipfile.ZipInfo(f"{number:04}"), path.read_bytes(), zipfile.ZIP_DEFLATED)
    print(f"{SEEDS.relative_to(ROOT)}: {len(seeds())} seeds, {SEEDS.stat().st_size:,} bytes")


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=["scan", "loops", "merge", "coverage"])
    parser.add_argument("--runs", type=int, default=2_000_000, help="inputs to try, in all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    options = parser.parse_args()
    prepare()
    os.nice(10)
    if options.target == "coverage":
        build("coverage")
        from tests.fuzz.coverage import report

        return report()
    build("fuzz")
    if options.target == "merge":
        merge()
        return 0
    return fuzz(options.target, options.runs, options.jobs)


if __name__ == "__main__":
    sys.exit(main())
