# Names of tags and plugins, numbered as they appear. Included by _records.pyx.

cdef struct Name:
    const uint8_t* data  # of a bytes object that Names.kept holds
    Py_ssize_t size
    uint64_t hash
    int32_t plugin  # of the tag's first metadata; -1 until there is one
    int32_t next  # the name that was looked up after this one the last time: a guess, and a good one


cdef class Names:
    """Bytes to numbers, in order of appearance; look-ups need no GIL."""

    cdef list kept
    cdef Name* names
    cdef int32_t* slots
    cdef uint64_t mask
    cdef int32_t count
    cdef int32_t last  # the name that was looked up last

    def __cinit__(self):
        self.kept = []
        self.resize(16)

    def __dealloc__(self):
        free(self.names)
        free(self.slots)

    cdef int resize(self, uint64_t slots) except -1:
        cdef uint64_t at
        cdef int32_t i
        cdef Name* names = <Name*>realloc(self.names, slots // 2 * sizeof(Name))
        if names == NULL:
            raise MemoryError
        self.names = names
        cdef int32_t* table = <int32_t*>malloc(slots * sizeof(int32_t))
        if table == NULL:
            raise MemoryError
        memset(table, 0xFF, slots * sizeof(int32_t))
        for i in range(self.count):
            at = self.names[i].hash & (slots - 1)
            while table[at] >= 0:
                at = (at + 1) & (slots - 1)
            table[at] = i
        free(self.slots)
        self.slots = table
        self.mask = slots - 1
        return 0

    cdef inline int32_t find(self, const uint8_t* data, Py_ssize_t size) noexcept nogil:
        """Find a name's number, or -1. Training loops log the same names in the same order, over and over."""
        cdef int32_t i
        if self.count == 0:
            return -1
        i = self.names[self.last].next
        if self.names[i].size != size or not is_same(self.names[i].data, data, size):
            i = self.look_up(data, size)
            if i < 0:
                return -1
            self.names[self.last].next = i
        self.last = i
        return i

    cdef int32_t look_up(self, const uint8_t* data, Py_ssize_t size) noexcept nogil:
        cdef uint64_t hashed = hash_name(data, size), at = hashed & self.mask
        cdef int32_t i
        while True:
            i = self.slots[at]
            if i < 0:
                return -1
            if self.names[i].hash == hashed and self.names[i].size == size:
                if size == 0 or memcmp(self.names[i].data, data, size) == 0:
                    return i
            at = (at + 1) & self.mask

    cdef int32_t add(self, bytes name) except -1:
        if <uint64_t>self.count + 1 > (self.mask + 1) // 2:
            self.resize((self.mask + 1) * 2)
        self.kept.append(name)  # first: from here on nothing can fail
        cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(name)
        cdef uint64_t at
        cdef Name* entry = &self.names[self.count]
        entry.data, entry.size, entry.plugin, entry.next = data, PyBytes_GET_SIZE(name), -1, 0
        entry.hash = hash_name(data, entry.size)
        at = entry.hash & self.mask
        while self.slots[at] >= 0:
            at = (at + 1) & self.mask
        self.slots[at] = self.count
        self.count += 1
        return self.count - 1
