# The wire format of Event messages, read where they lie. Included by _records.pyx.
#
# What is well-formed is what protobuf's own parser (upb) takes: unknown fields and groups are stepped over, groups nest
# 100 deep less the messages around them, a field of a known number and another wire type is an unknown one, repeated
# occurrences of a message merge, and of a oneof the last one set counts.

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef enum:
    MOST_NESTED = 100  # upb's limit
    NONE = 0  # Value.field: the number of the oneof's set field
    SIMPLE_VALUE = 2
    TENSOR = 8
    # DataType
    FLOAT = 1
    DOUBLE = 2
    INT32 = 3
    UINT8 = 4
    INT16 = 5
    INT8 = 6
    INT64 = 9
    BOOL = 10
    BFLOAT16 = 14
    UINT16 = 17
    HALF = 19
    UINT32 = 22
    UINT64 = 23


cdef struct Field:
    uint32_t key  # number << 3 | wire type
    uint64_t value  # of wire types 0, 1 and 5: the bits
    const uint8_t* begin  # of wire type 2
    const uint8_t* end

ctypedef const uint8_t* Bytes  # a place in the data; as a result, NULL means malformed


cdef inline Bytes read_varint(Bytes p, Bytes end, uint64_t* value) noexcept nogil:
    cdef uint64_t result = 0
    cdef int shift = 0
    while p < end and shift < 70:  # ten bytes; bits beyond 64 fall off
        result |= <uint64_t>(p[0] & 127) << shift
        if p[0] < 128:
            value[0] = result
            return p + 1
        p += 1
        shift += 7
    return NULL


cdef inline Bytes read_short_varint(Bytes p, Bytes end, uint64_t most, uint32_t* value) noexcept nogil:
    """Keys and sizes: at most five bytes, and not above ``most``."""
    cdef uint64_t result
    cdef Bytes begin = p
    if p < end and p[0] < 128:
        value[0] = p[0]
        return p + 1
    p = read_varint(p, end, &result)
    if p == NULL or p - begin > 5 or result > most:
        return NULL
    value[0] = <uint32_t>result
    return p


cdef Bytes skip_group(Bytes p, Bytes end, uint32_t number, int depth) noexcept nogil:
    cdef uint32_t open_groups[MOST_NESTED]
    cdef uint32_t key, size
    cdef uint64_t ignored
    cdef int n = 1
    open_groups[0] = number
    while n:
        p = read_short_varint(p, end, 0xFFFFFFFF, &key)
        if p == NULL:
            return NULL
        if key & 7 == 0:
            p = read_varint(p, end, &ignored)
            if p == NULL:
                return NULL
        elif key & 7 == 3:
            if n >= MOST_NESTED - depth:
                return NULL
            open_groups[n] = key >> 3
            n += 1
        elif key & 7 == 4:
            n -= 1
            if open_groups[n] != key >> 3:
                return NULL
        else:
            if key & 7 == 1:
                size = 8
            elif key & 7 == 5:
                size = 4
            elif key & 7 == 2:
                p = read_short_varint(p, end, 0x7FFFFFFF, &size)
                if p == NULL:
                    return NULL
            else:
                return NULL
            if size > end - p:
                return NULL
            p += size
    return p


cdef inline Bytes read_field(Bytes p, Bytes end, Field* field, int depth) noexcept nogil:
    """Read one field of a message that lies ``depth`` messages deep."""
    cdef uint32_t size
    cdef uint32_t half
    p = read_short_varint(p, end, 0xFFFFFFFF, &field.key)
    if p == NULL or field.key < 8:
        return NULL
    cdef uint32_t wire = field.key & 7
    if wire == 2:
        p = read_short_varint(p, end, 0x7FFFFFFF, &size)
        if p == NULL or size > end - p:
            return NULL
        field.begin = p
        field.end = p + size
        return p + size
    if wire == 0:
        return read_varint(p, end, &field.value)
    if wire == 5:
        if end - p < 4:
            return NULL
        memcpy(&half, p, 4)
        field.value = half
        return p + 4
    if wire == 1:
        if end - p < 8:
            return NULL
        memcpy(&field.value, p, 8)
        return p + 8
    if wire == 3:
        return skip_group(p, end, field.key >> 3, depth)
    return NULL


cdef struct Tensor:
    int32_t dtype
    bint is_wider  # a dimension other than 1, or an unknown rank
    bint is_unknown
    Bytes content
    Py_ssize_t content_size
    int64_t counts[18]  # of the elements in each repeated field of numbers
    uint64_t first[18]  # the bits of its first one

cdef struct Value:
    Bytes begin
    Bytes end
    Bytes tag
    Py_ssize_t tag_size
    int field  # number of the set field of the oneof, or NONE
    bint is_scalar  # simple_value, or a tensor of one real number
    double scalar
    bint has_metadata
    Bytes plugin
    Py_ssize_t plugin_size


