"""The inputs that fuzzing found worth keeping: both engines agree on each, and together they reach all there is."""

from collections import Counter

import pytest

from tests.fuzz.cases import FRAMINGS, SEEDS, Case, seeds
from tests.fuzz.checks import check_checksums, check_scans, check_search, kinds_of
from tests.fuzz.mutations import crossed, mutated
from writer.format import records
from writer.format.messages import DecodeError, Event
from writer.format.tensor_scalar import _ELEMENTS

needs_compiled = pytest.mark.skipif("compiled" not in records.ENGINES, reason=records.ENGINE_REASON)

KINDS = {
    "scalar", "start", "own", "payload_crc", "undecodable",
    "stop: ", "stop: incomplete", "stop: length_crc", "stop: too_long",
    "none", "obsolete_old_style_histogram", "image", "histo", "audio", "tensor",
    "graph_def", "meta_graph_def", "tagged_run_metadata",
}  # fmt: skip


@needs_compiled
def test_both_engines_agree_on_every_seed():
    kinds: Counter[str] = Counter()
    for number, data in enumerate(seeds().values()):
        case = Case.decode(data)
        kinds.update(kinds_of(check_scans(case)))
        if number % 10 == 0:
            check_search(case)
            check_checksums(case.file())
    assert set(kinds) == KINDS


def test_the_seeds_hold_every_type_of_number():
    found = set()
    for data in seeds().values():
        for framing, content in Case.decode(data).parts:
            if FRAMINGS[framing % len(FRAMINGS)] != "record":
                continue
            try:
                event = Event.FromString(content)
            except DecodeError:
                continue
            found |= {value.tensor.dtype for value in event.summary.value if value.HasField("tensor")}
    assert found >= set(_ELEMENTS)


def test_the_seeds_are_small():
    assert SEEDS.stat().st_size < 300_000


def test_every_input_means_a_case_and_every_case_an_input():
    previous = b""
    for number, data in enumerate(seeds().values()):
        case = Case.decode(data)
        assert Case.decode(case.encode()) == case
        for other in (mutated(data, 4096, number, lambda content, size: content[: size // 2]),
                      crossed(data, previous, 4096, number)):  # fmt: skip
            assert len(other) <= 4096
            Case.decode(other).file()
        previous = data
