/* A disk that takes SLOW_DISK_US microseconds for each sync, and notes each as one byte in the file SLOW_DISK_LOG.
   Put before the C library by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
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
