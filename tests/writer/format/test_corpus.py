"""Files of other writers: both engines read the same, and what TensorBoard itself reads."""

import json
import math
from collections import defaultdict

import pytest

from tests.writer.format.scans import CORPUS, EVENT_FILES, exact
from writer.format.messages import Event
from writer.format.records import ENGINES, Scanner, masked_crc32c

EXPECTED = json.loads((CORPUS / "expected.json").read_text())


def test_the_corpus_is_there():
    assert len(EVENT_FILES) >= 20


@pytest.mark.parametrize("path", EVENT_FILES, ids=lambda path: str(path.relative_to(CORPUS / "logs"))[:60])
def test_both_engines_read_the_same(path):
    data = path.read_bytes()
    seen = []
    for name in ENGINES:
        scanner = Scanner(engine=name)
        seen.append(exact(scanner.scan(data, 0), scanner))
    assert seen[0]["consumed"] == len(data)
    assert seen[0]["stop"] == ""
    assert all(other == seen[0] for other in seen)


@pytest.mark.parametrize("run", EXPECTED)
def test_tensorboard_reads_the_same(run, engine):
    values, blobs = defaultdict(list), defaultdict(list)
    for path in sorted((CORPUS / "logs" / run).glob("*tfevents*")):
        scanner = Scanner(engine=engine)
        scan = scanner.scan(path.read_bytes(), 0)
        for step, value, tag in zip(scan.scalar_step, scan.scalar_value, scan.scalar_tag, strict=True):
            values[scanner.tags[tag].decode()].append((int(step), float(value)))
        for step, tag, encoding in zip(scan.blob_step, scan.blob_tag, scan.blob_encoding, strict=True):
            if scanner.encodings[encoding].field != "meta_graph_def":  # TensorBoard takes it where no graph_def is
                blobs[scanner.tags[tag].decode()].append(int(step))
    named = {tag: facts for tag, facts in EXPECTED[run].items() if tag not in ("__graph__", "__run_metadata__")}
    scalar_tags = {tag for tag, facts in named.items() if facts["plugin"] == "scalars"}
    assert set(values) == scalar_tags
    assert set(blobs) == set(named) - scalar_tags
    for tag in scalar_tags:
        points, facts = values[tag], named[tag]
        assert (len(points), points[0][0], points[-1][0]) == (facts["count"], facts["first_step"], facts["last_step"])
        assert sum(value for _, value in points if math.isfinite(value)) == facts["sum"]
        assert sum(not math.isfinite(value) for _, value in points) == facts["nonfinite"]
    for tag, steps in blobs.items():
        facts = named[tag]
        assert (len(steps), steps[0], steps[-1]) == (facts["count"], facts["first_step"], facts["last_step"])


@pytest.mark.parametrize("path", EVENT_FILES[-3:], ids=lambda path: path.name[-12:])
def test_a_blob_row_leads_to_its_value(path, engine):
    base = 1 << 40  # a file larger than an int32 counts
    data = path.read_bytes()
    scanner = Scanner(engine=engine)
    scan = scanner.scan(data, base)
    for row in range(len(scan.blob_step)):
        begin = int(scan.blob_offset[row]) - base
        payload = data[begin : begin + int(scan.blob_length[row])]
        assert masked_crc32c(payload) == scan.blob_crc[row]
        event = Event.FromString(payload)
        assert event.step == scan.blob_step[row]
        encoding, tag = scanner.encodings[scan.blob_encoding[row]], scanner.tags[scan.blob_tag[row]]
        if scan.blob_ordinal[row] < 0:
            assert event.WhichOneof("what") == encoding.field
            continue
        value = event.summary.value[scan.blob_ordinal[row]]
        assert (value.tag, value.WhichOneof("value") or "none") == (tag, encoding.field)
