/*
 * Preloaded into a server under test: makes the n-th call of chosen libc functions, on paths below a chosen one, fail with
 * a chosen errno, or kills the process (SIGKILL) in its place. The test says which through a file that both map
 * (FAULT_CONTROL); fault_shim.ts is its other half and writes the same layout.
 *
 * Calls of symbols that the program looks up itself come here too: dlsym is ours.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bits of `calls`, in the order of CALLS in fault_shim.ts. */
enum { RENAME, UNLINK, RMDIR, FSYNC, FDATASYNC, WRITE, PWRITE, OPEN, READDIR, STAT, MKDIR, TRUNCATE };

struct control {
  uint32_t armed;
  uint32_t calls;   /* which functions: a bit each */
  uint32_t nth;     /* 1: the first */
  int32_t error;    /* errno; 0: SIGKILL */
  uint32_t forever; /* also all that follow */
  uint32_t seen;    /* how many there were since it was armed */
  uint32_t come;    /* how often it came */
  uint32_t unused;
  char below[1024]; /* paths that begin with it */
  char hit[1024];   /* the path that it came to last */
};

static struct control *control;

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("FAULT_CONTROL");
  if (path == NULL) return;
  int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) abort();
  syscall(SYS_close, fd);
}

static void resolve(char *full, size_t size, int dirfd, const char *path) {
  full[0] = 0;
  if (path != NULL && path[0] == '/') {
    snprintf(full, size, "%s", path);
    return;
  }
  char link[64];
  if (dirfd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
  ssize_t length = syscall(SYS_readlink, link, full, size - 1);
  if (length < 0) length = 0;
  full[length] = 0;
  if (path != NULL && path[0] != 0) snprintf(full + length, size - length, "/%s", path);
}

static int is_below(char *full, size_t size, int dirfd, const char *path) {
  resolve(full, size, dirfd, path);
  return strncmp(full, control->below, strlen(control->below)) == 0;
}

/* Whether this call is to fail: errno is set then. Does not return where the process is to die. */
static int fails(int call, int dirfd, const char *path, int other_dirfd, const char *other) {
  if (control == NULL || !__atomic_load_n(&control->armed, __ATOMIC_ACQUIRE)) return 0;
  if ((control->calls & (1u << call)) == 0) return 0;
  char full[8192];
  int before = errno;
  if (!is_below(full, sizeof full, dirfd, path) &&
      (other == NULL || !is_below(full, sizeof full, other_dirfd, other))) {
    errno = before;
    return 0;
  }
  errno = before;
  uint32_t seen = __atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST);
  if (seen != control->nth && !(control->forever && seen > control->nth)) return 0;
  snprintf(control->hit, sizeof control->hit, "%.1000s", full);
  __atomic_add_fetch(&control->come, 1, __ATOMIC_SEQ_CST);
  if (control->error == 0) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = control->error;
  return 1;
}

