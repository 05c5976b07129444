"""A file that arrives piece by piece gives what it gives at once."""

import random

import pytest

from tests.writer.format.scans import EVENT_FILES, read
from tests.writer.format.seed_file import seed_file, seed_payloads
from writer.format.records import FOOTER_BYTES, HEADER_BYTES, Scanner

SEED = seed_file()


def record_ends():
    ends = [0]
    for payload in seed_payloads():
        ends.append(ends[-1] + HEADER_BYTES + len(payload) + FOOTER_BYTES)
    return ends


def test_the_seed_has_every_kind(engine):
    whole = read(SEED, engine)
    fields = {row[3].field for row in whole.blobs}
    assert fields == {"image", "histo", "audio", "tensor", "none", "graph_def", "meta_graph_def", "tagged_run_metadata"}
    assert (len(whole.scalars), len(whole.blobs), len(whole.own)) == (7, 9, 1)
    assert whole.starts == [(3, "1000000012.0", 6, 6)]
    assert (whole.records, whole.consumed, whole.stop, whole.found) == (18, len(SEED), "", [])
    assert len(SEED) < 1200


def test_cut_at_every_byte(engine):
    ends, whole = record_ends(), read(SEED, engine)
    for cut in range(len(SEED) + 1):
        part = read(SEED[:cut], engine)
        assert part.consumed == max(end for end in ends if end <= cut)
        assert part.records == ends.index(part.consumed)
        assert part.stop == ("" if cut in ends else "incomplete")
        assert part.found == []
        assert part.scalars == whole.scalars[: len(part.scalars)]
        assert part.blobs == whole.blobs[: len(part.blobs)]


def test_every_cut_in_two(engine):
    whole = read(SEED, engine)
    for cut in range(len(SEED) + 1):
        assert read(SEED, engine, [cut]) == whole


def test_random_pieces(engine):
    chance = random.Random(4)
    whole = read(SEED, engine)
    for _ in range(300):
        cuts = sorted(chance.randrange(len(SEED) + 1) for _ in range(chance.randrange(1, 60)))
        assert read(SEED, engine, cuts) == whole


@pytest.mark.parametrize("path", [path for path in EVENT_FILES if path.stat().st_size > 90_000], ids=lambda p: p.name)
def test_large_files_in_random_pieces(path, engine):
    chance = random.Random(5)
    data = path.read_bytes()
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(60))
    assert read(data, engine, cuts) == read(data, engine)


def test_the_stated_length_of_a_record_under_way(engine):
    payload = len(seed_payloads()[0])
    assert Scanner(engine=engine).scan(SEED[:11], 0).stop_length == 0  # no whole header yet
    assert Scanner(engine=engine).scan(SEED[:12], 0).stop_length == payload
    assert Scanner(engine=engine).scan(SEED[: 12 + payload + 3], 0).stop_length == payload
    assert Scanner(engine=engine).scan(SEED, 0).stop_length == 0


def test_nothing_comes_of_nothing(engine):
    scan = Scanner(engine=engine).scan(b"", 0)
    assert (scan.consumed, scan.records, scan.stop, len(scan.scalar_step), len(scan.blob_step)) == (0, 0, "", 0, 0)
