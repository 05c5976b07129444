# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops of loops.py, compiled and without the GIL; what each does is said there."""

from libc.float cimport DBL_MAX
from libc.math cimport INFINITY, exp, isfinite, log, pow
from libc.stdint cimport int32_t, int64_t

import numpy as np

cdef extern from *:
    """
    #ifndef TRAINBOARD_SOURCE_HASH
    #define TRAINBOARD_SOURCE_HASH ""
    #endif
    """
    const char *_SOURCE_HASH "TRAINBOARD_SOURCE_HASH"

include "_series_broad.pxi"
include "_series_vectors.pxi"

SOURCE_HASH = _SOURCE_HASH.decode("ascii")

ctypedef fused number:
    int64_t
    double

# Rows of the state of `extremes`: as in loops.py.
cdef enum:
    LEAST = 0
    GREATEST = 1
    FIRST = 2
    LAST = 3
    NAN_AT = 4
    PLUS_AT = 5
    MINUS_AT = 6
    NAN_COUNT = 7
    PLUS_COUNT = 8
    MINUS_COUNT = 9
    BLOCK = 128
    BLUR = 512
    FADES = 256
    CHUNKS = 64
    STEP = 4
    ROW = 16
    FEW_MISSING = 64


def rows_by_tag(const int32_t[::1] tag, Py_ssize_t tags):
    cdef Py_ssize_t n = tag.shape[0], i
    order_array = np.empty(n, np.int64)
    bounds_array = np.zeros(tags + 1, np.int64)
    next_array = np.empty(tags + 1, np.int64)
    cdef int64_t[::1] order = order_array, bounds = bounds_array, fill = next_array
    with nogil:
        for i in range(n):
            bounds[tag[i] + 1] += 1
        for i in range(tags):
            bounds[i + 1] += bounds[i]
            fill[i] = bounds[i]
        for i in range(n):
            order[fill[tag[i]]] = i
            fill[tag[i]] += 1
    return order_array, bounds_array


def span(const int64_t[::1] step, const double[::1] wall_time):
    cdef Py_ssize_t n = step.shape[0], i
    cdef int64_t least = step[0], greatest = step[n - 1]
    cdef bint steps_rise = True, times_rise = isfinite(wall_time[0]) and isfinite(wall_time[n - 1])
    with nogil:
        for i in range(1, n):
            steps_rise &= step[i] >= step[i - 1]
        if not steps_rise:
            for i in range(n):
                least = min(least, step[i])
                greatest = max(greatest, step[i])
        for i in range(1, n):
            times_rise &= wall_time[i] >= wall_time[i - 1]  # False for NaN
    return least, greatest, bool(steps_rise), bool(times_rise)


def rows_below(const number[::1] x, double origin, double at, bint including):
    cdef Py_ssize_t low = 0, high = x.shape[0], middle
    cdef double found
    with nogil:
        while low < high:
            middle = (low + high) >> 1
            found = <double>x[middle] - origin
            if found < at or (including and found == at):
                low = middle + 1
            else:
                high = middle
    return low


cdef inline Py_ssize_t pixel_column(double x, double half_lo, double half_span, Py_ssize_t width) noexcept nogil:
    cdef double ratio
    if half_span <= 0.0:
        return 0
    ratio = (0.5 * x - half_lo) / half_span * <double>width
    return <Py_ssize_t>ratio if ratio < <double>width else width - 1  # NaN: infinitely far on an infinite axis


def pixel_bounds(
    const number[::1] x, double origin, double lo, double hi, Py_ssize_t start, Py_ssize_t stop,
    Py_ssize_t offset, int64_t[::1] bounds, Py_ssize_t column,
):
    cdef Py_ssize_t width = bounds.shape[0] - 1, at = start, before = start, stride, low, high, middle, here
    cdef double half_lo = 0.5 * lo, half_span = 0.5 * hi - 0.5 * lo
    with nogil:
        while column < width and at < stop:
            # Look where the column ends if it has as many rows as the last one, gallop from there, then halve.
            low = at
            high = min(at + (at - before), stop - 1)
            stride = 1
            if pixel_column(<double>x[high] - origin, half_lo, half_span, width) < column:
                while high < stop and pixel_column(<double>x[high] - origin, half_lo, half_span, width) < column:
                    low = high + 1
                    high += stride
                    stride *= 2
                high = min(high, stop)
            else:
                while high > at:
                    middle = max(high - stride, at)
                    if pixel_column(<double>x[middle] - origin, half_lo, half_span, width) < column:
                        low = middle + 1
                        break
                    high = middle
                    stride *= 2
            while low < high:
                middle = (low + high) >> 1
                if pixel_column(<double>x[middle] - origin, half_lo, half_span, width) < column:
                    low = middle + 1
                else:
                    high = middle
            before = at
            at = low
            if at >= stop:
                break
            here = pixel_column(<double>x[at] - origin, half_lo, half_span, width)
            while column <= here:
                bounds[column] = offset + at
                column += 1
    return column


