# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Frames scalar events, for the most part without the GIL: the twin of ``plain_encode.py``, equal to the byte."""

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from writer.format.plain_encode import BATCH as _BATCH
from writer.format.plain_encode import MAX_HEADS as _MAX_HEADS
from writer.format.wire import encode_varint

include "_records_checksums.pxi"

cdef extern from *:
    """
    #include <time.h>
    static double trainboard_now(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec + t.tv_nsec * 1e-9;
    }
    """
    double trainboard_now() noexcept nogil
    const char* TRAINBOARD_SOURCE_HASH

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    PyObject* PyDict_GetItemWithError(object, object) except? NULL

SOURCE_HASH = TRAINBOARD_SOURCE_HASH.decode("ascii")
BATCH = _BATCH
cdef object BATCH_MARK = _BATCH
cdef int MAX_HEADS = _MAX_HEADS

cdef enum:
    MOST_ROWS = 4096
    LOOK_EVERY = 64  # items between two looks at the clock
    FEW_ROWS = 64  # framed at once: to let the GIL go would take longer


cdef struct Room:  # of one target, while rows are framed
    char* at
    Py_ssize_t size
    Py_ssize_t count

cdef struct Row:
    const char* middle
    Room* room
    double wall_time
    double value
    uint64_t step
    int32_t middle_length
    int32_t step_length


cdef class _Target:
    cdef object batch
    cdef Room room  # of nothing while no rows are waiting

cdef class _Head:
    cdef bytes middle
    cdef _Target target


def masked_crc32c_of(parts):
    """Masked CRC-32C of bytes that follow one another; the GIL is free while those of large ones are counted."""
    cdef uint32_t crc = 0
    cdef const uint8_t[::1] view
    cdef Py_ssize_t size
    for part in parts:
        size = len(part)
        if size == 0:
            continue
        view = part
        if size < 4096:
            crc = crc32c_on(crc, &view[0], size)
        else:
            with nogil:
                crc = crc32c_on(crc, &view[0], size)
    return (((crc >> 15) | (crc << 17)) + <uint32_t>0xA282EAD8)


cdef inline int step_bytes(uint64_t step) noexcept nogil:
    """Of its field: a 0 is absent, as every scalar field of proto3."""
    if step == 0:
        return 0
    return 1 + (70 - __builtin_clzll(step)) // 7

cdef extern from *:
    int __builtin_clzll(uint64_t) noexcept nogil


cdef void frame_row(const Row* row) noexcept nogil:
    """Write one record and move its target's place."""
    cdef char* at = row.room.at
    cdef uint8_t* payload = <uint8_t*>at + 12
    cdef uint64_t length = 9 + row.step_length + row.middle_length + 4
    cdef uint64_t step = row.step
    cdef uint8_t* to = payload
    cdef float value = <float>row.value
    cdef uint32_t crc
    memcpy(at, &length, 8)
    crc = masked(<const uint8_t*>at, 8)
    memcpy(at + 8, &crc, 4)
    to[0] = 0x09
    memcpy(to + 1, &row.wall_time, 8)
    to += 9
    if step:
        to[0] = 0x10
        to += 1
        while step > 0x7F:
            to[0] = <uint8_t>(step | 0x80)
            to += 1
            step >>= 7
        to[0] = <uint8_t>step
        to += 1
    memcpy(to, row.middle, row.middle_length)
    memcpy(to + row.middle_length, &value, 4)
    crc = masked(payload, length)
    memcpy(payload + length, &crc, 4)
    row.room.at = <char*>payload + length + 4


