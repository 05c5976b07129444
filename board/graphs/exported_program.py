"""What torch.export saved (``.pt2``) -> a GraphDef, read as the data that it is: a zip with the program as JSON.

Weights and pickles in it are not opened, and torch is not needed. Format: torch/_export/serde/schema.py, and
torch/export/pt2_archive/constants.py for the names of the files.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from board.errors import MalformedValueError
from board.graphs.graph_builder import GraphBuilder

__all__ = ["exported_graph"]

MAX_PROGRAM_BYTES = 256 << 20
# Where programs lie in archives of torch 2.8 and later, and in those before.
_MODELS = "/models/"
_OLD = "serialized_exported_program.json"
_TYPES = {  # schema.ScalarType -> types.proto
    1: 4, 2: 6, 3: 5, 4: 3, 5: 9, 6: 19, 7: 1, 8: 2, 10: 8, 11: 18, 12: 10, 13: 14, 28: 17, 29: 25, 31: 24,
}  # fmt: skip


def exported_graph(data: bytes) -> bytes:
    """Make a serialised GraphDef of a ``.pt2`` file.

    Raises:
        MalformedValueError: it holds no program as JSON: an old archive or a compiled package.
    """
    program = _read_program(data)
    try:
        return _Walk(program["graph_module"]).build()
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise MalformedValueError(f"that .pt2 has a program of a version that is not known here ({said})") from error


def _read_program(data: bytes) -> Any:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = archive.namelist()
        found = [name for name in names if _MODELS in f"/{name}" and name.endswith(".json")]
        found += [name for name in names if name.rpartition("/")[2] == _OLD]
        if not found:
            held = "compiled code" if any(name.endswith((".so", ".cpp", ".o")) for name in names) else "pickles"
            raise MalformedValueError(
                f"that .pt2 holds its program as {held}, which would have to be run to be read; save it anew with "
                "torch.export.save"
            )
        if archive.getinfo(found[0]).file_size > MAX_PROGRAM_BYTES:
            raise MalformedValueError("the program in that .pt2 is larger than 256 MiB")
        return json.loads(archive.read(found[0]))
    # zipfile's RuntimeError: it is encrypted; NotImplementedError, which is one: a compression that it does not know.
    except (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedValueError(f"that .pt2 is no archive of torch.export ({error})") from error


class _Walk:
    """Adds a program's calls to a GraphDef, in the scopes of the modules that made them."""

    def __init__(self, module: Mapping[str, Any]) -> None:
        self._graph = module["graph"]
        self._tensors: Mapping[str, Any] = self._graph["tensor_values"]
        self._to = GraphBuilder()
        self._made: dict[str, tuple[str, int]] = {}
        self._classes: dict[str, str] = {}
        self._owners: dict[str, str] = {}  # value of a parameter or buffer -> its qualified name
        self._inputs: list[str] = []
        for spec in module["signature"]["input_specs"]:
            ((kind, content),) = spec.items()
            name = _name_of(content["arg"])
            if kind in ("parameter", "buffer", "tensor_constant"):
                self._owners[name] = str(content[f"{kind}_name"])
            elif name:
                self._inputs.append(name)
        self._parameters = {
            _name_of(spec["parameter"]["arg"]) for spec in module["signature"]["input_specs"] if "parameter" in spec
        }

    def build(self) -> bytes:
        for node in self._graph["nodes"]:
            for path, kind in _stack_of(node):
                self._classes.setdefault(path, kind.rpartition(".")[2])
        for name in self._inputs:
            self._made[name] = (self._to.add(name, "Placeholder", [], **self._described([name])), 0)
        for node in self._graph["nodes"]:
            self._add(node)
        for output in self._graph["outputs"]:
            name = _name_of(output)
            if name in self._made:
                self._to.add(f"output/{name}", "Identity", [self._made[name]], **self._described([name]))
        return self._to.serialize()

    def _add(self, node: Mapping[str, Any]) -> None:
        stack = _stack_of(node)
        scope = self._scope(stack[-1][0] if stack else "")
        target = str(node["target"])
        parts = target.removeprefix("torch.ops.").split(".")
        op = parts[1] if target.startswith("torch.ops.") and len(parts) > 1 else parts[-1]
        inputs, texts = [], {"aten": ".".join(parts)}
        for given in node["inputs"]:
            names = list(_names_in(given["arg"]))
            inputs += [self._source(name, scope) for name in names]
            if not names and "as_none" not in given["arg"]:
                texts[str(given["name"])] = str(next(iter(given["arg"].values())))[:1000]
        trace = str((node.get("metadata") or {}).get("stack_trace", ""))
        texts["source"] = _source_line(trace)
        outputs = [name for output in node["outputs"] for name in _names_in(output)]
        made = self._to.add(
            f"{scope}/{op}", op, inputs, texts={k: v for k, v in texts.items() if v}, **self._described(outputs)
        )
        for index, output in enumerate(outputs):
            self._made[output] = (made, index)

    def _source(self, value: str, scope: str) -> tuple[str, int]:
        if value not in self._made:
            owner = self._owners.get(value, value)
            above, _, label = owner.rpartition(".")
            path = self._scope(above) if value in self._owners else scope
            described = self._described([value])
            shape = next(iter(described.get("shapes", ())), None)
            figures = {"num_params": prod(shape)} if shape and value in self._parameters and min(shape) >= 0 else {}
            name = self._to.add(
                f"{path}/{label}", "Const", [], texts={"qualified_name": owner}, figures=figures, **described
            )
            self._made[value] = (name, 0)
        return self._made[value]

    def _scope(self, path: str) -> str:
        """Write a module's path as our tracer does: ``ResNet/Sequential[layer1]/Conv2d[0]``."""
        scope = self._classes.get("", "Model")
        done = ""
        for part in path.split(".") if path else ():
            done = f"{done}.{part}" if done else part
            kind = self._classes.get(done)
            scope += f"/{kind}[{part}]" if kind else f"/{part}"
        return scope

    def _described(self, names: list[str]) -> dict[str, Any]:
        tensors = [self._tensors[name] for name in names if name in self._tensors]
        if not tensors or len(tensors) < len(names):
            return {}
        shapes = [tuple(int(size.get("as_int", -1)) for size in tensor["sizes"]) for tensor in tensors]
        return {"shapes": shapes, "dtype": _TYPES.get(tensors[0]["dtype"], 0)}


