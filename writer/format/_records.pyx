# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Scans event-file bytes into columns without the GIL: the twin of ``plain_scan.py``, equal to the bit."""

from cpython.buffer cimport PyBUF_READ
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.math cimport isfinite
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np

from writer.format.messages import Summary, SummaryMetadata
from writer.format.scan import FOUND_MESSAGES, OWN_PLUGIN, RUN_GRAPH_TAG, Encoding, Found, Scan, SessionStart

include "_records_checksums.pxi"
include "_records_names.pxi"
include "_records_wire.pxi"
include "_records_lone_scalar.pxi"

cdef extern from *:
    const char* TRAINBOARD_SOURCE_HASH

SOURCE_HASH = TRAINBOARD_SOURCE_HASH.decode("ascii")

cdef enum:
    HEADER_BYTES = 12
    FOOTER_BYTES = 4
    # Numbers of an event's blobs among Encoding.field, which no field of a value has.
    GRAPH_DEF = 9
    META_GRAPH_DEF = 10
    TAGGED_RUN_METADATA = 11
    ENCODINGS_PER_PLUGIN = 12

FIELDS = ("none", "", "simple_value", "obsolete_old_style_histogram", "image", "histo", "audio", "", "tensor",
          "graph_def", "meta_graph_def", "tagged_run_metadata")


cdef struct ScalarRow:
    int64_t step
    double wall_time
    double value
    int32_t tag

cdef struct BlobRow:
    int64_t step
    double wall_time
    int64_t offset
    int64_t length
    uint32_t crc
    int32_t tag
    int32_t encoding
    int32_t ordinal

SCALAR_ROW = np.dtype([("step", "i8"), ("wall_time", "f8"), ("value", "f8"), ("tag", "i4")], align=True)
BLOB_ROW = np.dtype([("step", "i8"), ("wall_time", "f8"), ("offset", "i8"), ("length", "i8"), ("crc", "u4"),
                     ("tag", "i4"), ("encoding", "i4"), ("ordinal", "i4")], align=True)

cdef struct Rows:
    char* data
    int64_t count
    int64_t room


cdef void* add_row(Rows* rows, size_t size) except NULL nogil:
    cdef int64_t room
    if rows.count == rows.room:
        room = rows.count + rows.count // 2 + 64
        grow(<void**>&rows.data, room * size)
        rows.room = room
    rows.count += 1
    return rows.data + (rows.count - 1) * size


cdef int grow(void** buffer, size_t size) except -1 nogil:
    cdef void* grown = realloc(buffer[0], size)
    if grown == NULL:
        return no_memory()
    buffer[0] = grown
    return 0


cdef int no_memory() except -1 with gil:
    raise MemoryError


cdef list split(object table, tuple names):
    """Each field of the rows as a read-only array of its own."""
    columns = []
    for name in names:
        column = table[name].copy()
        column.setflags(write=False)
        columns.append(column)
    return columns

# The columns in the order in which Scan has them.
cdef tuple SCALAR_NAMES = ("step", "wall_time", "value", "tag")
cdef tuple BLOB_NAMES = ("step", "wall_time", "tag", "encoding", "offset", "length", "crc", "ordinal")
cdef list NO_SCALARS = split(np.empty(0, SCALAR_ROW), SCALAR_NAMES)
cdef list NO_BLOBS = split(np.empty(0, BLOB_ROW), BLOB_NAMES)

cdef list scalars_of(const Rows* rows):
    """The columns of scalars; the first three are the rows of one array, which a file with a single tag keeps as it is."""
    cdef Py_ssize_t n = rows.count, i
    cdef const ScalarRow* row = <const ScalarRow*>rows.data
    cdef int64_t[:, ::1] words
    cdef int32_t[::1] tags
    if n == 0:
        return NO_SCALARS
    table, numbers = np.empty((3, n), np.int64), np.empty(n, np.int32)
    words, tags = table, numbers
    cdef int64_t* step = &words[0, 0]
    cdef double* wall_time = <double*>&words[1, 0]
    cdef double* value = <double*>&words[2, 0]
    cdef int32_t* tag = &tags[0]
    with nogil:
        for i in range(n):
            step[i], wall_time[i], value[i], tag[i] = row[i].step, row[i].wall_time, row[i].value, row[i].tag
    table.flags.writeable = numbers.flags.writeable = False
    floats = table.view(FLOAT64)
    return [table[0], floats[1], floats[2], numbers]


