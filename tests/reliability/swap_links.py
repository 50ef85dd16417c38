"""
Swaps directories of a tree (argv[1]) for links to a place outside (argv[2]) and back, until the tree is gone or standard
input ends. It holds on to the tree wherever that is moved. Prints a line when it begins, and how many swaps it made.
"""

import ctypes
import os
import select
import sys

RENAME_EXCHANGE = 2
libc = ctypes.CDLL(None, use_errno=True)

tree = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
outside = os.fsencode(sys.argv[2])
os.mkdir(b".links", dir_fd=tree)
links = os.open(b".links", os.O_RDONLY | os.O_DIRECTORY, dir_fd=tree)
names = [os.fsencode(name) for name in os.listdir(tree) if name.startswith("sub_")]
for name in names:
    os.symlink(outside, name, dir_fd=links)
print("begun", flush=True)
made = failed = 0
# Once the tree is gone, nothing can be swapped any more.
while failed < 10 * len(names):
    for name in names:
        # There and back again.
        if libc.renameat2(tree, name, links, name, RENAME_EXCHANGE) == 0:
            made, failed = made + 1, 0
        else:
            failed += 1
    if select.select([sys.stdin], [], [], 0)[0]:
        break
print(made, flush=True)
