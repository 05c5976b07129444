# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops of loops.py, compiled and without the GIL; what each does is said there."""

from libc.float cimport DBL_MAX
from libc.math cimport INFINITY, exp, isfinite, isnan, log, pow
from libc.stdint cimport int32_t, int64_t

import numpy as np

cdef extern from *:
    """
    #ifndef TRAINBOARD_SOURCE_HASH
    #define TRAINBOARD_SOURCE_HASH ""
    #endif
    #ifdef __SSE2__
    #include <emmintrin.h>
    #endif

    /* Least and greatest of n >= 1 values; returns 0 if one of them is NaN or infinite (then lo and hi mean nothing).
       Compilers make no SIMD of this by themselves, because they may not reorder comparisons with NaN. */
    static int trainboard_least_greatest(const double *v, Py_ssize_t n, double *lo, double *hi) {
        double a = v[0], b = v[0], s = 0.0;
        Py_ssize_t i = 0;
    #ifdef __SSE2__
        if (n >= 8) {
            __m128d a0 = _mm_loadu_pd(v), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
            __m128d s0 = _mm_setzero_pd(), s1 = s0, s2 = s0, s3 = s0, x0, x1, x2, x3;
            double t[2];
            for (; i + 8 <= n; i += 8) {
                x0 = _mm_loadu_pd(v + i); x1 = _mm_loadu_pd(v + i + 2);
                x2 = _mm_loadu_pd(v + i + 4); x3 = _mm_loadu_pd(v + i + 6);
                a0 = _mm_min_pd(a0, x0); a1 = _mm_min_pd(a1, x1); a2 = _mm_min_pd(a2, x2); a3 = _mm_min_pd(a3, x3);
                b0 = _mm_max_pd(b0, x0); b1 = _mm_max_pd(b1, x1); b2 = _mm_max_pd(b2, x2); b3 = _mm_max_pd(b3, x3);
                s0 = _mm_add_pd(s0, _mm_sub_pd(x0, x0)); s1 = _mm_add_pd(s1, _mm_sub_pd(x1, x1));
                s2 = _mm_add_pd(s2, _mm_sub_pd(x2, x2)); s3 = _mm_add_pd(s3, _mm_sub_pd(x3, x3));
            }
            a0 = _mm_min_pd(_mm_min_pd(a0, a1), _mm_min_pd(a2, a3));
            b0 = _mm_max_pd(_mm_max_pd(b0, b1), _mm_max_pd(b2, b3));
            s0 = _mm_add_pd(_mm_add_pd(s0, s1), _mm_add_pd(s2, s3));
            _mm_storeu_pd(t, a0); a = t[0] < t[1] ? t[0] : t[1];
            _mm_storeu_pd(t, b0); b = t[0] > t[1] ? t[0] : t[1];
            _mm_storeu_pd(t, s0); s = t[0] + t[1];
        }
    #endif
        for (; i < n; i++) {
            double x = v[i];
            a = x < a ? x : a;
            b = x > b ? x : b;
            s += x - x;
        }
        *lo = a;
        *hi = b;
        return s == 0.0;
    }
    """
    const char *_SOURCE_HASH "TRAINBOARD_SOURCE_HASH"
    int trainboard_least_greatest(const double *v, Py_ssize_t n, double *lo, double *hi) noexcept nogil

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
    return width - 1 if ratio >= <double>width else <Py_ssize_t>ratio


def pixel_bounds(
    const number[::1] x, double origin, double lo, double hi, Py_ssize_t start, Py_ssize_t stop,
    Py_ssize_t offset, int64_t[::1] bounds, Py_ssize_t column,
):
    cdef Py_ssize_t width = bounds.shape[0] - 1, at = start, stride, low, high, middle, here
    cdef double half_lo = 0.5 * lo, half_span = 0.5 * hi - 0.5 * lo
    with nogil:
        while column < width and at < stop:
            # Gallop, then halve: pixel columns are near to one another compared with the whole chunk.
            low = at
            stride = 1
            high = at
            while high < stop and pixel_column(<double>x[high] - origin, half_lo, half_span, width) < column:
                low = high + 1
                high += stride
                stride *= 2
            if high > stop:
                high = stop
            while low < high:
                middle = (low + high) >> 1
                if pixel_column(<double>x[middle] - origin, half_lo, half_span, width) < column:
                    low = middle + 1
                else:
                    high = middle
            at = low
            if at >= stop:
                break
            here = pixel_column(<double>x[at] - origin, half_lo, half_span, width)
            while column <= here:
                bounds[column] = offset + at
                column += 1
    return column