cdef bint check_message(Bytes p, Bytes end, int depth) noexcept nogil:
    """A message of which only the form matters and which holds no other message."""
    cdef Field field
    while p < end:
        p = read_field(p, end, &field, depth)
        if p == NULL:
            return False
    return True


cdef bint check_histogram(Bytes p, Bytes end) noexcept nogil:
    cdef Field field
    while p < end:
        p = read_field(p, end, &field, 3)
        if p == NULL:
            return False
        if (field.key == 0x32 or field.key == 0x3A) and (field.end - field.begin) & 7:  # packed doubles
            return False
    return True


cdef bint read_metadata(Bytes p, Bytes end, Value* value) noexcept nogil:
    cdef Field field, inner
    cdef Bytes q
    while p < end:
        p = read_field(p, end, &field, 3)
        if p == NULL:
            return False
        if field.key == 0x0A:  # plugin_data
            q = field.begin
            while q < field.end:
                q = read_field(q, field.end, &inner, 4)
                if q == NULL:
                    return False
                if inner.key == 0x0A:  # plugin_name
                    value.plugin = inner.begin
                    value.plugin_size = inner.end - inner.begin
    return True


cdef bint read_shape(Bytes p, Bytes end, Tensor* tensor) noexcept nogil:
    cdef Field field, inner
    cdef Bytes q
    cdef uint64_t size
    while p < end:
        p = read_field(p, end, &field, 4)
        if p == NULL:
            return False
        if field.key == 0x12:  # dim
            size = 0
            q = field.begin
            while q < field.end:
                q = read_field(q, field.end, &inner, 5)
                if q == NULL:
                    return False
                if inner.key == 0x08:
                    size = inner.value
            tensor.is_wider |= size != 1
        elif field.key == 0x18:
            tensor.is_unknown = field.value != 0
    return True


cdef bint read_tensor(Bytes p, Bytes end, Tensor* tensor) noexcept nogil:
    cdef Field field
    cdef Bytes q
    cdef uint32_t number, width, wire
    cdef uint64_t bits
    while p < end:
        p = read_field(p, end, &field, 3)
        if p == NULL:
            return False
        number = field.key >> 3
        wire = field.key & 7
        if field.key == 0x08:
            tensor.dtype = <int32_t>field.value
        elif field.key == 0x12:
            if not read_shape(field.begin, field.end, tensor):
                return False
        elif field.key == 0x22:
            tensor.content = field.begin
            tensor.content_size = field.end - field.begin
        elif 5 <= number <= 17 and number != 8 and number != 14 and number != 15:  # repeated numbers
            width = 4 if number == 5 or number == 9 else 8 if number == 6 or number == 12 else 0  # 0: varints
            if wire != 2:
                if wire == (5 if width == 4 else 1 if width == 8 else 0):  # not packed: one element
                    if tensor.counts[number] == 0:
                        tensor.first[number] = field.value
                    tensor.counts[number] += 1
            elif width:
                if (field.end - field.begin) & (width - 1):
                    return False
                if tensor.counts[number] == 0 and field.end > field.begin:
                    memcpy(&tensor.first[number], field.begin, width)
                tensor.counts[number] += (field.end - field.begin) // width
            else:
                q = field.begin
                while q < field.end:
                    q = read_varint(q, field.end, &bits)
                    if q == NULL:
                        return False
                    if tensor.counts[number] == 0:
                        tensor.first[number] = bits
                    tensor.counts[number] += 1
    return True


cdef inline double float_of(uint32_t bits) noexcept nogil:
    cdef float value
    memcpy(&value, &bits, 4)
    return value


cdef double half_of(uint16_t bits) noexcept nogil:
    cdef uint64_t sign = <uint64_t>(bits >> 15) << 63, exponent = (bits >> 10) & 31, fraction = bits & 1023
    cdef double value
    if exponent == 0:
        value = fraction * 5.9604644775390625e-08  # 2**-24
        return -value if sign else value
    sign |= (0x7FF if exponent == 31 else exponent + 1008) << 52 | fraction << 42
    memcpy(&value, &sign, 8)
    return value


