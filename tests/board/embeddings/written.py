"""A run with an embedding, as bytes: for files that no writer would leave."""

from pathlib import Path

from tests.board.logged import append_events, scalar

CONFIG = "projector_config.pbtxt"


def run_with(folder: Path, config: str | None = None, **files: str | bytes) -> Path:
    """Make a run of one scalar, with files in it: ``tensors_tsv`` is tensors.tsv. The config is one that names them."""
    append_events(folder, [scalar("loss", 0, 1.0)])
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    named = {"metadata_path": "metadata.tsv", "tensor_path": "tensors.tsv"}
    parts = [f'{key}: "{name}"' for key, name in named.items() if name.replace(".", "_") in files]
    own = f'embeddings {{ tensor_name: "points" {" ".join(parts)} }}'
    (folder / CONFIG).write_text(own if config is None else config)
    return folder
