"""Makes a directory (argv[2]) of a kind (argv[1]) that a careless deletion stumbles over; argv[3]: how much of it."""

import os
import socket
import sys

kind, root, size = sys.argv[1], os.fsencode(sys.argv[2]), int(sys.argv[3])


def write(path: bytes, text: bytes = b"12345") -> None:
    with open(path, "wb") as file:
        file.write(text)


def folder(*names: bytes) -> bytes:
    path = b"/".join((root,) + names)
    os.makedirs(path, exist_ok=True)
    return path


def odd_names() -> None:
    names = [
        b"\xff\xfe", b"odd_\x80", "报告_数据".encode("gbk"), "\ufffd".encode(), b"new\nline", b"tab\t", b" ", b"-rf", b"*",
        b"a" * 255, b"\xff" * 255, b"'\"`$(x)\\", b"\x01\x7f", "e\u0301".encode(), "\u202e".encode(), b"...", b"%s%n",
    ]
    for name in names:
        inside = folder(b"folders", name, name)
        write(inside + b"/" + name)
        write(folder(b"files") + b"/" + name, b"x" * len(name))


def odd_files() -> None:
    # The replacement character's own name, and bytes that are read as it.
    for name in [b"\xff", "\ufffd".encode(), "数据.sql".encode("gbk"), b"\x80\x81"]:
        write(folder(b"files") + b"/" + name)


def deep() -> None:
    os.makedirs(root)
    os.chdir(root)
    for level in range(size):
        os.mkdir(b"d")
        os.chdir(b"d")
        if level % 500 == 0:
            write(b"file")
    write(b"file")


def wide() -> None:
    place = folder()
    for i in range(size):
        os.close(os.open(b"%s/file_%07d" % (place, i), os.O_WRONLY | os.O_CREAT))


def many() -> None:
    for i in range(size // 1000):
        place = folder(b"%03d" % (i // 100), b"%05d" % i)
        for j in range(1000):
            os.close(os.open(b"%s/%d" % (place, j), os.O_WRONLY | os.O_CREAT))


def shared() -> None:
    write(folder(b"a") + b"/file", b"x" * 10_000)
    os.link(root + b"/a/file", folder(b"b") + b"/again")
    os.link(root + b"/a/file", root + b"/a/and again")
    os.link(os.path.dirname(os.path.dirname(root)) + b"/canary/precious.txt", root + b"/of another")


def special() -> None:
    place = folder(b"special")
    os.mkfifo(place + b"/fifo")
    os.chdir(place)
    socket.socket(socket.AF_UNIX).bind("socket")
    with open(b"sparse", "wb") as file:
        file.truncate(1 << 40)
    if os.getuid() == 0:
        try:
            os.mknod(b"device", 0o20666, os.makedev(1, 3))
        except OSError:
            pass  # A container may not.


def links() -> None:
    place = folder(b"links")
    outside = os.path.dirname(os.path.dirname(root)) + b"/canary"
    for i, target in enumerate([outside, outside + b"/precious.txt", b".", b"..", b"/", b"nowhere", b"x" * 4000, b"\xff"]):
        os.symlink(target, b"%s/%d" % (place, i))
    os.symlink(b"self", place + b"/self")
    os.symlink(b"one", place + b"/other")
    os.symlink(b"other", place + b"/one")


def closed() -> None:
    write(folder(b"closed", b"inside") + b"/file")
    os.chmod(root + b"/closed/inside/file", 0)
    os.chmod(root + b"/closed/inside", 0)
    os.chmod(root + b"/closed", 0)


globals()[kind]()
