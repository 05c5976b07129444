# The innermost loops over values, several values at a time. Included by _series.pyx.

cdef extern from *:
    r"""
    #if !defined(__GNUC__)
    #error "written for GCC or Clang; elsewhere plain Python serves"
    #endif
    #include <float.h>
    #include <math.h>
    #include <stdint.h>
    #if defined(__GNUC__) && !defined(__clang__)
    #pragma GCC diagnostic ignored "-Wpsabi"
    #endif

    /* Appends the values from a to b to those found so far; those that there is no room for are counted only. */
    static void trainboard_take(const double *v, int64_t n, double a, double b, double *found, int64_t room,
                                int64_t *count) {
        int64_t i, at = *count;
        if (at + n <= room) {
            for (i = 0; i < n; i++) { found[at] = v[i]; at += (v[i] >= a) & (v[i] <= b); }
        } else {
            for (i = 0; i < n; i++) if (v[i] >= a && v[i] <= b && at++ < room) found[at - 1] = v[i];
        }
        *count = at;
    }

    /* Written once in vectors of the compiler's own kind, made for each width that a CPU may have. Comparisons give
       -1 or 0 in every lane, and all but != are false for NaN.

       _span:  least and greatest of the finite values; returns how many are not finite.
       _sorts: how many are NaN, how many +inf.
       _near:  counts the values below a, from a to b, below c, from c to d, -inf included; gathers those between.
       _blur:  out[i] = kernel[0] v[i] + the sum over k of kernel[k] v[i - k] + kernel[k] v[i + k];
               n is a multiple of 32. */
    #define VALUES(name, target, bytes, bits)                                                                        \
    typedef double name##_v __attribute__((vector_size(bytes), aligned(8), may_alias));                              \
    typedef int64_t name##_m __attribute__((vector_size(bytes), aligned(8), may_alias));                             \
    target static int64_t name##_span(const double *v, int64_t n, double *lo, double *hi) {                          \
        enum { LANES = bytes / 8 };                                                                                  \
        name##_v a = {0}, b, a2, b2;                                                                                 \
        name##_m bad = {0};                                                                                          \
        int64_t i = 0, count = 0;                                                                                    \
        double l = INFINITY, h = -INFINITY;                                                                          \
        a += INFINITY; b = -a; a2 = a; b2 = b;                                                                       \
        for (; i + 2 * LANES <= n; i += 2 * LANES) {                                                                 \
            name##_v x = *(const name##_v *)(v + i), y = *(const name##_v *)(v + i + LANES);                         \
            name##_m p = x - x != x - x, q = y - y != y - y, m;                                                      \
            bad += p + q;                                                                                            \
            x = (name##_v)((name##_m)x | p); y = (name##_v)((name##_m)y | q); /* infinities become NaN */            \
            m = x < a; a = (name##_v)(((name##_m)x & m) | ((name##_m)a & ~m));                                       \
            m = y < a2; a2 = (name##_v)(((name##_m)y & m) | ((name##_m)a2 & ~m));                                    \
            m = x > b; b = (name##_v)(((name##_m)x & m) | ((name##_m)b & ~m));                                       \
            m = y > b2; b2 = (name##_v)(((name##_m)y & m) | ((name##_m)b2 & ~m));                                    \
        }                                                                                                            \
        for (int j = 0; j < LANES; j++) {                                                                            \
            l = fmin(l, fmin(a[j], a2[j])); h = fmax(h, fmax(b[j], b2[j]));                                          \
            count -= bad[j];                                                                                         \
        }                                                                                                            \
        for (; i < n; i++) {                                                                                         \
            if (isfinite(v[i])) { l = v[i] < l ? v[i] : l; h = v[i] > h ? v[i] : h; }                                \
            else count++;                                                                                            \
        }                                                                                                            \
        *lo = l; *hi = h;                                                                                            \
        return count;                                                                                                \
    }                                                                                                                \
    target static void name##_sorts(const double *v, int64_t n, int64_t *nans, int64_t *plus) {                      \
        enum { LANES = bytes / 8 };                                                                                  \
        name##_m nan = {0}, inf = {0};                                                                               \
        int64_t i = 0, a = 0, b = 0;                                                                                 \
        for (; i + LANES <= n; i += LANES) {                                                                         \
            name##_v x = *(const name##_v *)(v + i);                                                                 \
            nan += x != x; inf += x > DBL_MAX;                                                                       \
        }                                                                                                            \
        for (int j = 0; j < LANES; j++) { a -= nan[j]; b -= inf[j]; }                                                \
        for (; i < n; i++) { a += v[i] != v[i]; b += v[i] > DBL_MAX; }                                               \
        *nans = a; *plus = b;                                                                                        \
    }                                                                                                                \
    target static void name##_near(const double *v, int64_t n, const double *edges, int64_t *counts,                 \
                                   double *low, double *high, int64_t room) {                                        \
        enum { LANES = bytes / 8, STRIDE = 16 };                                                                     \
        const double a = edges[0], b = edges[1], c = edges[2], d = edges[3];                                         \
        name##_m below_a = {0}, below_c = {0};                                                                       \
        int64_t i = 0;                                                                                               \
        for (; i + STRIDE <= n; i += STRIDE) {                                                                       \
            name##_m in_low = {0}, in_high = {0};                                                                    \
            _Pragma("GCC unroll 8") for (int k = 0; k < STRIDE; k += LANES) {                                        \
                name##_v x = *(const name##_v *)(v + i + k);                                                         \
                name##_m p = x < a, r = x < c;                                                                       \
                below_a += p; below_c += r;                                                                          \
                in_low |= p ^ (x <= b); in_high |= r ^ (x <= d);                                                     \
            }                                                                                                        \
            int64_t is_low = bits(in_low), is_high = bits(in_high);                                                  \
            if (is_low) trainboard_take(v + i, STRIDE, a, b, low, room, counts + 1);                                 \
            if (is_high) trainboard_take(v + i, STRIDE, c, d, high, room, counts + 3);                               \
        }                                                                                                            \
        trainboard_take(v + i, n - i, a, b, low, room, counts + 1);                                                  \
        trainboard_take(v + i, n - i, c, d, high, room, counts + 3);                                                 \
        for (int j = 0; j < LANES; j++) { counts[0] -= below_a[j]; counts[2] -= below_c[j]; }                        \
        for (; i < n; i++) { counts[0] += v[i] < a; counts[2] += v[i] < c; }                                         \
    }                                                                                                                \
    target static void name##_blur(const double *v, int64_t n, const double *kernel, int64_t reach, double *out) {   \
        enum { LANES = bytes / 8, MANY = 8 };                                                                        \
        for (int64_t i = 0; i < n; i += MANY * LANES) {                                                              \
            const double *at = v + i;                                                                                \
            name##_v sum[MANY];                                                                                      \
            _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++)                                                   \
                sum[j] = kernel[0] * *(const name##_v *)(at + j * LANES);                                            \
            for (int64_t k = 1; k <= reach; k++) {                                                                   \
                const double w = kernel[k], *left = at - k, *right = at + k;                                         \
                _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++)                                               \
                    sum[j] += w * *(const name##_v *)(left + j * LANES) + w * *(const name##_v *)(right + j * LANES);\
            }                                                                                                        \
            _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++) *(name##_v *)(out + i + j * LANES) = sum[j];      \
        }                                                                                                            \
    }
    #define TWO_BITS(m) (((m)[0] & 1) | ((m)[1] & 2))
    VALUES(narrow, , 16, TWO_BITS)
    #if defined(__x86_64__)
    #include <immintrin.h>
    #define FOUR_BITS(m) _mm256_movemask_pd((__m256d)(m))
    VALUES(wide, __attribute__((target("avx2,fma"))), 32, FOUR_BITS)
    #define CHOSEN(call) (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? wide##call : narrow##call)
    #else
    #define CHOSEN(call) narrow##call
    #endif
    #define trainboard_span CHOSEN(_span)
    #define trainboard_sorts CHOSEN(_sorts)
    #define trainboard_near CHOSEN(_near)
    #define trainboard_blur CHOSEN(_blur)
    """
    int64_t trainboard_span(const double *v, int64_t n, double *lo, double *hi) noexcept nogil
    void trainboard_sorts(const double *v, int64_t n, int64_t *nans, int64_t *plus) noexcept nogil
    void trainboard_near(
        const double *v, int64_t n, const double *edges, int64_t *counts, double *low, double *high, int64_t room,
    ) noexcept nogil
    void trainboard_blur(const double *v, int64_t n, const double *kernel, int64_t reach, double *out) noexcept nogil
