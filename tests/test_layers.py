"""The imports of every module follow ARCHITECTURE.md's arrows, and no module outgrows its room."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path for package in ("writer", "board") for path in (ROOT / package).rglob("*.py"))

# A part of the code -> the parts of ours that it may import, itself apart.
MAY_IMPORT = {
    "writer": {"writer.format"},
    "writer.format": set(),
    "board": {"board.opening", "board.logs", "board.model", "board.errors"},  # board/__init__.py: the public names
    "board.model": set(),
    "board.errors": {"board.model"},
    "board.defaults": set(),
    "board.storage": {"board.model", "board.errors"},
    "board.tensors": {"board.errors"},
    "board.graph_encodings": {"writer.format", "board.errors"},
    "board.wav": set(),
    "board.arrays": {"board.wav", "board.errors"},
    "board.kinds": {
        "board.wav",
        "board.tensors",
        "board.graph_encodings",
        "writer.format",
        "board.model",
        "board.errors",
    },
    "board.blob_reader": {"board.storage", "board.kinds", "writer.format", "board.model", "board.errors"},
    "board.store": {"board.storage", "board.kinds", "writer.format", "board.model", "board.errors"},
    "board.ingest": {"board.store", "board.storage", "board.kinds", "writer.format", "board.model", "board.errors"},
    "board.graphs": {
        "board.storage",
        "board.kinds",
        "board.graph_encodings",
        "writer.format",
        "board.model",
        "board.errors",
    },
    "board.hparams": {
        "board.blob_reader",
        "board.store",
        "board.storage",
        "writer.format",
        "board.model",
        "board.errors",
    },
    "board.histograms": {
        "board.runs",
        "board.blob_reader",
        "board.store",
        "board.storage",
        "board.model",
        "board.errors",
    },
    "board.texts": {"board.runs", "board.errors"},
    "board.tensor_views": {"board.errors"},
    "board.pr_curves": {"board.blob_reader", "board.store", "board.model", "board.errors"},
    "board.layouts": {
        "board.query",
        "board.blob_reader",
        "board.store",
        "writer.format",
        "board.model",
        "board.errors",
    },
    "board.embeddings": {"board.store", "board.storage", "writer.format", "board.model", "board.errors"},
    "board.meshes": {"writer.format", "board.errors"},
    "board.frames": {"board.store", "board.errors"},
    "board.export": {"board.store", "board.logs", "board.model", "board.assets", "board.errors"},
    "board.views": {"board.store", "board.model"},
    "board.metrics": {"board.store", "board.model"},
    "board.comparison": {
        "board.run_facts",
        "board.metrics",
        "board.hparams",
        "board.store",
        "board.model",
        "board.errors",
    },
    "board.table": {
        "board.comparison",
        "board.metrics",
        "board.hparams",
        "board.store",
        "board.model",
        "board.errors",
    },
    "board.run_facts": {
        "board.runs",
        "board.blob_reader",
        "board.store",
        "board.storage",
        "board.model",
        "board.errors",
    },
    "board.notices": {"board.store", "board.model", "board.errors"},
    "board.grouping": {"board.hparams", "board.query", "board.errors"},
    "board.query": {"board.hparams", "board.metrics", "board.views", "board.store", "board.model", "board.errors"},
    "board.runs": {
        "board.arrays",
        "board.embeddings",
        "board.meshes",
        "board.frames",
        "board.hparams",
        "board.layouts",
        "board.blob_reader",
        "board.store",
        "board.storage",
        "board.kinds",
        "board.model",
        "board.errors",
    },
    "board.graph_sources": {
        "board.graphs",
        "board.blob_reader",
        "board.storage",
        "board.kinds",
        "board.model",
        "board.errors",
    },
    "board.graph_worker": {"board.graph_sources", "board.graphs", "writer.format", "board.errors"},
    "board.graph_answers": {"board.graph_worker", "board.graph_sources", "board.store", "board.errors"},
    "board.graph_files": {"board.graph_answers", "board.graph_sources", "board.errors"},
    "board.graph_questions": {
        "board.run_graphs",
        "board.graph_answers",
        "board.graph_files",
        "board.graph_sources",
        "board.store",
        "board.model",
        "board.errors",
    },
    "board.run_graphs": {
        "board.graph_sources",
        "board.graphs",
        "board.runs",
        "board.blob_reader",
        "board.store",
        "board.storage",
        "board.kinds",
        "writer.format",
        "board.model",
        "board.errors",
    },
    "board.inspection": {"board.meshes", "board.ingest", "board.store", "board.runs", "board.views", "board.model"},
    "board.charts": {"board.views", "board.store", "board.model"},
    "board.logs": {
        "board.table",
        "board.comparison",
        "board.run_facts",
        "board.embeddings",
        "board.meshes",
        "board.graph_questions",
        "board.charts",
        "board.frames",
        "board.query",
        "board.grouping",
        "board.notices",
        "board.metrics",
        "board.hparams",
        "board.histograms",
        "board.layouts",
        "board.pr_curves",
        "board.inspection",
        "board.run_graphs",
        "board.runs",
        "board.views",
        "board.blob_reader",
        "board.ingest",
        "board.store",
        "board.graphs",
        "board.storage",
        "board.defaults",
        "board.kinds",
        "board.model",
        "board.errors",
    },
    "board.opening": {"board.logs", "board.errors"},
    "board.state": {"board.storage", "board.errors"},
    "board.settings": {"board.model", "board.errors"},
    "board.assets": {"board.errors"},
    "board.live": {"board.model", "board.errors"},
    "board.web": {
        "board.layouts",
        "board.pr_curves",
        "board.table",
        "board.comparison",
        "board.run_facts",
        "board.texts",
        "board.tensor_views",
        "board.wav",
        "board.embeddings",
        "board.export",
        "board.state",
        "board.logs",
        "board.live",
        "board.settings",
        "board.assets",
        "board.model",
        "board.errors",
    },
    "board.app": {
        "board.state",
        "board.web",
        "board.logs",
        "board.live",
        "board.settings",
        "board.assets",
        "board.model",
        "board.errors",
    },
    "board.terminal": set(),
    "board.doctor": {"board.assets", "writer.format"},
    "board.connection": set(),
    "board.serving": {
        "board.state",
        "board.app",
        "board.connection",
        "board.live",
        "board.logs",
        "board.settings",
        "board.errors",
    },
    "board.imports": set(),
    "board.entry": {"board.imports", "board.cli"},
    "board.cli": {
        "board.imports",
        "board.opening",
        "board.graph_files",
        "board.state",
        "board.app",
        "board.doctor",
        "board.defaults",
        "board.serving",
        "board.terminal",
        "board.logs",
        "board.settings",
        "board.assets",
        "board.model",
        "board.errors",
        "writer.format",
    },
}


def part_of(module: str) -> str:
    """The longest name of MAY_IMPORT that holds the module."""
    names = module.split(".")
    for end in range(len(names), 0, -1):
        if ".".join(names[:end]) in MAY_IMPORT:
            return ".".join(names[:end])
    raise AssertionError(f"{module} belongs to no part of MAY_IMPORT")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            # «from board import model» imports board.model
            found += [
                f"{module}.{a.name}" if (ROOT / module.replace(".", "/") / f"{a.name}.py").exists() else module
                for a in node.names
            ]
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_arrows(path: Path) -> None:
    part = part_of(name_of(path))
    for imported in imports_of(path):
        if imported.split(".")[0] in ("writer", "board"):
            other = part_of(imported)
            assert other == part or other in MAY_IMPORT[part], f"{name_of(path)} must not import {imported}"


def test_only_named_files_import_torch() -> None:
    allowed = {"writer.device_values", "writer.torch"}
    importing = {name_of(path) for path in MODULES if any(name.split(".")[0] == "torch" for name in imports_of(path))}
    assert all(name in allowed or name.startswith("writer.torch_") for name in importing)
    assert not any(name.startswith("board") for name in importing)


def test_importing_board_loads_no_web_server() -> None:
    code = "import sys, board; print(sorted({'fastapi', 'uvicorn', 'starlette', 'torch', 'plotly'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_its_sentence_and_fits_its_room(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 450
    assert ast.get_docstring(ast.parse(source)), "a module starts with its one sentence"


def test_javascript_modules_fit_their_room() -> None:
    sizes = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in (ROOT / "static/js").rglob("*.js")}
    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > 300} == {}
