"""A D-Bus peer by hand, for what no library does: calls without end, answers that nobody reads.

usage: bus_peer.py BUS-SOCKET [--path P] [--interface I] [--member M] [--no-reply] [--listen]

Calls that method (without arguments) as fast as the bus takes it, from the moment that it says "flooding" until it is killed. It
never reads: not one answer, and with --listen no signal of those that it asked for.
"""

import argparse
import itertools
import socket
import struct

NO_REPLY_EXPECTED = 1
PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE = 1, 2, 3, 6, 8
CALLS_AT_ONCE = 500
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")  # name, path, interface


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def padded(data, to):
    return data + b"\0" * (-len(data) % to)


def method_call(serial, destination, path, interface, member, argument=None, flags=0):
    fields = b""
    for code, kind, value in [
        (PATH, b"o", path),
        (INTERFACE, b"s", interface),
        (MEMBER, b"s", member),
        (DESTINATION, b"s", destination),
    ]:
        fields = padded(fields, 8) + struct.pack("B", code) + b"\x01" + kind + b"\0" + text(value)
    body = b""
    if argument is not None:
        fields = padded(fields, 8) + struct.pack("B", SIGNATURE) + b"\x01g\0" + b"\x01s\0"
        body = text(argument)
    head = struct.pack("<cBBBIII", b"l", 1, flags, 1, len(body), serial, len(fields)) + fields
    return padded(head, 8) + body


def connect(path):
    """A connection that the bus has greeted; what comes after that is never read."""
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(path)
    bus.sendall(b"\0AUTH EXTERNAL\r\n")
    assert bus.recv(100).startswith(b"DATA")
    bus.sendall(b"DATA\r\n")
    assert bus.recv(100).startswith(b"OK")
    bus.sendall(b"BEGIN\r\n" + method_call(1, *BUS, "Hello"))
    assert bus.recv(4096)
    return bus


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bus")
    parser.add_argument("--path", default="/org/plugtone1")
    parser.add_argument("--interface", default="org.plugtone1.Manager")
    parser.add_argument("--member", default="Status")
    parser.add_argument("--no-reply", action="store_true")
    parser.add_argument("--listen", action="store_true")
    wanted = parser.parse_args()
    bus = connect(wanted.bus)
    if wanted.listen:
        bus.sendall(method_call(2, *BUS, "AddMatch", "type='signal'"))
    flags = NO_REPLY_EXPECTED if wanted.no_reply else 0
    print("flooding", flush=True)
    for first in itertools.count(10, CALLS_AT_ONCE):
        bus.sendall(
            b"".join(
                method_call(serial, "org.plugtone1", wanted.path, wanted.interface, wanted.member, flags=flags)
                for serial in range(first, first + CALLS_AT_ONCE)
            )
        )


if __name__ == "__main__":
    main()
