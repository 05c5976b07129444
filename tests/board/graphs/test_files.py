"""Graphs in files of other programs, each made by the program itself where it is installed."""

import io
import json
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from google.protobuf import text_format
from onnx import TensorProto, helper
from tensorboard.compat.proto.graph_pb2 import GraphDef as TensorBoardGraphDef

from board.errors import MalformedValueError
from board.graphs.columns import graph_columns
from board.graphs.files import read_graph_file
from tests.board.graphs.test_columns import KERAS, TF1, TORCH, edges, full_names, graph_def, plugin_value
from tests.writer.zoo import ResNet


def columns_of(data: bytes, name: str) -> dict[str, Any]:
    return graph_columns(read_graph_file(data, name), None)


@pytest.mark.parametrize("name", [TF1, TORCH])
def test_text_format_holds_the_same_as_the_bytes(name: str) -> None:
    data = graph_def(name)
    text = text_format.MessageToString(TensorBoardGraphDef.FromString(data)).encode()
    assert columns_of(text, "graph.pbtxt") == graph_columns(data, None)
    assert columns_of(data, "frozen.PB") == graph_columns(data, None)
    assert columns_of(b"graph_def {\n" + text + b"}\n", "meta.pbtxt") == graph_columns(data, None)


def test_saved_models_and_meta_graphs() -> None:
    data = graph_def(TF1)

    def field(number: int, content: bytes) -> bytes:
        length, varint = len(content), b""
        while length > 127:
            varint += bytes([length & 127 | 128])
            length >>= 7
        return bytes([number << 3 | 2]) + varint + bytes([length]) + content

    meta = field(2, data)
    assert columns_of(meta, "meta.pb") == graph_columns(data, None)
    assert columns_of(b"\x08\x01" + field(2, meta), "saved_model.pb") == graph_columns(data, None)


def test_keras_models() -> None:
    columns = columns_of(plugin_value(KERAS, b"graph_keras_model"), "model.json")
    assert [columns["strings"][op] for op in columns["node_op"]][:2] == ["InputLayer", "Conv2D"]


def onnx_model() -> bytes:
    """Scopes as torch's exporter names them, a weight inside, shapes of what lies between left to be inferred."""
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["/layer/conv/out"], name="/layer/conv/Conv", strides=[2, 2]),
            helper.make_node("Relu", ["/layer/conv/out"], ["/layer/relu/out"], name="/layer/relu/Relu"),
            helper.make_node("Split", ["/layer/relu/out"], ["a", "b"], name="/Split", axis=1, num_outputs=2),
            helper.make_node("Mul", ["a", "b"], ["y"], name="/Mul"),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 9, 9])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("w", TensorProto.FLOAT, [4, 3, 3, 3], [0.5] * 108)],
    )
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString())


def test_onnx_models() -> None:
    columns = columns_of(onnx_model(), "net.onnx")
    strings = columns["strings"]
    assert set(edges(columns)) == {
        ("x", "layer/conv/Conv"), ("layer/conv/w", "layer/conv/Conv"), ("layer/conv/Conv", "layer/relu/Relu"),
        ("layer/relu/Relu", "Split"), ("Split", "Mul"), ("Mul", "y"),
    }  # fmt: skip
    assert edges(columns)["Split", "Mul"] == 2
    at = full_names(columns).index("layer/conv/Conv")
    assert strings[columns["node_shape"][at]] == "?×4×4×4"
    assert strings[columns["node_dtype"][at]] == "float32"
    assert columns["costs"]["group_params"][0] == 108


def exported(model: torch.nn.Module, *given: Any) -> bytes:
    file = io.BytesIO()
    torch.export.save(torch.export.export(model, given), file)
    return file.getvalue()


def test_exported_programs_are_read_as_data() -> None:
    model = ResNet()
    columns = columns_of(exported(model, torch.randn(2, 3, 64, 64)), "net.pt2")
    strings, names = columns["strings"], full_names(columns)
    assert columns["costs"]["group_params"][0] == sum(parameter.numel() for parameter in model.parameters())
    assert "ResNet/Sequential[layer1]/Residual[0]/Conv2d[conv1]/conv2d" in names
    at = names.index("ResNet/Sequential[stem]/Conv2d[0]/conv2d")
    assert strings[columns["node_shape"][at]] == "2×16×32×32"
    assert strings[columns["node_source"][at]].startswith("zoo.py:")
    assert ("ResNet/Sequential[stem]/Conv2d[0]/weight", "ResNet/Sequential[stem]/Conv2d[0]/conv2d") in edges(columns)
    assert columns["missing_inputs"] == 0
    assert {strings[op] for op in columns["node_op"]} >= {"Placeholder", "Const", "Identity", "conv2d", "linear"}


