"""Makes directories below argv[2] until their path is over PATH_MAX, and mounts argv[1] on the last one."""

import ctypes
import os
import sys

MS_BIND = 4096

source = os.path.abspath(sys.argv[1])
os.chdir(sys.argv[2])
for _ in range(18):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(source.encode(), b".", None, MS_BIND, None) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