cdef object FLOAT64 = np.dtype(np.float64)


cdef list columns_of(const Rows* rows, tuple names, object dtype, list none):
    if rows.count == 0:  # most files have no rows of one of the two: these need not be made each time
        return none
    return split(
        np.frombuffer(PyMemoryView_FromMemory(rows.data, rows.count * dtype.itemsize, PyBUF_READ), dtype), names)


cdef struct Place:  # of a payload
    int64_t offset  # in the file
    int64_t length
    uint32_t crc


cdef double NOT_A_NUMBER = np.nan
cdef int32_t NO_PLUGIN = 0, SCALARS_PLUGIN = 1  # their numbers in Engine.plugins
cdef const uint8_t* OWN = <const uint8_t*>PyBytes_AS_STRING(OWN_PLUGIN)
cdef Py_ssize_t OWN_SIZE = len(OWN_PLUGIN)
cdef const uint8_t* RUN_GRAPH = <const uint8_t*>PyBytes_AS_STRING(RUN_GRAPH_TAG)
cdef Py_ssize_t RUN_GRAPH_SIZE = len(RUN_GRAPH_TAG)


cdef class Engine:
    """``plain_scan.Engine``, compiled."""

    cdef list tags, encodings
    cdef dict metadata, known_encodings
    cdef uint64_t max_record_bytes
    cdef Names tag_names, plugins
    cdef int32_t* encoding_ids  # [plugin * ENCODINGS_PER_PLUGIN + field]; -1 until there is one
    cdef int64_t encoding_room
    cdef bint is_busy
    # Of the scan under way:
    cdef Rows scalars, blobs
    cdef list starts, own, found
    cdef int64_t offset, consumed, records, last_own
    cdef uint64_t stop_length
    cdef const char* stop
    cdef double first_wall_time, last_wall_time
    cdef bint has_wall_time

    def __init__(self, list tags, list encodings, dict metadata, max_record_bytes):
        self.tags, self.encodings, self.metadata = tags, encodings, metadata
        self.max_record_bytes = max_record_bytes
        self.known_encodings = {encoding: i for i, encoding in enumerate(encodings)}
        self.tag_names, self.plugins = Names(), Names()
        self.plugins.add(b"")
        self.plugins.add(b"scalars")
        for tag in tags:
            self.tag_names.add(tag)
        for tag, raw in metadata.items():
            name = SummaryMetadata.FromString(raw).plugin_data.plugin_name
            self.tag_names.names[tag].plugin = self.plugin_id(<const uint8_t*>PyBytes_AS_STRING(name), len(name))

    def __dealloc__(self):
        free(self.encoding_ids)

    def scan(self, const uint8_t[::1] data, int64_t offset):
        """Read whole records from the start of the data, which lies at ``offset`` in its file."""
        if self.is_busy:
            raise RuntimeError("a Scanner serves one thread at a time")
        self.is_busy = True
        cdef const uint8_t* p = &data[0] if data.shape[0] else NULL
        cdef Py_ssize_t size = data.shape[0]
        try:
            self.starts, self.own, self.found = [], [], []
            self.offset, self.consumed, self.records, self.last_own = offset, 0, 0, -1
            self.stop, self.stop_length, self.has_wall_time = b"", 0, False
            with nogil:
                self.run(p, size)
            return Scan(  # by place: with names it takes a third of the time of scanning a small file
                self.consumed,
                self.records,
                *scalars_of(&self.scalars),
                *columns_of(&self.blobs, BLOB_NAMES, BLOB_ROW, NO_BLOBS),
                tuple(self.starts),
                tuple(self.own),
                tuple(self.found),
                self.stop.decode("ascii"),
                self.stop_length,
                self.first_wall_time if self.has_wall_time else None,
                self.last_wall_time if self.has_wall_time else None,
            )
        finally:  # a thousand scanners may be waiting for their files to grow: none keeps its rows
            free(self.scalars.data)
            free(self.blobs.data)
            memset(&self.scalars, 0, sizeof(Rows))
            memset(&self.blobs, 0, sizeof(Rows))
            self.is_busy = False

    cdef int run(self, const uint8_t* data, Py_ssize_t size) except -1 nogil:
        cdef Py_ssize_t at = 0, left
        cdef uint64_t length, known_length = 0
        cdef uint32_t length_crc, known_crc = 0
        cdef bint is_known = False  # the length before this one, and its checksum: mostly the same
        cdef Place place
        cdef Event event
        cdef const uint8_t* payload
        while at < size:
            left = size - at - HEADER_BYTES
            if left < 0:
                self.stop = "incomplete"
                break
            memcpy(&length, data + at, 8)
            memcpy(&length_crc, data + at + 8, 4)
            if not is_known or length != known_length or length_crc != known_crc:
                if masked(data + at, 8) != length_crc:
                    self.stop = "length_crc"
                    break
                is_known, known_length, known_crc = True, length, length_crc
            if length > self.max_record_bytes or left < FOOTER_BYTES or length > <uint64_t>(left - FOOTER_BYTES):
                self.stop = "too_long" if length > self.max_record_bytes else "incomplete"
                self.stop_length = length
                break
            payload = data + at + HEADER_BYTES
            memcpy(&place.crc, payload + length, 4)
            if masked(payload, length) != place.crc:
                self.skip("payload_crc", at, length)
            elif read_one_scalar(payload, length, &event):
                self.records += 1
                self.note_wall_time(event.wall_time)
                self.add_scalar(&event, &event.last)
            elif not read_event(payload, payload + length, &event):
                self.skip("undecodable", at, length)
            else:
                self.records += 1
                place.offset = self.offset + at + HEADER_BYTES
                place.length = length
                self.add_event(&event, &place)
            at += HEADER_BYTES + <Py_ssize_t>length + FOOTER_BYTES
        self.consumed = at
        return 0

    # What needs the GIL stands in functions of its own: Cython would take it at the start of any function with such a block.

    cdef int skip(self, const char* code, int64_t at, uint64_t length) except -1 with gil:
        name = code.decode("ascii")
        self.found.append(Found(name, self.offset + at, HEADER_BYTES + length + FOOTER_BYTES, FOUND_MESSAGES[name]))
        return 0

    cdef int add_start(self, const Event* event) except -1 with gil:
        self.starts.append(SessionStart(event.step, event.wall_time, self.scalars.count, self.blobs.count))
        return 0

    cdef int add_own(self, const Place* place) except -1 with gil:
        self.own.append((place.offset, place.length))
        return 0

    cdef int32_t add_tag(self, const uint8_t* data, Py_ssize_t size) except -1 with gil:
        tag = PyBytes_FromStringAndSize(<const char*>data, size)
        self.tags.append(tag)
        try:
            return self.tag_names.add(tag)
        except MemoryError:  # the next scan adds it again
            self.tags.pop()
            raise

    cdef int32_t add_plugin(self, const uint8_t* data, Py_ssize_t size) except -1 with gil:
        return self.plugins.add(PyBytes_FromStringAndSize(<const char*>data, size))

    cdef int32_t add_encoding(self, int32_t plugin, int field) except -1 with gil:
        encoding = Encoding(FIELDS[field], self.plugins.kept[plugin])
        known = self.known_encodings.setdefault(encoding, len(self.encodings))
        if known == len(self.encodings):
            self.encodings.append(encoding)
        return known

    cdef int32_t keep_metadata(self, int32_t tag, const Value* value) except -1 with gil:
        """Keep the first metadata of a tag; returns its plugin."""
        message = Summary.Value.FromString(
            PyBytes_FromStringAndSize(<const char*>value.begin, value.end - value.begin))
        self.metadata[tag] = message.metadata.SerializeToString(deterministic=True)
        self.tag_names.names[tag].plugin = self.plugin_id(value.plugin, value.plugin_size)
        return self.tag_names.names[tag].plugin

    cdef inline void note_wall_time(self, double wall_time) noexcept nogil:
        if wall_time != 0 and isfinite(wall_time):
            if not self.has_wall_time:
                self.has_wall_time = True
                self.first_wall_time = self.last_wall_time = wall_time
            elif wall_time > self.last_wall_time:
                self.last_wall_time = wall_time

    cdef inline int add_scalar(self, const Event* event, const Value* value) except -1 nogil:
        cdef int32_t tag = self.tag_id(value.tag, value.tag_size)
        cdef ScalarRow* row = <ScalarRow*>add_row(&self.scalars, sizeof(ScalarRow))
        row.step, row.wall_time, row.tag = event.step, event.wall_time, tag
        row.value = value.scalar if value.scalar == value.scalar else NOT_A_NUMBER
        return 0

    cdef int add_event(self, const Event* event, const Place* place) except -1 nogil:
        cdef Field field, inner
        cdef Value value
        cdef Bytes p, q
        cdef int32_t ordinal = 0, tag
        self.note_wall_time(event.wall_time)
        if event.what == 5:
            if event.count == 1:
                return self.add_value(event, &event.last, place, 0)
            # read_event kept only the last value, lest a record of millions of them take memory for each.
            p = event.summaries
            while event.count and p < event.end:
                p = read_field(p, event.end, &field, 0)
                if field.key != 0x2A:
                    continue
                q = field.begin
                while q < field.end:
                    q = read_field(q, field.end, &inner, 1)
                    if inner.key == 0x0A:
                        read_value(inner.begin, inner.end, &value)
                        self.add_value(event, &value, place, ordinal)
                        ordinal += 1
        elif event.what == 7:
            if event.is_start:
                self.add_start(event)
        elif event.what == 4 or event.what == 9:
            tag = self.tag_id(RUN_GRAPH, RUN_GRAPH_SIZE)
            ordinal = GRAPH_DEF if event.what == 4 else META_GRAPH_DEF
            self.add_blob(event, tag, self.encoding_id(NO_PLUGIN, ordinal), place, -1)
        elif event.what == 8:
            tag = self.tag_id(event.tag, event.tag_size)
            self.add_blob(event, tag, self.encoding_id(NO_PLUGIN, TAGGED_RUN_METADATA), place, -1)
        return 0

    cdef int add_value(self, const Event* event, const Value* value, const Place* place, int32_t ordinal) except -1 nogil:
        cdef int32_t tag, plugin
        cdef double scalar
        cdef ScalarRow* row
        if value.has_metadata and value.plugin_size == OWN_SIZE and memcmp(value.plugin, OWN, OWN_SIZE) == 0:
            if self.last_own != place.offset:
                self.last_own = place.offset
                self.add_own(place)
            return 0
        if value.field == NONE and value.plugin_size == 0:
            return 0
        tag = self.tag_id(value.tag, value.tag_size)
        plugin = self.tag_names.names[tag].plugin
        if value.has_metadata and plugin < 0:
            plugin = self.keep_metadata(tag, value)
        elif value.plugin_size:
            plugin = self.plugin_id(value.plugin, value.plugin_size)
        elif plugin < 0:
            plugin = NO_PLUGIN
        if value.is_scalar and (value.field == SIMPLE_VALUE or plugin == SCALARS_PLUGIN or plugin == NO_PLUGIN):
            scalar = value.scalar if value.scalar == value.scalar else NOT_A_NUMBER
            row = <ScalarRow*>add_row(&self.scalars, sizeof(ScalarRow))
            row.step, row.wall_time, row.value, row.tag = event.step, event.wall_time, scalar, tag
            return 0
        return self.add_blob(event, tag, self.encoding_id(plugin, value.field), place, ordinal)

    cdef int add_blob(
        self, const Event* event, int32_t tag, int32_t encoding, const Place* place, int32_t ordinal
    ) except -1 nogil:
        cdef BlobRow* row = <BlobRow*>add_row(&self.blobs, sizeof(BlobRow))
        row.step, row.wall_time = event.step, event.wall_time
        row.offset, row.length, row.crc = place.offset, place.length, place.crc
        row.tag, row.encoding, row.ordinal = tag, encoding, ordinal
        return 0

    cdef inline int32_t tag_id(self, const uint8_t* data, Py_ssize_t size) except -1 nogil:
        cdef int32_t known = self.tag_names.find(data, size)
        return known if known >= 0 else self.add_tag(data, size)

    cdef int32_t plugin_id(self, const uint8_t* data, Py_ssize_t size) except -1 nogil:
        cdef int32_t known = self.plugins.find(data, size)
        return known if known >= 0 else self.add_plugin(data, size)

    cdef int32_t encoding_id(self, int32_t plugin, int field) except -1 nogil:
        cdef int64_t at = plugin * ENCODINGS_PER_PLUGIN + field, room
        if at >= self.encoding_room:
            room = (at + at // 2 + ENCODINGS_PER_PLUGIN) * 2
            grow(<void**>&self.encoding_ids, room * sizeof(int32_t))
            memset(self.encoding_ids + self.encoding_room, 0xFF, (room - self.encoding_room) * sizeof(int32_t))
            self.encoding_room = room
        if self.encoding_ids[at] < 0:
            self.encoding_ids[at] = self.add_encoding(plugin, field)
        return self.encoding_ids[at]
