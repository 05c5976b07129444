"""A synthetic transformer of any size, as GraphDef bytes in the manner of our writer: for tests and measurements."""

import sys
from pathlib import Path
from typing import Any

from writer.format.messages import GraphDef

WIDTH = 64


class _Builder:
    def __init__(self) -> None:
        self.graph = GraphDef()

    def op(self, name: str, op: str, *inputs: str, shape: tuple[int, ...] = (1, 8, WIDTH), **integers: int) -> str:
        node: Any = self.graph.node.add(name=name.encode(), op=op.encode(), device=b"/device:CPU:0")
        node.input.extend(text.encode() for text in inputs)
        sizes = node.attr.add(key=b"_output_shapes").value.list.shape.add()
        for size in shape:
            sizes.dim.add(size=size)
        node.attr.add(key=b"dtype").value.type = 1
        node.attr.add(key=b"source").value.s = b"model.py:12"
        for key, value in integers.items():
            node.attr.add(key=key.encode()).value.i = value
        return name

    def param(self, scope: str, name: str, *shape: int) -> str:
        size = 1
        for extent in shape:
            size *= extent
        return self.op(f"{scope}/{name}", "Const", shape=shape, num_params=size)

    def linear(self, scope: str, source: str, wide: int) -> str:
        weight, bias = self.param(scope, "weight", wide, WIDTH), self.param(scope, "bias", wide)
        return self.op(f"{scope}/linear", "linear", source, weight, bias, shape=(1, 8, wide), macs=8 * WIDTH * wide)

    def norm(self, scope: str, source: str) -> str:
        weight, bias = self.param(scope, "weight", WIDTH), self.param(scope, "bias", WIDTH)
        return self.op(f"{scope}/layer_norm", "layer_norm", source, weight, bias)

    def block(self, scope: str, source: str) -> str:
        attention = f"{scope}/SDPA[attn]"
        projected = self.linear(f"{attention}/Linear[qkv]", self.norm(f"{scope}/LayerNorm[n1]", source), 3 * WIDTH)
        parts = [self.op(f"{attention}/chunk_{i}", "chunk", projected) for i in range(3)]
        heads = [self.op(f"{attention}/transpose_{i}", "transpose", part) for i, part in enumerate(parts)]
        attended = self.op(f"{attention}/sdpa", "scaled_dot_product_attention", *heads, macs=2 * 64 * WIDTH)
        out = self.linear(f"{attention}/Linear[o]", self.op(f"{attention}/merge", "reshape", attended), WIDTH)
        first = self.op(f"{scope}/add", "add", source, out)
        hidden = self.linear(f"{scope}/Sequential[mlp]/Linear[0]", self.norm(f"{scope}/LayerNorm[n2]", first), 128)
        active = self.op(f"{scope}/Sequential[mlp]/GELU[1]/gelu", "gelu", hidden, shape=(1, 8, 128))
        second = self.linear(f"{scope}/Sequential[mlp]/Linear[2]", active, WIDTH)
        return self.op(f"{scope}/add_1", "add", first, second)


def big_graph(stages: int = 50, blocks: int = 67) -> bytes:
    """Build ``stages`` of ``blocks`` equal transformer blocks: 50 x 67 are 90,603 nodes in 33,655 groups."""
    builder = _Builder()
    last = builder.op("input/tokens", "Placeholder", shape=(1, 8))
    weight = builder.param("Big/Embedding[emb]", "weight", 100, WIDTH)
    last = builder.op("Big/Embedding[emb]/embedding", "embedding", last, weight)
    for stage in range(stages):
        for block in range(blocks):
            last = builder.block(f"Big/Stage[stages.{stage}]/Block[blocks.{block}]", last)
        last = builder.norm(f"Big/Stage[stages.{stage}]/LayerNorm[norm]", last)
    last = builder.linear("Big/Linear[head]", last, 100)
    builder.op("output/logits", "Identity", last, shape=(1, 8, 100))
    data: bytes = builder.graph.SerializeToString()
    return data


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(big_graph())
