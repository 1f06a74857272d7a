/* Preloaded into a broker: fsync and fdatasync take BENCH_FSYNC_DELAY_MS longer, as on a slower disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_as_told(void) {
  const char *told = getenv("BENCH_FSYNC_DELAY_MS");
  long milliseconds = told == NULL ? 0 : atol(told);
  struct timespec left = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0) {
  }
}

static int sync_after_waiting(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  wait_as_told();
  return real(file);
}

int fsync(int file) { return sync_after_waiting("fsync", file); }

int fdatasync(int file) { return sync_after_waiting("fdatasync", file); }