cdef void scan_slowly(
    const double* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t offset, int64_t* at, double* value,
    Py_ssize_t width,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double v
    for i in range(start, stop):
        v = y[i]
        if isfinite(v):
            if at[FIRST * width] < 0:
                at[FIRST * width] = offset + i
            at[LAST * width] = offset + i
            if at[LEAST * width] < 0 or v < value[0]:
                value[0] = v
                at[LEAST * width] = offset + i
            if at[GREATEST * width] < 0 or v > value[width]:
                value[width] = v
                at[GREATEST * width] = offset + i
        elif isnan(v):
            if at[NAN_COUNT * width] == 0:
                at[NAN_AT * width] = offset + i
            at[NAN_COUNT * width] += 1
        elif v > 0:
            if at[PLUS_COUNT * width] == 0:
                at[PLUS_AT * width] = offset + i
            at[PLUS_COUNT * width] += 1
        else:
            if at[MINUS_COUNT * width] == 0:
                at[MINUS_AT * width] = offset + i
            at[MINUS_COUNT * width] += 1


cdef void scan_column(
    const double* y, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t offset, int64_t* at, double* value,
    Py_ssize_t width,
) noexcept nogil:
    cdef Py_ssize_t low = start, high, least_block = -1, greatest_block = -1, i
    cdef double lo, hi
    while low < stop:
        high = min(low + BLOCK, stop)
        if not trainboard_least_greatest(y + low, high - low, &lo, &hi):
            # The exact places of what was found before must stand first.
            if least_block >= 0:
                i = least_block
                while y[i] != value[0]:
                    i += 1
                at[LEAST * width] = offset + i
                least_block = -1
            if greatest_block >= 0:
                i = greatest_block
                while y[i] != value[width]:
                    i += 1
                at[GREATEST * width] = offset + i
                greatest_block = -1
            scan_slowly(y, low, high, offset, at, value, width)
        else:
            if at[FIRST * width] < 0:
                at[FIRST * width] = offset + low
            at[LAST * width] = offset + high - 1
            if at[LEAST * width] < 0 or lo < value[0]:
                value[0] = lo
                at[LEAST * width] = offset + low
                least_block = low
            if at[GREATEST * width] < 0 or hi > value[width]:
                value[width] = hi
                at[GREATEST * width] = offset + low
                greatest_block = low
        low = high
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


def extremes(const double[::1] y, Py_ssize_t offset, const int64_t[::1] bounds, int64_t[:, ::1] at, double[:, ::1] value):
    cdef Py_ssize_t width = bounds.shape[0] - 1, n = y.shape[0], k = 0, low = 0, high = width, middle, start, stop
    if n == 0 or width == 0:
        return
    with nogil:
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
                scan_column(&y[0], start, stop, offset, &at[0, k], &value[0, k], width)
            k += 1


def near(const double[::1] y, tuple brackets, double[::1] low, double[::1] high, tuple state):
    cdef double a = brackets[0], b = brackets[1], c = brackets[2], d = brackets[3], v
    cdef Py_ssize_t n = y.shape[0], i, below_a = state[0], lows = state[1], below_c = state[2], highs = state[3]
    cdef Py_ssize_t low_room = low.shape[0], high_room = high.shape[0]
    with nogil:
        for i in range(n):
            v = y[i]
            if v > b and v < c:  # most are neither here nor there
                below_c += 1
                continue
            below_a += (v < a) & (v >= -DBL_MAX)
            below_c += (v < c) & (v >= -DBL_MAX)
            if v >= a and v <= b:
                if lows < low_room:
                    low[lows] = v
                lows += 1
            if v >= c and v <= d:
                if highs < high_room:
                    high[highs] = v
                highs += 1
    return below_a, lows, below_c, highs


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


def time_ema(const int64_t[::1] x, const double[::1] y, double weight, double scale, double before, double mean, double mass, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], i
    cdef double v, here, distance, share, last_distance = -1.0, fade = 1.0, rate
    with nogil:
        rate = log(weight) * scale if weight > 0.0 else -INFINITY
        for i in range(n):
            v = y[i]
            if not isfinite(v):
                out[i] = v
                continue
            here = <double>x[i]
            if mass > 0.0:
                distance = here - before
                if distance != last_distance:
                    fade = exp(distance * rate) if distance > 0.0 else 1.0
                    last_distance = distance
            mass = mass * fade + 1.0
            share = 1.0 / mass
            mean = (1.0 - share) * mean + share * v
            before = here
            out[i] = mean
    return before, mean, mass


def running_mean(const double[::1] y, Py_ssize_t half, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], window = 2 * half + 1, block, i, at
    cdef double total
    cdef int64_t many
    # Sums to the end of this block and from the start of the next: nothing is ever subtracted, so that a huge value
    # leaves no rounding error behind it.
    tail_array = np.zeros(window + 1, np.float64)
    tail_count_array = np.zeros(window + 1, np.int64)
    cdef double[::1] tail = tail_array
    cdef int64_t[::1] tail_count = tail_count_array
    with nogil:
        block = -half
        while block < n - half:
            tail[window] = 0.0
            tail_count[window] = 0
            i = window - 1
            while i >= 0:
                at = block + i
                tail[i] = tail[i + 1]
                tail_count[i] = tail_count[i + 1]
                if 0 <= at < n and isfinite(y[at]):
                    tail[i] += y[at]
                    tail_count[i] += 1
                i -= 1
            total = 0.0
            many = 0
            for i in range(window):
                at = block + i + half  # centre of the window that starts at block + i
                if at >= n:
                    break
                if i > 0 and block + window + i - 1 < n and isfinite(y[block + window + i - 1]):
                    total += y[block + window + i - 1]
                    many += 1
                out[at] = (tail[i] + total) / <double>(tail_count[i] + many) if isfinite(y[at]) else y[at]
            block += window


def gaussian(const double[::1] y, const double[::1] kernel, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], reach = kernel.shape[0] - 1, start, stop, i, k, low, high, dirty_until = -1, j
    cdef double total, mass, whole = kernel[0]
    cdef double[512] sums
    cdef const double* v
    if n == 0:
        return
    v = &y[0]
    with nogil:
        for k in range(1, reach + 1):
            whole += 2.0 * kernel[k]
        j = 0  # first point that was not looked at for being finite
        start = 0
        while start < n:
            stop = min(start + 512, n)
            while j < min(stop + reach, n):
                if not isfinite(v[j]):
                    dirty_until = j
                j += 1
            if start >= reach and stop + reach <= n and dirty_until < start - reach:
                for i in range(stop - start):
                    sums[i] = kernel[0] * v[start + i]
                for k in range(1, reach + 1):
                    for i in range(stop - start):
                        sums[i] += kernel[k] * (v[start + i - k] + v[start + i + k])
                for i in range(stop - start):
                    out[start + i] = sums[i] / whole
            else:
                for i in range(start, stop):
                    if not isfinite(v[i]):
                        out[i] = v[i]
                        continue
                    total = kernel[0] * v[i]
                    mass = kernel[0]
                    low = min(reach, i)
                    high = min(reach, n - 1 - i)
                    for k in range(1, max(low, high) + 1):
                        if k <= low and isfinite(v[i - k]):
                            total += kernel[k] * v[i - k]
                            mass += kernel[k]
                        if k <= high and isfinite(v[i + k]):
                            total += kernel[k] * v[i + k]
                            mass += kernel[k]
                    out[i] = total / mass
            start = stop