cdef class ScalarEncoder:
    """As ``plain_encode.ScalarEncoder``."""

    cdef dict heads
    cdef dict targets  # by id: each has its head's batch, and so lives
    cdef list touched
    cdef Row* rows
    cdef int row_count
    cdef bint is_busy
    cdef dict rest
    cdef Py_ssize_t rest_at
    cdef object rest_step
    cdef object rest_wall_time

    def __cinit__(self):
        self.heads = {}
        self.targets = {}
        self.touched = []
        self.rows = <Row*>malloc(MOST_ROWS * sizeof(Row))
        if self.rows == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.rows)

    @property
    def has_rest(self):
        """Whether a batch was taken in part."""
        return self.rest is not None

    def learn(self, tag, bytes name, batch):
        """Let ``take`` frame this tag's items from now on."""
        cdef _Head head = _Head()
        cdef _Target target
        if len(self.heads) >= MAX_HEADS:
            self.heads.clear()
            self.targets.clear()
        target = self.targets.get(id(batch))
        if target is None:
            target = self.targets[id(batch)] = _Target()
            target.batch = batch
        tag_field = b"\x0a" + encode_varint(len(name)) + name if name else b""
        value_field = b"\x0a" + encode_varint(len(tag_field) + 5) + tag_field + b"\x15"
        head.middle = b"\x2a" + encode_varint(len(value_field) + 4) + value_field
        head.target = target
        self.heads[tag] = head

    def forget(self, tag):
        """Make ``take`` hand this tag's next item to ``encode_odd``."""
        self.heads.pop(tag, None)

    def take_rest(self):
        """Give up what is left of a batch of which ``take`` has taken a part."""
        cdef PyObject* tag
        cdef PyObject* value
        left = []
        while self.rest is not None and PyDict_Next(self.rest, &self.rest_at, &tag, &value):
            left.append((<object>tag, as_float(<object>value), self.rest_step, self.rest_wall_time))
        self.rest = None
        return left

    def encode(self, tuple item):
        """Frame one item, where it is one of those that ``take`` frames."""
        if not self.add(item[0], item[1], item[2], item[3]):
            return False
        self.frame_rows()
        return True

    def take(self, lane, double seconds, encode_odd):
        """Take items out of a lane and frame them in their order, until it is empty or some time has gone by."""
        if self.is_busy:  # a signal's handler logs, where no thread could be had for this work
            return 0
        self.is_busy = True
        try:
            return self.take_some(lane, seconds, encode_odd)
        finally:
            self.is_busy = False

    cdef Py_ssize_t take_some(self, lane, double seconds, encode_odd) except -1:
        cdef double end = trainboard_now() + seconds
        cdef Py_ssize_t excess = 0
        cdef int count = 0
        cdef PyObject* tag
        cdef PyObject* value
        pop = lane.popleft
        while True:
            count += 1
            if count == LOOK_EVERY:
                count = 0
                if trainboard_now() > end:
                    break
            if self.row_count == MOST_ROWS:
                self.frame_rows()
            if self.rest is not None:
                if not PyDict_Next(self.rest, &self.rest_at, &tag, &value):
                    self.rest = None
                    continue
                if PyFloat_CheckExact(<object>value):
                    if self.add(<object>tag, <object>value, self.rest_step, self.rest_wall_time):
                        continue
                    item = <object>tag, <object>value, self.rest_step, self.rest_wall_time
                else:
                    item = <object>tag, as_float(<object>value), self.rest_step, self.rest_wall_time
                    if self.add(item[0], item[1], item[2], item[3]):
                        continue
            else:
                try:
                    item = pop()
                except IndexError:
                    break
                if not PyTuple_CheckExact(item) or PyTuple_GET_SIZE(item) != 4:
                    self.frame_rows()
                    raise TypeError("an item has four parts")
                if <object>PyTuple_GET_ITEM(item, 0) is BATCH_MARK:
                    self.rest = item[1]
                    self.rest_at = 0
                    self.rest_step = item[2]
                    self.rest_wall_time = item[3]
                    excess += len(self.rest) - 1
                    continue
                if self.add(<object>PyTuple_GET_ITEM(item, 0), <object>PyTuple_GET_ITEM(item, 1),
                            <object>PyTuple_GET_ITEM(item, 2), <object>PyTuple_GET_ITEM(item, 3)):
                    continue
            self.frame_rows()
            encode_odd(item)
        self.frame_rows()
        return excess

    cdef bint add(self, object tag, object value, object step, object wall_time) except -1:
        """Make a row of an item; False where it is an odd one."""
        cdef PyObject* found
        cdef _Head head
        cdef Row* row
        cdef int overflow = 0
        cdef int64_t number
        if not (PyFloat_CheckExact(value) and PyLong_CheckExact(step) and PyFloat_CheckExact(wall_time)):
            return False
        try:
            found = PyDict_GetItemWithError(self.heads, tag)
        except TypeError:  # it cannot be hashed
            return False
        if found == NULL:
            return False
        number = PyLong_AsLongLongAndOverflow(step, &overflow)
        if overflow:
            return False
        head = <_Head>found
        row = &self.rows[self.row_count]
        row.middle = PyBytes_AS_STRING(head.middle)
        row.middle_length = <int32_t>PyBytes_GET_SIZE(head.middle)
        row.room = &head.target.room
        row.wall_time = PyFloat_AS_DOUBLE(wall_time)
        row.value = PyFloat_AS_DOUBLE(value)
        row.step = <uint64_t>number
        row.step_length = step_bytes(row.step)
        if row.room.count == 0:
            self.touched.append(head.target)
        row.room.count += 1
        row.room.size += 12 + 9 + row.step_length + row.middle_length + 4 + 4
        self.row_count += 1
        return True

    cdef int frame_rows(self) except -1:
        """Frame all rows, into what their targets open for them."""
        cdef _Target target
        cdef int index
        cdef int count = self.row_count
        if count == 0:
            return 0
        self.row_count = 0
        touched, self.touched = self.touched, []
        try:
            for target in touched:
                tail = target.batch.open_tail()
                PyByteArray_Resize(tail, PyByteArray_GET_SIZE(tail) + target.room.size)
                target.room.at = PyByteArray_AS_STRING(tail) + PyByteArray_GET_SIZE(tail) - target.room.size
        except BaseException:  # there is no memory
            for target in touched:
                if target.room.at != NULL:
                    tail = target.batch.open_tail()
                    PyByteArray_Resize(tail, PyByteArray_GET_SIZE(tail) - target.room.size)
                target.room = Room(NULL, 0, 0)
            raise
        if count > FEW_ROWS:
            with nogil:
                for index in range(count):
                    frame_row(&self.rows[index])
        else:
            for index in range(count):
                frame_row(&self.rows[index])
        for target in touched:
            target.batch.took(target.room.count, target.room.size)
            target.room = Room(NULL, 0, 0)
        return 0


cdef object as_float(object value):
    try:
        return float(value)
    except Exception:  # an integer that no float can hold: whoever gets it says so
        return value
