"""Makes a tree of everything that a walk must get right, in the folder argv[1], and prints what stands in it as JSON.

argv[2]: "text" leaves out what only bytes can name. The figures come from the calls of this program, not of ours.
"""
import json
import os
import socket
import sys

root, kinds = os.fsencode(sys.argv[1]), sys.argv[2]
outside = os.path.join(os.path.dirname(root), b"outside")
os.makedirs(outside, exist_ok=True)
with open(os.path.join(outside, b"canary"), "wb") as file:
    file.write(b"precious")


def write(path, size):
    with open(os.path.join(root, path), "wb") as file:
        file.write(b"x" * size)


def folder(path):
    os.mkdir(os.path.join(root, path))
    return path


os.mkdir(root)
write(b"plain", 5)
write(b"line\nbreak\x1b[31m", 7)
write(b"\xe4\xb8\xad" * 85, 11)
folder(b"empty")
os.symlink(outside, os.path.join(root, b"link_out"))
os.symlink(b"nowhere", os.path.join(root, b"link_broken"))
os.symlink(b".", os.path.join(root, b"link_loop"))
os.mkfifo(os.path.join(root, b"fifo"))
os.chdir(root)
socket.socket(socket.AF_UNIX).bind("socket")
with open(b"sparse", "wb") as file:
    file.truncate(10_000_000_000)
write(b"twice", 5000)
os.link(b"twice", b"twice_again")
write(b"kept", 6000)
os.link(b"kept", os.path.join(outside, b"kept"))
for n in range(200):
    sub = folder(b"sub_%d" % n)
    for m in range(n % 7):
        write(sub + b"/%d" % m, m)
if kinds == "bytes":
    odd = folder(b"odd_\xff")
    write(odd + b"/\xfe", 3)
    gbk = folder("数据备份".encode("gbk"))
    write(gbk + b"/" + "结果.txt".encode("gbk"), 9)
    # The name that others show for it, and the one that it has.
    write("shown_\ufffd".encode(), 13)
    write(b"shown_\xff", 17)
    deep = folder(b"deep")
    os.chdir(deep)
    for _ in range(3000):
        os.mkdir(b"d")
        os.chdir(b"d")
    with open(b"bottom", "wb") as file:
        file.write(b"x" * 19)
os.chdir(root)

found = {"directories": 0, "files": 0, "links": 0, "bytes": 0, "allocated": 0, "freed": 0}
inodes = {}


def take(info):
    found["files"] += 1
    found["bytes"] += info.st_size
    seen, _ = inodes.get(info.st_ino, (0, info))
    inodes[info.st_ino] = (seen + 1, info)


def walk(descriptor):
    info = os.fstat(descriptor)
    found["directories"] += 1
    found["allocated"] += info.st_blocks * 512
    found["freed"] += info.st_blocks * 512
    below = []
    for name in os.listdir(descriptor):
        info = os.lstat(os.fsencode(name), dir_fd=descriptor)
        if os.path.stat.S_ISDIR(info.st_mode):
            below.append(os.fsencode(name))
            continue
        found["links"] += os.path.stat.S_ISLNK(info.st_mode)
        take(info)
    return below


pending = [(os.open(root, os.O_RDONLY), None)]
while pending:
    descriptor, name = pending.pop()
    if name is not None:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=descriptor)
    for below in walk(descriptor):
        pending.append((descriptor, below))
for seen, info in inodes.values():
    found["allocated"] += info.st_blocks * 512
    found["freed"] += info.st_blocks * 512 if seen == info.st_nlink else 0
print(json.dumps(found))
