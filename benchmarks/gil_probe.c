/* Watches from a thread that never takes the GIL how long each other thread holds it. Compiled and loaded by gil.py. */

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 1 << 20 };
typedef struct { uintptr_t holder; double cpu; } Hold;

static const volatile char *gil; /* unsigned long interval; PyThreadState *last_holder; int locked; */
static const uintptr_t *holders;
static const clockid_t *clocks;
static int thread_count;
static double gap;
static volatile int is_stopping;
static Hold *holds;
static long hold_count;
static pthread_t sampler;

static double read_clock(clockid_t clock) {
    struct timespec t;
    return clock_gettime(clock, &t) ? 0 : t.tv_sec + t.tv_nsec * 1e-9;
}

static void *sample(void *unused) {
    int current = -1;
    double cpu = 0, cpu_last = 0, last = 0;
    (void)unused;
    while (!is_stopping) {
        double now = read_clock(CLOCK_MONOTONIC), after, used = 0;
        int locked = *(const volatile int *)(gil + 16), found = -1;
        uintptr_t holder = *(const volatile uintptr_t *)(gil + 8);
        if (locked)
            for (int i = 0; i < thread_count; i++)
                if (holders[i] == holder) found = i;
        if (found >= 0) used = read_clock(clocks[found]);
        after = read_clock(CLOCK_MONOTONIC);
        /* Where this thread itself was not running, nobody knows what happened meanwhile: the hold ended before. */
        if (after - now > gap || now - last > gap) found = -1;
        if (current >= 0 && found != current) {
            if (hold_count < MOST) holds[hold_count++] = (Hold){holders[current], cpu_last - cpu};
            current = -1;
        }
        if (found >= 0 && current < 0) {
            current = found;
            cpu = used;
        }
        cpu_last = used;
        last = after;
    }
    return NULL;
}

int probe_start(const char *address, const uintptr_t *of, const clockid_t *by, int count, double longest_gap) {
    gil = address, holders = of, clocks = by, thread_count = count, gap = longest_gap;
    is_stopping = 0, hold_count = 0;
    if (!holds && !(holds = calloc(MOST, sizeof(Hold)))) return -1;
    return pthread_create(&sampler, NULL, sample, NULL);
}

long probe_stop(Hold **found) {
    is_stopping = 1;
    pthread_join(sampler, NULL);
    *found = holds;
    return hold_count;
}
