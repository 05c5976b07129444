# A lone scalar as every writer frames it, read at a glance. Included by _records.pyx.

cdef inline bint read_one_scalar(Bytes p, uint64_t length, Event* event) noexcept nogil:
    """Read an event in the form that all writers give to a lone ``simple_value``: wall_time, step, tag, value.

    Of the event only wall_time and step are set, of ``event.last`` only tag and scalar; False: ``read_event`` must tell.
    """
    cdef uint64_t step, at = 10
    cdef uint32_t bits
    cdef int shift = 7
    if length < 23 or length > 127 or p[0] != 0x09 or p[9] != 0x10:
        return False
    step = p[10] & 127
    while p[at] >= 128:
        at += 1
        if shift > 56 or at + 12 > length:
            return False
        step |= <uint64_t>(p[at] & 127) << shift
        shift += 7
    at += 1
    if at + 11 > length or p[at] != 0x2A or p[at + 1] != length - at - 2 or p[at + 2] != 0x0A:
        return False
    if p[at + 3] != length - at - 4 or p[at + 4] != 0x0A or p[at + 5] != length - at - 11 or p[length - 5] != 0x15:
        return False
    memcpy(&event.wall_time, p + 1, 8)
    event.step = <int64_t>step
    event.last.tag = p + at + 6
    event.last.tag_size = length - at - 11
    memcpy(&bits, p + length - 4, 4)
    event.last.scalar = float_of(bits)
    return True
