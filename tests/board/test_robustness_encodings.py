"""Odd encodings of other writers, with TensorBoard's reader as the judge of the same bytes."""

from pathlib import Path

import pytest

import board
from tests.board.event_files import write
from tests.board.odd_encodings import ENCODINGS
from tests.board.tensorboard_oracle import read_by_board, read_by_tensorboard
from writer.format.records import encode_record


@pytest.mark.parametrize("name", ENCODINGS)
def test_tensorboard_reads_the_same(tmp_path: Path, name: str) -> None:
    write(tmp_path / "run" / "events.out.tfevents.1790000000.host", *map(encode_record, ENCODINGS[name]))
    with board.open(tmp_path, cache=False) as logs:
        ours = read_by_board(logs["run"])
        assert logs.problems == []
    theirs = read_by_tensorboard(tmp_path / "run")
    assert theirs
    assert ours == theirs