cdef bint read_scalar(const Tensor* tensor, double* value) noexcept nogil:
    """``tensor_scalar.read_tensor_scalar``."""
    cdef int32_t dtype = tensor.dtype
    cdef int field, width
    cdef bint is_content = tensor.content_size > 0
    cdef uint64_t bits = 0
    if dtype == FLOAT: field, width = 5, 4
    elif dtype == DOUBLE: field, width = 6, 8
    elif dtype == INT32: field, width = 7, 4
    elif dtype == INT16 or dtype == UINT16: field, width = 7, 2
    elif dtype == INT8 or dtype == UINT8: field, width = 7, 1
    elif dtype == INT64: field, width = 10, 8
    elif dtype == BOOL: field, width = 11, 1
    elif dtype == HALF or dtype == BFLOAT16: field, width = 13, 2
    elif dtype == UINT32: field, width = 16, 4
    elif dtype == UINT64: field, width = 17, 8
    else: return False
    if tensor.is_wider or tensor.is_unknown:
        return False
    if is_content:
        if tensor.content_size != width:
            return False
        memcpy(&bits, tensor.content, width)
    else:
        if tensor.counts[field] != 1:
            return False
        bits = tensor.first[field]
    if dtype == FLOAT: value[0] = float_of(<uint32_t>bits)
    elif dtype == DOUBLE: memcpy(value, &bits, 8)
    elif dtype == BOOL: value[0] = bits != 0
    elif dtype == HALF: value[0] = half_of(<uint16_t>bits)
    elif dtype == BFLOAT16: value[0] = float_of(<uint32_t>(bits & 0xFFFF) << 16)
    elif dtype == INT64: value[0] = <double><int64_t>bits
    elif dtype == UINT64: value[0] = <double>bits
    elif dtype == UINT32: value[0] = <uint32_t>bits
    elif dtype == INT32 or not is_content: value[0] = <int32_t>bits  # int_val, whatever the width of the type
    elif dtype == INT16: value[0] = <int16_t>bits
    elif dtype == INT8: value[0] = <int8_t>bits
    else: value[0] = <double>bits
    return True


cdef bint read_value(Bytes p, Bytes end, Value* value) noexcept nogil:
    cdef Field field
    cdef Tensor tensor
    cdef bint is_good = True
    memset(value, 0, sizeof(Value))
    value.begin = p
    value.end = end
    while p < end:
        p = read_field(p, end, &field, 2)
        if p == NULL:
            return False
        if field.key == 0x0A:
            value.tag = field.begin
            value.tag_size = field.end - field.begin
        elif field.key == 0x15:
            value.field = SIMPLE_VALUE
            value.scalar = float_of(<uint32_t>field.value)
        elif field.key == 0x1A:  # obsolete_old_style_histogram: bytes
            value.field = 3
        elif field.key == 0x22 or field.key == 0x32:  # image, audio
            value.field = field.key >> 3
            is_good = check_message(field.begin, field.end, 3)
        elif field.key == 0x2A:
            value.field = 5
            is_good = check_histogram(field.begin, field.end)
        elif field.key == 0x42:
            if value.field != TENSOR:
                memset(&tensor, 0, sizeof(Tensor))
            value.field = TENSOR
            is_good = read_tensor(field.begin, field.end, &tensor)
        elif field.key == 0x4A:
            value.has_metadata = True
            is_good = read_metadata(field.begin, field.end, value)
        if not is_good:
            return False
    value.is_scalar = value.field == SIMPLE_VALUE or (value.field == TENSOR and read_scalar(&tensor, &value.scalar))
    return True


cdef struct Event:
    Bytes end
    double wall_time
    int64_t step
    int what  # number of the set field of the oneof, or 0
    bint is_start  # session_log.status == START
    Bytes tag  # of tagged_run_metadata
    Py_ssize_t tag_size
    Bytes summaries  # where the first of the summaries that count begins
    int64_t count  # of their values
    Value last  # of their values


cdef bint read_event(Bytes p, Bytes end, Event* event) noexcept nogil:
    cdef Field field, inner
    cdef Bytes q
    cdef Bytes at
    event.end = end
    event.wall_time = 0
    event.step = 0
    event.what = 0
    while p < end:
        at = p
        p = read_field(p, end, &field, 0)
        if p == NULL:
            return False
        if field.key == 0x09:
            memcpy(&event.wall_time, &field.value, 8)
        elif field.key == 0x10:
            event.step = <int64_t>field.value
        elif field.key == 0x2A:
            if event.what != 5:
                event.what = 5
                event.summaries = at
                event.count = 0
            q = field.begin
            while q < field.end:
                q = read_field(q, field.end, &inner, 1)
                if q == NULL:
                    return False
                if inner.key == 0x0A:
                    if not read_value(inner.begin, inner.end, &event.last):
                        return False
                    event.count += 1
        elif field.key == 0x3A:  # session_log
            if event.what != 7:
                event.what = 7
                event.is_start = False
            q = field.begin
            while q < field.end:
                q = read_field(q, field.end, &inner, 1)
                if q == NULL:
                    return False
                if inner.key == 0x08:
                    event.is_start = <int32_t>inner.value == 1
        elif field.key == 0x42:  # tagged_run_metadata
            if event.what != 8:
                event.what = 8
                event.tag_size = 0
            q = field.begin
            while q < field.end:
                q = read_field(q, field.end, &inner, 1)
                if q == NULL:
                    return False
                if inner.key == 0x0A:
                    event.tag = inner.begin
                    event.tag_size = inner.end - inner.begin
        elif field.key == 0x1A or field.key == 0x22 or field.key == 0x4A:  # file_version, graph_def, meta_graph_def
            event.what = field.key >> 3
        elif field.key == 0x52:  # source_metadata
            if not check_message(field.begin, field.end, 1):
                return False
    return True
