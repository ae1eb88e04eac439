"""A wire of its own, for kernels without netem: wire0 here, wire1 in the network namespace "peer".

DELAY (seconds, what goes out of wire0) EVERY (of the large frames that do, one in so many is lost; 0: none)
"""
import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
delay, every = float(sys.argv[1]), int(sys.argv[2])


def tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name, IFF_TAP | IFF_NO_PI))
    return fd


here, there = tap(b"wire0"), tap(b"wire1")
print("made", flush=True)
waiting, number, large = [], 0, 0
while True:
    left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    ready = select.select([here, there], [], [], left)[0]
    if there in ready:
        os.write(here, os.read(there, 65536))
    if here in ready:
        frame = os.read(here, 65536)
        large += len(frame) > 500
        if not every or len(frame) <= 500 or large % every:
            number += 1
            heapq.heappush(waiting, (time.monotonic() + delay, number, frame))
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(there, heapq.heappop(waiting)[2])
