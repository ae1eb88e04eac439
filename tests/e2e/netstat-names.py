"""Processes with hostile names, a connection each from port 20000 on, until standard input ends."""
import os
import socket
import sys

NAMES = [b'"', b"\\", b"\n{", b"\t\r\b\f", b"\x01\x02\x1b[31m\x7f", b'"},{"event":"x', b"\xff\xfe\xc3\x28", b"\xed\xa0\x80",
         b"\xc0\x80", b"\xe2\x82", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa4", b"0123456789ab\xe2\x82\xac",
         b"0123456789abc\xe2\x82\xac", b"0123456789abcd\xc3\xa4", b"</script>", b"\xc2\x80\xc2\x9b", b" ", b"\xe2\x80\xa8",
         b"%s%n%p", b"0123456789abcde", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xf4\x8f\xbf\xbf"]
NAMES += [bytes([b]) + b"\xa0" for b in range(0x80, 0x100, 5)]


def rename(name):
    with open("/proc/self/comm", "wb") as file:
        file.write(name)


def connect(number, name, to):
    rename(name)
    sock = socket.socket()
    sock.bind(("", 20000 + number))
    sock.connect((to, 7000))
    return sock


rename(b'p"\\\n\xff\xe2\x82\xac')
begun, told = os.pipe()
for number, name in enumerate(NAMES):
    if not os.fork():
        held = connect(number, name, sys.argv[1 + number % 2])
        os.write(told, b".")
        sys.stdin.read()
        os._exit(0)
count = 0
while count < len(NAMES):
    count += len(os.read(begun, 4096))
print(count, flush=True)
sys.stdin.read()
for _ in NAMES:
    os.wait()
