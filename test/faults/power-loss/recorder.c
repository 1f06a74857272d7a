/*
 * Loaded with LD_PRELOAD into a broker: writes down, in one file and in their order, what LevelDB does to the files
 * under RECORDED_FOLDER. LevelDB writes through stdio: what fwrite takes counts as written, what fflush has handed
 * over and fdatasync confirmed counts as safe. While the file FAILING_CALLS names holds the name of a call, that call
 * fails with EIO; fwrite then leaves half of what it was given.
 *
 * A record: type (1 byte), lengths of two texts (2 x 4 bytes, little-endian), the texts. The first text is the path,
 * the second one the bytes of a write or the new path of a rename.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#undef fwrite_unlocked

enum { CREATE = 'c', WRITE = 'w', SYNC_BEGINS = 'b', SYNCED = 's', RENAME = 'r', UNLINK = 'u' };
#define MOST_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static const char *failing_calls;
static int log_fd = -1;
/* By file descriptor: the path of a file or folder that is recorded. */
static char *paths[MOST_FILES];

static void begin(void) __attribute__((constructor));
static void begin(void) {
  const char *log = getenv("RECORD_FILE");
  folder = getenv("RECORDED_FOLDER");
  failing_calls = getenv("FAILING_CALLS");
  if (log == NULL || folder == NULL) return;
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
  log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_recorded(const char *path) {
  return log_fd >= 0 && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

/* One writev to a file in append mode: whole records, also between processes. */
static void record(char type, const char *first, const void *second, size_t second_length) {
  uint32_t lengths[2] = {(uint32_t)strlen(first), (uint32_t)second_length};
  struct iovec parts[] = {
      {&type, 1}, {lengths, sizeof lengths}, {(void *)first, lengths[0]}, {(void *)second, second_length}};
  if (writev(log_fd, parts, 4) != (ssize_t)(1 + sizeof lengths + lengths[0] + second_length)) abort();
}

static void remember(int fd, const char *path) {
  if (fd < 0 || fd >= MOST_FILES) abort();
  free(paths[fd]);
  paths[fd] = strdup(path);
}

static const char *path_of(int fd) { return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL; }

static int is_failing(const char *call) {
  if (failing_calls == NULL) return 0;
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
  int (*real_close)(int) = dlsym(RTLD_NEXT, "close");
  int fd = real_open(failing_calls, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char names[256] = {0};
  ssize_t length = read(fd, names, sizeof names - 1);
  real_close(fd);
  if (length <= 0 || strstr(names, call) == NULL) return 0;
  errno = EIO;
  return 1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (real == NULL) real = dlsym(RTLD_NEXT, #name)

FILE *fopen64(const char *path, const char *mode) {
  REAL(FILE *, fopen64, const char *, const char *);
  if (!is_recorded(path) || mode[0] == 'r') return real(path, mode);
  if (is_failing("fopen")) return NULL;
  pthread_mutex_lock(&lock);
  FILE *file = real(path, mode);
  if (file != NULL) {
    remember(fileno(file), path);
    record(CREATE, path, mode, 1);
  }
  pthread_mutex_unlock(&lock);
  return file;
}

typedef size_t write_call(const void *, size_t, size_t, FILE *);

static size_t write_recorded(write_call *real, const void *bytes, size_t size, size_t count, FILE *file) {
  const char *path = path_of(fileno(file));
  if (path == NULL) return real(bytes, size, count, file);
  pthread_mutex_lock(&lock);
  int fails = is_failing("fwrite");
  size_t written = real(bytes, size, fails ? count / 2 : count, file);
  record(WRITE, path, bytes, size * written);
  pthread_mutex_unlock(&lock);
  if (fails) errno = EIO;
  return written;
}

size_t fwrite_unlocked(const void *bytes, size_t size, size_t count, FILE *file) {
  REAL(size_t, fwrite_unlocked, const void *, size_t, size_t, FILE *);
  return write_recorded(real, bytes, size, count, file);
}

int fclose(FILE *file) {
  REAL(int, fclose, FILE *);
  int fd = fileno(file);
  if (path_of(fd) == NULL) return real(file);
  pthread_mutex_lock(&lock);
  free(paths[fd]);
  paths[fd] = NULL;
  int result = real(file);
  pthread_mutex_unlock(&lock);
  return result;
}

/* What was recorded before a synchronisation began is safe when it has ended. LevelDB flushes the buffer before. */
static int synchronise(int (*real)(int), const char *call, int fd) {
  const char *path = path_of(fd);
  if (path == NULL) return real(fd);
  if (is_failing(call)) return -1;
  pthread_mutex_lock(&lock);
  record(SYNC_BEGINS, path, "", 0);
  pthread_mutex_unlock(&lock);
  int result = real(fd);
  if (result != 0) return result;
  pthread_mutex_lock(&lock);
  record(SYNCED, path, "", 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return synchronise(real, "fdatasync", fd);
}

/* LevelDB asks for this with folders only. */
int fsync(int fd) {
  REAL(int, fsync, int);
  return synchronise(real, "fsync", fd);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  REAL(int, open64, const char *, int, ...);
  if (!is_recorded(path)) return real(path, flags, mode);
  pthread_mutex_lock(&lock);
  int fd = real(path, flags, mode);
  if (fd >= 0) {
    remember(fd, path);
    if (flags & O_CREAT) record(CREATE, path, "a", 1);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

int close(int fd) {
  REAL(int, close, int);
  if (path_of(fd) == NULL) return real(fd);
  pthread_mutex_lock(&lock);
  free(paths[fd]);
  paths[fd] = NULL;
  int result = real(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  if (!is_recorded(from)) return real(from, to);
  if (is_failing("rename")) return -1;
  pthread_mutex_lock(&lock);
  int result = real(from, to);
  if (result == 0) record(RENAME, from, to, strlen(to));
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  if (!is_recorded(path)) return real(path);
  pthread_mutex_lock(&lock);
  int result = real(path);
  if (result == 0) record(UNLINK, path, "", 0);
  pthread_mutex_unlock(&lock);
  return result;
}
