# CRC-32C, by the CPU's instruction where it has one, and the hash of names. Included by _records.pyx and _encode.pyx.

import os

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from *:
    """
    #if !defined(__GNUC__) || !defined(__SIZEOF_INT128__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "written for little-endian 64-bit machines and GCC or Clang; elsewhere plain Python serves"
    #endif
    #include <stdint.h>
    #include <string.h>

    static uint32_t crc_table[8][256];
    static uint64_t hash_seed[2];

    /* Both go on with the CRC of what stands before; 0 is that of nothing. */
    static inline uint32_t crc_on_by_table(uint32_t c, const uint8_t *p, size_t n) {  /* slicing-by-8 */
        c = ~c;
        for (; n >= 8; p += 8, n -= 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            w ^= c;
            c = crc_table[7][w & 255] ^ crc_table[6][w >> 8 & 255] ^ crc_table[5][w >> 16 & 255]
              ^ crc_table[4][w >> 24 & 255] ^ crc_table[3][w >> 32 & 255] ^ crc_table[2][w >> 40 & 255]
              ^ crc_table[1][w >> 48 & 255] ^ crc_table[0][w >> 56];
        }
        for (; n; p++, n--) c = crc_table[0][(c ^ *p) & 255] ^ c >> 8;
        return ~c;
    }

    static uint32_t crc_by_table(const uint8_t *p, size_t n) { return crc_on_by_table(0, p, n); }

    #if defined(__x86_64__)
    #include <nmmintrin.h>
    #define CRC_STEP(width, value) _mm_crc32_##width(c, value)
    #define CRC_LANE_STEP(lane, value) _mm_crc32_u64(lane, value)
    #define WITH_CRC __attribute__((target("sse4.2")))
    #elif defined(__ARM_FEATURE_CRC32)
    #include <arm_acle.h>
    #define CRC_STEP(width, value) ARM_CRC_##width(c, value)
    #define CRC_LANE_STEP(lane, value) __crc32cd((uint32_t)(lane), value)
    #define ARM_CRC_u64 __crc32cd
    #define ARM_CRC_u32 __crc32cw
    #define ARM_CRC_u8 __crc32cb
    #define WITH_CRC
    #endif
    #ifdef CRC_STEP
    /* The instruction takes three cycles and can begin in each: three lanes side by side are nearly thrice as fast. */
    enum { LANE = 2048 };
    static uint32_t crc_behind[4][256];  /* what a byte of a CRC has become LANE zero bytes later */

    WITH_CRC static void start_lanes(void) {
        for (int k = 0; k < 4; k++)
            for (int i = 0; i < 256; i++) {
                uint64_t c = (uint32_t)i << 8 * k;
                for (int n = 0; n < LANE; n += 8) c = CRC_LANE_STEP(c, 0);
                crc_behind[k][i] = (uint32_t)c;
            }
    }

    static uint64_t behind(uint64_t c) {
        return crc_behind[0][c & 255] ^ crc_behind[1][c >> 8 & 255]
          ^ crc_behind[2][c >> 16 & 255] ^ crc_behind[3][c >> 24 & 255];
    }

    WITH_CRC static inline uint32_t crc_on_by_instruction(uint32_t before, const uint8_t *p, size_t n) {
        uint64_t c = (uint32_t)~before, w;
        uint32_t h;
        for (; n >= 3 * LANE; p += 3 * LANE, n -= 3 * LANE) {
            uint64_t d = 0, e = 0, x, y;
            for (int i = 0; i < LANE; i += 8) {
                memcpy(&w, p + i, 8); memcpy(&x, p + LANE + i, 8); memcpy(&y, p + 2 * LANE + i, 8);
                c = CRC_LANE_STEP(c, w); d = CRC_LANE_STEP(d, x); e = CRC_LANE_STEP(e, y);
            }
            c = behind(behind(c) ^ d) ^ e;
        }
        for (; n >= 8; p += 8, n -= 8) { memcpy(&w, p, 8); c = CRC_STEP(u64, w); }
        if (n & 4) { memcpy(&h, p, 4); c = CRC_STEP(u32, h); p += 4; }
        for (n &= 3; n; p++, n--) c = CRC_STEP(u8, *p);
        return ~(uint32_t)c;
    }

    WITH_CRC static uint32_t crc_by_instruction(const uint8_t *p, size_t n) { return crc_on_by_instruction(0, p, n); }
    #endif

    static uint32_t (*crc32c)(const uint8_t *, size_t) = crc_by_table;
    static uint32_t (*crc32c_on)(uint32_t, const uint8_t *, size_t) = crc_on_by_table;

    static int start_crc(void) {  /* 1 where the CPU has the instruction */
        for (int i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0x82F63B78u : 0);
            crc_table[0][i] = c;
        }
        for (int k = 1; k < 8; k++)
            for (int i = 0; i < 256; i++)
                crc_table[k][i] = crc_table[k - 1][i] >> 8 ^ crc_table[0][crc_table[k - 1][i] & 255];
    #if defined(__x86_64__)
        __builtin_cpu_init();
        if (!__builtin_cpu_supports("sse4.2")) return 0;
    #endif
    #ifdef CRC_STEP
        start_lanes();
        crc32c = crc_by_instruction;
        crc32c_on = crc_on_by_instruction;
    #endif
        return crc32c != crc_by_table;
    }

    static int is_same(const uint8_t *p, const uint8_t *q, size_t n) {
        uint64_t a, b, c, d;
        if (n < 8 || n > 16) return n == 0 || memcmp(p, q, n) == 0;
        memcpy(&a, p, 8); memcpy(&b, q, 8); memcpy(&c, p + n - 8, 8); memcpy(&d, q + n - 8, 8);
        return ((a ^ b) | (c ^ d)) == 0;
    }

    static uint64_t fold(uint64_t a, uint64_t b) {
        unsigned __int128 product = (unsigned __int128)a * b;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
    }

    /* Seeded anew in each process, so that a file cannot bring tags that all collide. */
    static uint64_t hash_name(const uint8_t *p, size_t n) {
        uint64_t h = hash_seed[0] ^ n, w;
        for (; n >= 8; p += 8, n -= 8) { memcpy(&w, p, 8); h = fold(h ^ w, hash_seed[1]); }
        if (n) { w = 0; memcpy(&w, p, n); h = fold(h ^ w, hash_seed[1]); }
        return fold(h, 0x9E3779B97F4A7C15ull);
    }
    """
    uint64_t hash_seed[2]
    uint32_t (*crc32c)(const uint8_t*, size_t) noexcept nogil
    uint32_t (*crc32c_on)(uint32_t, const uint8_t*, size_t) noexcept nogil
    uint32_t crc_by_table(const uint8_t*, size_t) noexcept nogil
    uint64_t hash_name(const uint8_t*, size_t) noexcept nogil
    int start_crc() noexcept
    bint is_same(const uint8_t*, const uint8_t*, size_t) noexcept nogil

CRC_BY = "instruction" if start_crc() else "table"
hash_seed[0] = int.from_bytes(os.urandom(8), "little")
hash_seed[1] = int.from_bytes(os.urandom(8), "little") | 1


def crc32c_of(const uint8_t[::1] data, bint by_table=False):
    """CRC-32C, not masked, by the CPU's instruction where there is one: for tests of both ways."""
    cdef const uint8_t* p = &data[0] if data.shape[0] else NULL
    return crc_by_table(p, data.shape[0]) if by_table else crc32c(p, data.shape[0])


cdef inline uint32_t masked(const uint8_t* p, size_t n) noexcept nogil:
    cdef uint32_t crc = crc32c(p, n)
    return ((crc >> 15) | (crc << 17)) + <uint32_t>0xA282EAD8
