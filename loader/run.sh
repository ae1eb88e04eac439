#!/bin/bash
# run.sh - see the network: load, read as the user who called sudo, unload.
#
# IFACE is what to watch (default: the interface of the default route). The
# loopback interface is watched as well, and so are TCP and UDP; a ping and a
# datagram show that on a quiet machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
loader=$here/ringside-loader

if [ "$(id -u)" != 0 ]; then
	echo "make run: it needs root: sudo make run" >&2
	exit 1
fi
iface=${IFACE:-$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)}
iface=${iface:-lo}
uid=${SUDO_UID:-65534} gid=${SUDO_GID:-65534}

mine=() # what is loaded already is not ours to change or unload
for name in "$iface" lo; do
	[ "$name" = lo ] && [ ${#mine[@]} -gt 0 ] && [ "${mine[0]}" = lo ] && continue
	"$loader" status "$name" >/dev/null 2>&1 || mine+=("$name")
done
flows=("$iface" --no-icmp)
! "$loader" status flows >/dev/null 2>&1 || flows=()

unload() {
	trap '' INT TERM
	[ ${#flows[@]} = 0 ] || mine+=(flows)
	[ ${#mine[@]} = 0 ] || "$loader" unload "${mine[@]}" >&2
}
trap unload EXIT
[ ${#mine[@]} = 0 ] || "$loader" load -g "$gid" --no-flows "${mine[@]}" >&2
[ ${#flows[@]} = 0 ] || "$loader" load -g "$gid" "${flows[@]}" >&2 || flows=()
echo "reading as uid $uid; Ctrl-C ends it and unloads" >&2

# A checkout may lie where that user cannot look: the binary is opened here.
exec 9<"$here/../reader/ringside-reader"
trap : INT TERM # the reader gets them too, and ends; then we unload
setpriv --reuid "$uid" --regid "$gid" --clear-groups \
	bash -c 'exec -a ringside-reader /proc/self/fd/9 "$@"' - "$iface" lo flows &
reader=$!
(sleep 1 && { ping -c 1 -W 1 127.0.0.1; echo >/dev/udp/127.0.0.1/9; } || true) >/dev/null 2>&1 &
while kill -0 "$reader" 2>/dev/null; do
	wait "$reader" || true
done