class Explosive:
    """Does harm when it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("import pathlib; pathlib.Path('unpickled').touch()",)


def archive(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return made.getvalue()


def described(entry: bytes, *, flags: int = 0, method: int = 0) -> bytes:
    """An archive with one program, of which its directory says something else."""
    data = bytearray(archive(**{"m/models/model.json": entry}))
    place = data.index(b"PK\x01\x02")
    data[place + 8], data[place + 10] = flags, method
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.pt", pickle.dumps(Explosive()), "would have to be run"),
        ("model.pth", b"", "would have to be run"),
        ("old.pt2", archive(**{"m/data.pkl": pickle.dumps(Explosive())}), "holds its program as pickles"),
        ("aot.pt2", archive(**{"m/data/aotinductor/a.so": b"\x7fELF"}), "holds its program as compiled code"),
        ("no.pt2", b"PK\x03\x04", "is no archive of torch.export"),
        ("odd.pt2", archive(**{"m/models/model.json": b"{"}), "is no archive of torch.export"),
        ("odd.pt2", archive(**{"m/models/model.json": b"{}"}), "of a version that is not known"),
        ("odd.pt2", archive(**{"m/models/model.json": b"[1]"}), "of a version that is not known"),
        ("locked.pt2", described(b"{}", flags=1), "is encrypted"),
        ("odd.pt2", described(b"{}", method=99), "compression"),
        ("damaged.pt2", described(b"\xff" * 8, method=8), "is no archive of torch.export"),
        ("cut.pt2", described(b"\x4b", method=8), "is no archive of torch.export"),
        ("a.pbtxt", b"\xff\xfe", "is text, and this is none"),
        ("a.pbtxt", b"node { name: }", "no GraphDef in text format"),
        ("a.pbtxt", b"", "it has no nodes"),
        ("a.pb", b"\x0a", "is no GraphDef"),
        ("a.pb", b"", "is no GraphDef"),
        ("a.onnx", b"\xff" * 30, "is no ONNX model"),
        ("a.onnx", b"", "has no operations"),
        ("a.json", b"[" * 100_000, "could not be understood"),
        ("a.json", b"{}", "could not be understood"),
        ("a.exe", b"MZ", "is none of .pb, .pbtxt"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    name: str, data: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MalformedValueError, match=said.replace(".", r"\.")):
        read_graph_file(data, name)
    assert list(tmp_path.iterdir()) == []  # nothing was unpickled


def test_neither_torch_nor_pickle_is_needed() -> None:
    """An archive that names what it holds is not believed: reading imports nothing that could load it."""
    import subprocess

    code = "import sys; from board.graphs import files; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    source = "".join(path.read_text() for path in Path("board/graphs").glob("*.py")) if Path("board").is_dir() else ""
    assert "import pickle" not in source
    assert "torch.load" not in source.replace("torch.load is never", "")


def test_an_exported_program_whose_parts_are_swapped_is_no_more_than_refused() -> None:
    """Every value of the JSON replaced by another kind of value: an error in words, or a graph, and nothing else."""
    with zipfile.ZipFile(io.BytesIO(exported(torch.nn.Linear(2, 2), torch.randn(1, 2)))) as zipped:
        name = next(entry for entry in zipped.namelist() if entry.endswith("model.json"))
        program = json.loads(zipped.read(name))
    nodes = program["graph_module"]["graph"]["nodes"]
    for key in list(nodes[0]):
        for wrong in (None, 7, "x", [], {}, [{}], {"as_tensor": 3}):
            changed = json.loads(json.dumps(program))
            changed["graph_module"]["graph"]["nodes"][0][key] = wrong
            try:
                read_graph_file(archive(**{"m/models/model.json": json.dumps(changed).encode()}), "m.pt2")
            except MalformedValueError:
                continue
