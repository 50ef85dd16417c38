/* rename is done, and reports ENOENT for a path that has LOST_RENAME in it: as on NFS, when the answer was lost and the call sent again. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rename(const char *from, const char *to) {
  static int (*original)(const char *, const char *);
  if (original == NULL) original = dlsym(RTLD_NEXT, "rename");
  const char *wanted = getenv("LOST_RENAME");
  int result = original(from, to);
  if (result != 0 || wanted == NULL || (strstr(from, wanted) == NULL && strstr(to, wanted) == NULL)) return result;
  errno = ENOENT;
  return -1;
}