cdef void note_nonfinite(
    const double* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t offset, int64_t* at, Py_ssize_t width, int64_t nans,
    int64_t infinities,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t plus = 0
    if nans > 0 and at[NAN_COUNT * width] == 0:
        i = start
        while y[i] == y[i]:
            i += 1
        at[NAN_AT * width] = offset + i
    at[NAN_COUNT * width] += nans
    if infinities == 0:
        return
    for i in range(start, stop):
        plus += y[i] > DBL_MAX
    if plus > 0 and at[PLUS_COUNT * width] == 0:
        i = start
        while not y[i] > DBL_MAX:
            i += 1
        at[PLUS_AT * width] = offset + i
    if infinities > plus and at[MINUS_COUNT * width] == 0:
        i = start
        while not y[i] < -DBL_MAX:
            i += 1
        at[MINUS_AT * width] = offset + i
    at[PLUS_COUNT * width] += plus
    at[MINUS_COUNT * width] += infinities - plus


cdef struct Ranks:
    const double* edges  # NULL: not asked for
    int64_t* counts
    double* low
    double* high
    int64_t room


cdef inline void rank(const double* y, int64_t n, double lo, double hi, bint is_whole, Ranks* ranks) noexcept nogil:
    cdef const double* edges = ranks.edges
    if is_whole and lo > edges[1] and hi < edges[2]:  # most blocks of a smooth curve
        ranks.counts[2] += n
    elif is_whole and hi < edges[0]:
        ranks.counts[0] += n
        ranks.counts[2] += n
    elif not (is_whole and lo > edges[3]):
        trainboard_near(y, n, edges, ranks.counts, ranks.low, ranks.high, ranks.room)


cdef void scan_column(
    const double* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t offset, int64_t* at, double* value,
    Py_ssize_t width, Ranks* ranks,
) noexcept nogil:
    cdef Py_ssize_t low = start, high, least_block = -1, greatest_block = -1, last_stop = -1, i
    cdef int64_t bad, nans
    cdef double lo, hi
    while low < stop:
        high = min(low + BLOCK, stop)
        bad = trainboard_span(y + low, high - low, &lo, &hi, &nans)
        if bad > 0:
            note_nonfinite(y, low, high, offset, at, width, nans, bad - nans)
        if ranks.edges != NULL:
            rank(y + low, high - low, lo, hi, bad == 0, ranks)
        if bad < high - low:
            last_stop = high
            if at[FIRST * width] < 0:
                i = low
                while not isfinite(y[i]):
                    i += 1
                at[FIRST * width] = offset + i
            if at[LEAST * width] < 0 or lo < value[0]:
                value[0] = lo
                at[LEAST * width] = offset + low
                least_block = low
            if at[GREATEST * width] < 0 or hi > value[width]:
                value[width] = hi
                at[GREATEST * width] = offset + low
                greatest_block = low
        low = high
    # Of the blocks that matter in the end, the exact rows.
    if last_stop >= 0:
        i = last_stop - 1
        while not isfinite(y[i]):
            i -= 1
        at[LAST * width] = offset + i
    if least_block >= 0:
        i = least_block
        while y[i] != value[0]:
            i += 1
        at[LEAST * width] = offset + i
    if greatest_block >= 0:
        i = greatest_block
        while y[i] != value[width]:
            i += 1
        at[GREATEST * width] = offset + i


cdef void fold(
    const double* y, Py_ssize_t n, Py_ssize_t offset, const int64_t* bounds, Py_ssize_t width, int64_t* at,
    double* value, Ranks* ranks,
) noexcept nogil:
    cdef Py_ssize_t k, low = 0, high = width, middle, start, stop
    while low < high:  # the first column that ends behind the chunk's start
        middle = (low + high) >> 1
        if bounds[middle + 1] <= offset:
            low = middle + 1
        else:
            high = middle
    k = low
    while k < width and bounds[k] < offset + n:
        start = max(bounds[k] - offset, 0)
        stop = min(bounds[k + 1] - offset, n)
        if start < stop:
            scan_column(y, start, stop, offset, at + k, value + k, width, ranks)
        k += 1


cdef struct Chunk:
    const double* y
    Py_ssize_t n


def extremes(
    list chunks, Py_ssize_t offset, const int64_t[::1] bounds, int64_t[:, ::1] at, double[:, ::1] value,
    const double[::1] edges, int64_t[::1] counts, double[:, ::1] near,
):
    cdef Ranks ranks
    cdef Chunk[CHUNKS] some
    cdef const double[::1] y
    cdef Py_ssize_t width = bounds.shape[0] - 1, i, many, first = 0
    if width == 0:
        return
    ranks.edges = NULL
    ranks.room = near.shape[1]
    if edges.shape[0]:
        ranks.edges = &edges[0]
        ranks.counts = &counts[0]
        ranks.low = &near[0, 0]
        ranks.high = &near[1, 0]
    while first < len(chunks):  # many at a time: who works beside us has the GIL less often to wait for
        many = min(len(chunks) - first, <Py_ssize_t>CHUNKS)
        for i in range(many):
            y = chunks[first + i]  # which the list keeps
            some[i].n = y.shape[0]
            some[i].y = &y[0] if y.shape[0] else NULL
        with nogil:
            for i in range(many):
                fold(some[i].y, some[i].n, offset, &bounds[0], width, &at[0, 0], &value[0, 0], &ranks)
                offset += some[i].n
        first += many


def ema(const double[::1] y, double weight, double last, int64_t seen, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], i
    cdef double v, rest = 1.0 - weight, power = 0.0
    with nogil:
        if weight < 1.0:
            power = pow(weight, <double>seen)
        for i in range(n):
            v = y[i]
            if not isfinite(v):
                out[i] = v
                continue
            last = last * weight + rest * v
            seen += 1
            if weight >= 1.0:
                out[i] = last
            elif power < 1e-18:  # 1 - power is 1
                out[i] = last
            else:
                # The product drifts by an ulp a point: taken afresh now and then.
                power = power * weight if seen & 63 else pow(weight, <double>seen)
                out[i] = last / (1.0 - power)
    return last, seen


def time_ema(
    const int64_t[::1] x, const double[::1] y, double weight, double scale, double before, double mean, double mass,
    double[::1] out,
):
    cdef Py_ssize_t n = y.shape[0], i
    cdef double v, here, distance, share, last_distance = -1.0, fade = 1.0, rate
    cdef double[FADES] fades  # of the most usual distances
    with nogil:
        rate = log(weight) * scale if weight > 0.0 else -INFINITY
        for i in range(FADES):
            fades[i] = exp(<double>i * rate) if i > 0 else 1.0
        for i in range(n):
            v = y[i]
            if not isfinite(v):
                out[i] = v
                continue
            here = <double>x[i]
            if mass > 0.0:
                distance = here - before
                if distance != last_distance:
                    fade = fades[<Py_ssize_t>distance] if distance < <double>FADES else exp(distance * rate)
                    last_distance = distance
            mass = mass * fade + 1.0
            share = 1.0 / mass
            mean = (1.0 - share) * mean + share * v
            before = here
            out[i] = mean
    return before, mean, mass


cdef inline void weigh(
    double here, double v, double rate, const double* fades, double unit, double* last, double* total, double* mass,
) noexcept nogil:
    cdef double distance, fade
    if isfinite(v):
        distance = here - last[0]
        fade = fades[<Py_ssize_t>distance] if distance < <double>FADES else exp(distance * rate)
        mass[0] = mass[0] * fade + 1.0
        total[0] = total[0] * fade + v * unit
        last[0] = here


def time_mass(const int64_t[::1] x, const double[::1] y, double weight, double scale):
    # Four stretches side by side: what waits for the last sum of one has the others to go on with.
    cdef Py_ssize_t n = y.shape[0], quarter = n // 4, i, c, at
    cdef double[4] sums, masses, last
    cdef double distance, rate, unit = 1.0, mean = 0.0, mass = 0.0, before = 0.0
    cdef double[FADES] fades
    with nogil:
        rate = log(weight) * scale if weight > 0.0 else -INFINITY
        for i in range(FADES):
            fades[i] = exp(<double>i * rate) if i > 0 else 1.0
        while True:
            for c in range(4):
                sums[c] = masses[c] = 0.0
                last[c] = <double>x[c * quarter] if n > 0 else 0.0
            for i in range(quarter):
                for c in range(4):
                    at = c * quarter + i
                    weigh(<double>x[at], y[at], rate, fades, unit, &last[c], &sums[c], &masses[c])
            for i in range(4 * quarter, n):
                weigh(<double>x[i], y[i], rate, fades, unit, &last[3], &sums[3], &masses[3])
            if unit < 1.0 or isfinite(sums[0] + sums[1] + sums[2] + sums[3]):
                break
            unit = 2.0**-64  # once more: the values are so large that their sum is infinite
        for c in range(4):
            if masses[c] > 0.0:
                distance = last[c] - before
                if mass > 0.0 and distance > 0.0:
                    mass *= fades[<Py_ssize_t>distance] if distance < <double>FADES else exp(distance * rate)
                mean = sums[c] / (mass + masses[c]) / unit + mean * (mass / (mass + masses[c]))
                mass += masses[c]
                before = last[c]
    return before, mean, mass


include "_series_windows.pxi"