/* A function of ours in front of libc's, and libc's as real_<name>. */
#define FRONT(result, name, parameters) \
  typedef result (*name##_function) parameters; \
  static name##_function real_##name(void) { \
    static name##_function found; \
    if (found == NULL) found = (name##_function) libc_symbol(#name); \
    return found; \
  } \
  result name parameters

static void *libc_dlsym(void *handle, const char *name) {
  static void *(*real)(void *, const char *);
  if (real == NULL) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  if (real == NULL) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.17"); /* 64-bit ARM */
  return real(handle, name);
}

static void *libc_symbol(const char *name) { return libc_dlsym(RTLD_NEXT, name); }

FRONT(int, rename, (const char *from, const char *to)) {
  return fails(RENAME, AT_FDCWD, from, AT_FDCWD, to) ? -1 : real_rename()(from, to);
}
FRONT(int, renameat, (int from_fd, const char *from, int to_fd, const char *to)) {
  return fails(RENAME, from_fd, from, to_fd, to) ? -1 : real_renameat()(from_fd, from, to_fd, to);
}
FRONT(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags)) {
  return fails(RENAME, from_fd, from, to_fd, to) ? -1 : real_renameat2()(from_fd, from, to_fd, to, flags);
}
FRONT(int, unlink, (const char *path)) {
  return fails(UNLINK, AT_FDCWD, path, 0, NULL) ? -1 : real_unlink()(path);
}
FRONT(int, unlinkat, (int fd, const char *path, int flags)) {
  return fails(flags & AT_REMOVEDIR ? RMDIR : UNLINK, fd, path, 0, NULL) ? -1 : real_unlinkat()(fd, path, flags);
}
FRONT(int, rmdir, (const char *path)) {
  return fails(RMDIR, AT_FDCWD, path, 0, NULL) ? -1 : real_rmdir()(path);
}
FRONT(int, fsync, (int fd)) { return fails(FSYNC, fd, NULL, 0, NULL) ? -1 : real_fsync()(fd); }
FRONT(int, syncfs, (int fd)) { return fails(FSYNC, fd, NULL, 0, NULL) ? -1 : real_syncfs()(fd); }
FRONT(int, fdatasync, (int fd)) { return fails(FDATASYNC, fd, NULL, 0, NULL) ? -1 : real_fdatasync()(fd); }
FRONT(ssize_t, write, (int fd, const void *bytes, size_t count)) {
  return fails(WRITE, fd, NULL, 0, NULL) ? -1 : real_write()(fd, bytes, count);
}
FRONT(ssize_t, writev, (int fd, const struct iovec *parts, int count)) {
  return fails(WRITE, fd, NULL, 0, NULL) ? -1 : real_writev()(fd, parts, count);
}
FRONT(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at)) {
  return fails(PWRITE, fd, NULL, 0, NULL) ? -1 : real_pwrite()(fd, bytes, count, at);
}
FRONT(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at)) {
  return fails(PWRITE, fd, NULL, 0, NULL) ? -1 : real_pwrite64()(fd, bytes, count, at);
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

FRONT(int, open, (const char *path, int flags, ...)) {
  MODE_OF(flags);
  return fails(OPEN, AT_FDCWD, path, 0, NULL) ? -1 : real_open()(path, flags, mode);
}
FRONT(int, open64, (const char *path, int flags, ...)) {
  MODE_OF(flags);
  return fails(OPEN, AT_FDCWD, path, 0, NULL) ? -1 : real_open64()(path, flags, mode);
}
FRONT(int, openat, (int fd, const char *path, int flags, ...)) {
  MODE_OF(flags);
  return fails(OPEN, fd, path, 0, NULL) ? -1 : real_openat()(fd, path, flags, mode);
}
FRONT(int, openat64, (int fd, const char *path, int flags, ...)) {
  MODE_OF(flags);
  return fails(OPEN, fd, path, 0, NULL) ? -1 : real_openat64()(fd, path, flags, mode);
}
FRONT(DIR *, opendir, (const char *path)) {
  return fails(OPEN, AT_FDCWD, path, 0, NULL) ? NULL : real_opendir()(path);
}
FRONT(struct dirent *, readdir, (DIR *directory)) {
  return fails(READDIR, dirfd(directory), NULL, 0, NULL) ? NULL : real_readdir()(directory);
}
FRONT(struct dirent64 *, readdir64, (DIR *directory)) {
  return fails(READDIR, dirfd(directory), NULL, 0, NULL) ? NULL : real_readdir64()(directory);
}
FRONT(ssize_t, getdents64, (int fd, void *buffer, size_t size)) {
  return fails(READDIR, fd, NULL, 0, NULL) ? -1 : real_getdents64()(fd, buffer, size);
}
FRONT(int, statx, (int fd, const char *path, int flags, unsigned mask, struct statx *found)) {
  return fails(STAT, fd, path, 0, NULL) ? -1 : real_statx()(fd, path, flags, mask, found);
}
FRONT(int, mkdir, (const char *path, mode_t mode)) {
  return fails(MKDIR, AT_FDCWD, path, 0, NULL) ? -1 : real_mkdir()(path, mode);
}
FRONT(int, mkdirat, (int fd, const char *path, mode_t mode)) {
  return fails(MKDIR, fd, path, 0, NULL) ? -1 : real_mkdirat()(fd, path, mode);
}
FRONT(int, ftruncate, (int fd, off_t length)) {
  return fails(TRUNCATE, fd, NULL, 0, NULL) ? -1 : real_ftruncate()(fd, length);
}
FRONT(int, ftruncate64, (int fd, off64_t length)) {
  return fails(TRUNCATE, fd, NULL, 0, NULL) ? -1 : real_ftruncate64()(fd, length);
}

#define OURS(function) { #function, (void *) function }

void *dlsym(void *restrict handle, const char *restrict name) {
  static const struct { const char *name; void *function; } ours[] = {
    OURS(rename), OURS(renameat), OURS(renameat2), OURS(unlink), OURS(unlinkat), OURS(rmdir), OURS(fsync),
    OURS(syncfs), OURS(fdatasync), OURS(write), OURS(writev), OURS(pwrite), OURS(pwrite64), OURS(open), OURS(open64),
    OURS(openat), OURS(openat64), OURS(opendir), OURS(readdir), OURS(readdir64), OURS(getdents64), OURS(statx),
    OURS(mkdir), OURS(mkdirat), OURS(ftruncate), OURS(ftruncate64),
  };
  if (handle != RTLD_NEXT)
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
      if (strcmp(name, ours[i].name) == 0) return ours[i].function;
  return libc_dlsym(handle, name);
}
