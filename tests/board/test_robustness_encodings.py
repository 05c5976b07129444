"""Odd encodings of other writers, with TensorBoard's reader as the judge of the same bytes."""

from pathlib import Path

import pytest

import board
from tests.board.event_files import write
from tests.board.odd_encodings import ENCODINGS
from tests.board.tensorboard_oracle import read_by_board, read_by_tensorboard
from writer.format.records import encode_record

CORPUS = Path(__file__).parents[1] / "corpus" / "logs"


@pytest.mark.parametrize("name", ENCODINGS)
def test_tensorboard_reads_the_same(tmp_path: Path, name: str) -> None:
    write(tmp_path / "run" / "events.out.tfevents.1790000000.host", *map(encode_record, ENCODINGS[name]))
    with board.open(tmp_path, cache=False) as logs:
        ours = read_by_board(logs["run"])
        assert logs.problems == []
    theirs = read_by_tensorboard(tmp_path / "run")
    assert theirs
    assert ours == theirs


@pytest.mark.parametrize(
    "run", sorted(path.parent.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*tfevents*"))
)
def test_every_point_of_the_corpus_is_what_tensorboard_reads(run: str) -> None:
    """Step, wall time and value of each, graphs left out: ``test_corpus.py`` has those."""
    with board.open(CORPUS / run, cache=False) as logs:
        ours = {key: points for key, points in read_by_board(logs["."]).items() if points}
    theirs = read_by_tensorboard(CORPUS / run)
    assert ours.keys() == theirs.keys()
    for key, points in ours.items():
        assert points == theirs[key], key
