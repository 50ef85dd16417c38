"""
Exchanges, so many times, a directory with a link to another one, and a file with a FIFO; ends by itself.
argv: how many times, then pairs of paths to exchange with each other. Prints "begun" first and how many it did at the
end; stays exchanged for a random while, so that a reader may look once and open much later.
"""

import ctypes
import random
import sys
import time

AT_FDCWD = -100
RENAME_EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)
times = int(sys.argv[1])
pairs = list(zip(sys.argv[2::2], sys.argv[3::2]))
print("begun", flush=True)
done = 0
for _ in range(times):
    for one, other in pairs:
        done += libc.renameat2(AT_FDCWD, one.encode(), AT_FDCWD, other.encode(), RENAME_EXCHANGE) == 0
    time.sleep(random.choice((0, 0, 0.0001, 0.0005)))
print(done, flush=True)