def _stack_of(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List (path, class) of the modules in which a call was made, the outermost first."""
    stack = []
    for entry in str((node.get("metadata") or {}).get("nn_module_stack", "")).split(";"):
        parts = entry.split(",")
        if len(parts) == 3:
            stack.append((parts[1].partition("@")[0], parts[2]))
    return stack


def _names_in(argument: Any) -> Iterator[str]:
    """Find the tensors that an argument names, in whatever containers."""
    if isinstance(argument, dict):
        if isinstance(argument.get("as_tensor"), dict):
            yield str(argument["as_tensor"]["name"])
        else:
            for key, inner in argument.items():
                if key == "as_tensors":
                    yield from (str(tensor["name"]) for tensor in inner)
                elif key in ("as_optional_tensor", "as_optional_tensors", "as_nested_tensors"):
                    yield from _names_in(inner)
    elif isinstance(argument, list):
        for inner in argument:
            yield from _names_in(inner)


def _name_of(argument: Mapping[str, Any]) -> str:
    return str(argument["name"]) if "name" in argument else next(_names_in(argument), "")


def _source_line(trace: str) -> str:
    """Take the line of the user's own code out of a stack: the last that lies in no installed package."""
    lines = [line.split('"') for line in trace.splitlines() if line.lstrip().startswith('File "')]
    own = [line for line in lines if "site-packages" not in line[1] and "/torch/" not in line[1]]
    if not own:
        return ""
    number = own[-1][2].partition("line ")[2].partition(",")[0]
    return f"{own[-1][1].rpartition('/')[2]}:{number}"
