/* A disk that takes SLOW_DISK_US microseconds for each sync, and notes each as one byte in the file SLOW_DISK_LOG.
   While the file SLOW_DISK_FULL exists, positioned writes fail as those to a full disk do. Put before the C library by
   LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void sync_slowly(void) {
  static int log_fd = -2;
  if (log_fd == -2) {
    const char *file = getenv("SLOW_DISK_LOG");
    log_fd = file ? open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  }
  const char *delay = getenv("SLOW_DISK_US");
  if (delay) usleep((useconds_t)atoi(delay));
  if (log_fd >= 0 && write(log_fd, "s", 1) != 1) abort();
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  sync_slowly();
  return result;
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  sync_slowly();
  return result;
}

static int disk_is_full(void) {
  const char *file = getenv("SLOW_DISK_FULL");
  if (!file || access(file, F_OK) != 0) return 0;
  errno = ENOSPC;
  return 1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) =
      (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return disk_is_full() ? -1 : real(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  ssize_t (*real)(int, const void *, size_t, off64_t) =
      (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  return disk_is_full() ? -1 : real(fd, data, size, offset);
}
