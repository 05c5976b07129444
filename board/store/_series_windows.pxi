# The loops over the points around each point. Included by _series.pyx.

cdef Py_ssize_t copied(
    const double* y, Py_ssize_t n, Py_ssize_t start, Py_ssize_t count, double* value, double* weight,
) noexcept nogil:
    """Copy values from row start on, 0 where there is none or it is not finite, and 1 or 0 as their weight.

    Returns how many are missing.
    """
    cdef Py_ssize_t i, before = min(max(-start, 0), count), there = max(min(n - start, count) - before, 0)
    for i in range(before):
        value[i] = weight[i] = 0.0
    for i in range(before + there, count):
        value[i] = weight[i] = 0.0
    if there == 0:
        return count
    return count - there + trainboard_kept(y + start + before, there, value + before, weight + before)


def running_mean(const double[::1] y, Py_ssize_t half, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], window = 2 * half + 1, block, i, stop
    cdef double total, many
    cdef bint is_whole
    # Sums to the end of this block and from the start of the next: nothing is ever subtracted, so that a huge value
    # leaves no rounding error behind it.
    value_array = np.empty(2 * window)
    weight_array = np.empty(2 * window)
    cdef double[::1] value = value_array, weight = weight_array
    with nogil:
        block = -half
        while block < n - half:
            is_whole = copied(&y[0], n, block, 2 * window, &value[0], &weight[0]) == 0
            for i in range(window - 2, -1, -1):
                value[i] += value[i + 1]
            if not is_whole:
                for i in range(window - 2, -1, -1):
                    weight[i] += weight[i + 1]
            total = many = 0.0
            stop = min(window, n - half - block)  # the mean of the window from block + i on stands at its centre
            if is_whole:
                for i in range(stop):
                    out[block + half + i] = (value[i] + total) / <double>window
                    total += value[window + i]
            else:
                for i in range(stop):
                    if isfinite(y[block + half + i]):
                        out[block + half + i] = (value[i] + total) / (weight[i] + many)
                    else:
                        out[block + half + i] = y[block + half + i]
                    total += value[window + i]
                    many += weight[window + i]
            block += window


def gaussian(const double[::1] y, const double[::1] kernel, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], reach = kernel.shape[0] - 1, start, stop, i, k, low, high, missing
    cdef double whole = kernel[0]
    cdef double[BLUR] sums, masses
    value_array = np.empty(BLUR + 2 * reach)
    weight_array = np.empty(BLUR + 2 * reach)
    both_array = np.concatenate([kernel[:0:-1], kernel])
    cdef double[::1] value = value_array, weight = weight_array, both = both_array
    with nogil:
        for i in range(1, reach + 1):
            whole += 2.0 * kernel[i]
        start = 0
        while start < n:
            stop = min(start + BLUR, n)
            missing = copied(&y[0], n, start - reach, BLUR + 2 * reach, &value[0], &weight[0])
            trainboard_blur(&value[reach], BLUR, &kernel[0], reach, sums)
            if missing <= FEW_MISSING:  # their share is taken away: what is left is at least a point's own weight
                for i in range(BLUR):
                    masses[i] = whole
                for k in range(BLUR + 2 * reach if missing else 0):
                    if weight[k] == 0.0:
                        low = max(k - 2 * reach, 0)
                        high = min(k + 1, <Py_ssize_t>BLUR)
                        for i in range(low, high):
                            masses[i] -= both[2 * reach - k + i]
            else:
                trainboard_blur(&weight[reach], BLUR, &kernel[0], reach, masses)
            trainboard_means(sums, masses, &y[start], stop - start, &out[start])
            start = stop


def wide_gaussian(const double[::1] y, const double[:, ::1] spread, const double[::1] kernel, double[::1] out):
    cdef Py_ssize_t n = y.shape[0], stretch = spread.shape[0], reach = kernel.shape[0] - 1
    cdef Py_ssize_t stretches = (n + stretch - 1) // stretch, nodes = (stretches * STEP + ROW + 31) // 32 * 32
    cdef Py_ssize_t far = (reach + ROW) // STEP + 1, i, k, start, at
    cdef bint is_known = False
    if n == 0:
        return
    if spread.shape[1] != ROW or stretch % 8 or out.shape[0] != n:
        raise ValueError("a stretch is a multiple of 8 points, of 16 weights each")
    columns_array = np.ascontiguousarray(spread.T)
    sum_array = np.empty((2, stretches, ROW))  # of values, and of weights
    node_array = np.zeros((2, nodes + 2 * reach))
    blurred_array = np.empty((2, nodes))
    part_array = np.empty((3, stretch))
    torn_array = np.zeros(stretches + 1, np.int64)  # stretches before each one in which a point is missing
    cdef double[:, :, ::1] sums = sum_array
    cdef double[:, ::1] node = node_array, blurred = blurred_array, part = part_array
    cdef int64_t[::1] torn = torn_array
    cdef const double[:, ::1] columns = columns_array
    cdef double[ROW] ones
    with nogil:
        for k in range(ROW):
            ones[k] = 0.0
            for i in range(stretch):
                ones[k] += spread[i, k]
        for at in range(stretches):
            start = at * stretch
            if start + stretch <= n:
                i = trainboard_kept(&y[start], stretch, &part[0, 0], &part[1, 0])
            else:
                i = copied(&y[0], n, start, stretch, &part[0, 0], &part[1, 0])
            torn[at + 1] = torn[at] + (i > 0)
            trainboard_down(&part[0, 0], stretch, &spread[0, 0], &sums[0, at, 0])
            if i > 0:
                trainboard_down(&part[1, 0], stretch, &spread[0, 0], &sums[1, at, 0])
            else:
                for k in range(ROW):
                    sums[1, at, k] = ones[k]
        # Added up behind that, not on the way: what was just written cannot be read at once in other portions.
        for k in range(2):
            trainboard_folded(&sums[k, 0, 0], stretches, &node[k, reach])
        for k in range(2):
            trainboard_blur(&node[k, reach], nodes, &kernel[0], reach, &blurred[k, 0])
        for at in range(stretches):
            start = at * stretch
            trainboard_up(&blurred[0, at * STEP], stretch, &columns[0, 0], &part[0, 0])
            if at < far or at + far >= stretches or torn[at + far + 1] > torn[at - far]:
                trainboard_up(&blurred[1, at * STEP], stretch, &columns[0, 0], &part[1, 0])
                trainboard_means(&part[0, 0], &part[1, 0], &y[start], min(stretch, n - start), &out[start])
                continue
            if not is_known:  # what all stretches have that are far from missing points
                trainboard_up(&blurred[1, at * STEP], stretch, &columns[0, 0], &part[2, 0])
                is_known = True
            trainboard_means(&part[0, 0], &part[2, 0], &y[start], stretch, &out[start])
