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

    enum { STRIDE = 16 };  /* values, among which those near to an edge are looked for at a time */

    /* Written once in vectors of the compiler's own kind, made for each width that a CPU may have. Comparisons give
       -1 or 0 in every lane, and all but != are false for NaN. `least` and `greatest` take two vectors and give what
       is in the second one where the first has NaN; `bits` gives a bit for each lane of a comparison.

       _span:  least and greatest of the finite values, and how many are NaN; returns how many are not finite.
       _near:  counts the values below a, from a to b, below c, from c to d, -inf included; gathers those between. */
    #define VALUES(name, target, bytes, bits, least, greatest)                                                       \
    typedef double name##_v __attribute__((vector_size(bytes), aligned(8), may_alias));                              \
    typedef int64_t name##_m __attribute__((vector_size(bytes), aligned(8), may_alias));                             \
    target static int64_t name##_span(const double *v, int64_t n, double *lo, double *hi, int64_t *nans) {           \
        enum { LANES = bytes / 8 };                                                                                  \
        name##_v a = {0}, b, a2, b2;                                                                                 \
        name##_m bad = {0}, nan = {0};                                                                               \
        int64_t i = 0, count = 0, unordered = 0;                                                                     \
        double l = INFINITY, h = -INFINITY;                                                                          \
        a += INFINITY; b = -a; a2 = a; b2 = b;                                                                       \
        for (; i + 2 * LANES <= n; i += 2 * LANES) {                                                                 \
            name##_v x = *(const name##_v *)(v + i), y = *(const name##_v *)(v + i + LANES);                         \
            name##_m p = x - x != x - x, q = y - y != y - y;                                                         \
            bad += p + q; nan += (x != x) + (y != y);                                                                \
            x = (name##_v)((name##_m)x | p); y = (name##_v)((name##_m)y | q); /* infinities become NaN */            \
            a = least(x, a); a2 = least(y, a2);                                                                      \
            b = greatest(x, b); b2 = greatest(y, b2);                                                                \
        }                                                                                                            \
        a = least(a, a2); b = greatest(b, b2);                                                                       \
        for (int j = 0; j < LANES; j++) {                                                                            \
            l = a[j] < l ? a[j] : l; h = b[j] > h ? b[j] : h;                                                        \
            count -= bad[j]; unordered -= nan[j];                                                                    \
        }                                                                                                            \
        for (; i < n; i++) {                                                                                         \
            if (isfinite(v[i])) { l = v[i] < l ? v[i] : l; h = v[i] > h ? v[i] : h; }                                \
            else { count++; unordered += v[i] != v[i]; }                                                             \
        }                                                                                                            \
        *lo = l; *hi = h; *nans = unordered;                                                                         \
        return count;                                                                                                \
    }                                                                                                                \
    /* Appends those of `STRIDE` values that lie from a to b to those found so far, as far as there is room. */      \
    target static int64_t name##_take(const double *v, double a, double b, double *found, int64_t room, int64_t at) {\
        enum { LANES = bytes / 8 };                                                                                  \
        _Pragma("GCC unroll 8") for (int k = 0; k < STRIDE; k += LANES) {                                            \
            name##_v x = *(const name##_v *)(v + k);                                                                 \
            for (unsigned some = bits((x >= a) & (x <= b)); some; some &= some - 1, at++)                            \
                if (at < room) found[at] = v[k + __builtin_ctz(some)];                                               \
        }                                                                                                            \
        return at;                                                                                                   \
    }                                                                                                                \
    target static void name##_near(const double *v, int64_t n, const double *edges, int64_t *counts,                 \
                                   double *low, double *high, int64_t room) {                                        \
        enum { LANES = bytes / 8 };                                                                                  \
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
            if (bits(in_low)) counts[1] = name##_take(v + i, a, b, low, room, counts[1]);                            \
            if (bits(in_high)) counts[3] = name##_take(v + i, c, d, high, room, counts[3]);                          \
        }                                                                                                            \
        for (int j = 0; j < LANES; j++) { counts[0] -= below_a[j]; counts[2] -= below_c[j]; }                        \
        for (; i < n; i++) {                                                                                         \
            counts[0] += v[i] < a; counts[2] += v[i] < c;                                                            \
            if (v[i] >= a && v[i] <= b && counts[1]++ < room) low[counts[1] - 1] = v[i];                             \
            if (v[i] >= c && v[i] <= d && counts[3]++ < room) high[counts[3] - 1] = v[i];                            \
        }                                                                                                            \
    }

    /* The same for means of the points around each point.

       _blur:  out[i] = kernel[0] v[i] + the sum over k of kernel[k] v[i - k] + kernel[k] v[i + k];
               n is a multiple of 32.
       _down:  out[k] = the sum over i of v[i] * weights[i][k], for 16 k; n is even.
       _up:    out[i] = the sum over k of v[k] * weights[k][i], for 16 k; n is a multiple of 8.
       _kept:  copies what is finite, 0 for what is not, and 1 or 0 as its weight; returns how many are not finite.
       _means: sums by masses, and what is not finite as it is. */
    #define WINDOWS(name, target, bytes)                                                                             \
    typedef double name##_w __attribute__((vector_size(bytes), aligned(8), may_alias));                              \
    typedef int64_t name##_i __attribute__((vector_size(bytes), aligned(8), may_alias));                             \
    target static void name##_blur(const double *v, int64_t n, const double *kernel, int64_t reach, double *out) {   \
        enum { LANES = bytes / 8, MANY = bytes > 32 ? 4 : 8 };                                                       \
        for (int64_t i = 0; i < n; i += MANY * LANES) {                                                              \
            const double *at = v + i;                                                                                \
            name##_w sum[MANY];                                                                                      \
            _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++)                                                   \
                sum[j] = kernel[0] * *(const name##_w *)(at + j * LANES);                                            \
            for (int64_t k = 1; k <= reach; k++) {                                                                   \
                const double w = kernel[k], *left = at - k, *right = at + k;                                         \
                _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++)                                               \
                    sum[j] += w * *(const name##_w *)(left + j * LANES) + w * *(const name##_w *)(right + j * LANES);\
            }                                                                                                        \
            _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++) *(name##_w *)(out + i + j * LANES) = sum[j];      \
        }                                                                                                            \
    }                                                                                                                \
    target static void name##_down(const double *v, int64_t n, const double *weights, double *out) {                 \
        enum { LANES = bytes / 8, MANY = 16 / LANES };                                                               \
        name##_w even[MANY] = {{0}}, odd[MANY] = {{0}};                                                              \
        for (int64_t i = 0; i < n; i += 2, weights += 32) {                                                          \
            _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++) {                                                 \
                even[j] += v[i] * *(const name##_w *)(weights + j * LANES);                                          \
                odd[j] += v[i + 1] * *(const name##_w *)(weights + 16 + j * LANES);                                  \
            }                                                                                                        \
        }                                                                                                            \
        _Pragma("GCC unroll 8") for (int j = 0; j < MANY; j++) *(name##_w *)(out + j * LANES) = even[j] + odd[j];    \
    }                                                                                                                \
    target static void name##_up(const double *v, int64_t n, const double *weights, double *out) {                   \
        enum { LANES = bytes / 8 };                                                                                  \
        for (int64_t i = 0; i < n; i += LANES) {                                                                     \
            name##_w even = {0}, odd = {0};                                                                          \
            _Pragma("GCC unroll 8") for (int k = 0; k < 16; k += 2) {                                                \
                even += v[k] * *(const name##_w *)(weights + k * n + i);                                             \
                odd += v[k + 1] * *(const name##_w *)(weights + (k + 1) * n + i);                                    \
            }                                                                                                        \
            *(name##_w *)(out + i) = even + odd;                                                                     \
        }                                                                                                            \
    }                                                                                                                \
    target static int64_t name##_kept(const double *v, int64_t n, double *value, double *weight) {                   \
        enum { LANES = bytes / 8 };                                                                                  \
        name##_w one = {0};                                                                                          \
        name##_i bad = {0};                                                                                          \
        int64_t i = 0, count = 0;                                                                                    \
        one += 1.0;                                                                                                  \
        for (; i + LANES <= n; i += LANES) {                                                                         \
            name##_w x = *(const name##_w *)(v + i);                                                                 \
            name##_i p = x - x != x - x;                                                                             \
            bad += p;                                                                                                \
            *(name##_w *)(value + i) = (name##_w)((name##_i)x & ~p);                                                 \
            *(name##_w *)(weight + i) = (name##_w)((name##_i)one & ~p);                                              \
        }                                                                                                            \
        for (int j = 0; j < LANES; j++) count -= bad[j];                                                             \
        for (; i < n; i++) {                                                                                         \
            const int is_there = isfinite(v[i]) != 0;                                                                \
            value[i] = is_there ? v[i] : 0.0; weight[i] = is_there; count += !is_there;                              \
        }                                                                                                            \
        return count;                                                                                                \
    }                                                                                                                \
    target static void name##_means(const double *sums, const double *masses, const double *v, int64_t n,            \
                                    double *out) {                                                                   \
        enum { LANES = bytes / 8 };                                                                                  \
        int64_t i = 0;                                                                                               \
        for (; i + LANES <= n; i += LANES) {                                                                         \
            name##_w x = *(const name##_w *)(v + i);                                                                 \
            name##_w mean = *(const name##_w *)(sums + i) / *(const name##_w *)(masses + i);                         \
            name##_i p = x - x != x - x;                                                                             \
            *(name##_w *)(out + i) = (name##_w)(((name##_i)x & p) | ((name##_i)mean & ~p));                          \
        }                                                                                                            \
        for (; i < n; i++) out[i] = isfinite(v[i]) ? sums[i] / masses[i] : v[i];                                     \
    }

    /* Adds up rows of 16 sums each of which begins 4 nodes behind the one before. */
    static void trainboard_folded(const double *sums, int64_t rows, double *node) {
        for (int64_t k = 0; k < 16; k += 4)
            for (int64_t i = 0; i < rows; i++)
                for (int j = 0; j < 4; j++) node[4 * i + k + j] += sums[16 * i + k + j];
    }
    #define TWO_BITS(m) (((m)[0] & 1) | ((m)[1] & 2))
    #if defined(__x86_64__)
    #include <immintrin.h>
    #define FOUR_BITS(m) _mm256_movemask_pd((__m256d)(m))
    VALUES(narrow, , 16, TWO_BITS, _mm_min_pd, _mm_max_pd)
    VALUES(wide, __attribute__((target("avx2,fma"))), 32, FOUR_BITS, _mm256_min_pd, _mm256_max_pd)
    WINDOWS(narrow, , 16)
    WINDOWS(wide, __attribute__((target("avx2,fma"))), 32)
    WINDOWS(broad, __attribute__((target("avx512f,avx512dq"))), 64)
    #define CHOSEN(call) (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? wide##call : narrow##call)
    #define BEST(call) (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? broad##call : CHOSEN(call))
    #else
    typedef double two_v __attribute__((vector_size(16), aligned(8), may_alias));
    typedef int64_t two_m __attribute__((vector_size(16), aligned(8), may_alias));
    static inline two_v two_chosen(two_m which, two_v x, two_v y) {
        return (two_v)(((two_m)x & which) | ((two_m)y & ~which));
    }
    #define TWO_LEAST(x, y) two_chosen((x) < (y), x, y)
    #define TWO_GREATEST(x, y) two_chosen((x) > (y), x, y)
    VALUES(narrow, , 16, TWO_BITS, TWO_LEAST, TWO_GREATEST)
    WINDOWS(narrow, , 16)
    #define CHOSEN(call) narrow##call
    #define BEST(call) narrow##call
    #endif
    #define trainboard_span BEST(_span)
    #define trainboard_near BEST(_near)
    #define trainboard_blur BEST(_blur)
    #define trainboard_down BEST(_down)
    #define trainboard_up BEST(_up)
    #define trainboard_kept BEST(_kept)
    #define trainboard_means BEST(_means)
    """
    int64_t trainboard_span(const double *v, int64_t n, double *lo, double *hi, int64_t *nans) noexcept nogil
    void trainboard_near(
        const double *v, int64_t n, const double *edges, int64_t *counts, double *low, double *high, int64_t room,
    ) noexcept nogil
    void trainboard_blur(const double *v, int64_t n, const double *kernel, int64_t reach, double *out) noexcept nogil
    void trainboard_down(const double *v, int64_t n, const double *weights, double *out) noexcept nogil
    void trainboard_up(const double *v, int64_t n, const double *weights, double *out) noexcept nogil
    int64_t trainboard_kept(const double *v, int64_t n, double *value, double *weight) noexcept nogil
    void trainboard_means(
        const double *sums, const double *masses, const double *v, int64_t n, double *out,
    ) noexcept nogil
    void trainboard_folded(const double *sums, int64_t rows, double *node) noexcept nogil
