/* readdir of the directory FAILING_DIRECTORY reports EIO, once it has named FAILING_AFTER entries; each time it is read. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_failing(DIR *directory) {
  const char *wanted = getenv("FAILING_DIRECTORY");
  char link[64], path[4096];
  if (wanted == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd(directory));
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strcmp(path, wanted) == 0;
}

static struct { DIR *directory; int named; } seen;
static int lock;

struct dirent64 *readdir64(DIR *directory) {
  static struct dirent64 *(*original)(DIR *);
  if (original == NULL) original = dlsym(RTLD_NEXT, "readdir64");
  if (!is_failing(directory)) return original(directory);
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {}
  if (seen.directory != directory || telldir(directory) == 0) {
    seen.directory = directory;
    seen.named = 0;
  }
  int fails = seen.named++ >= atoi(getenv("FAILING_AFTER"));
  __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
  if (!fails) return original(directory);
  errno = EIO;
  return NULL;
}
