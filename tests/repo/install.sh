#!/bin/bash
# make install puts everything below DESTDIR and PREFIX, a program can be built with what it finds there,
# and make uninstall takes it all away.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
	echo "FAIL: $*"
	exit 1
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s install DESTDIR="$dir" PREFIX=/usr >"$dir.log" 2>&1 || fail "$(cat "$dir.log")"
rm -f "$dir.log"
for file in sbin/ringside-loader bin/ringside-reader bin/ringside-ntopng lib/libringside.a lib/libringside.so include/ringside/ringside.h \
	share/man/man8/ringside-loader.8 share/man/man1/ringside-reader.1 share/man/man1/ringside-ntopng.1 share/man/man3/libringside.3 \
	share/ringside/bpf/large-echo.bpf.c share/ringside/vmlinux/vmlinux.h; do
	[ -e "$dir/usr/$file" ] || fail "$file is missing"
done
"$dir/usr/bin/ringside-reader" --version | grep "^ringside-reader [0-9]" >/dev/null || fail "the reader does not run"

# the example of libringside(3), with both libraries
sed -n '/^#include <ringside/,/^\.Ed/p' reader/libringside.3 | sed '/^\.Ed/d; s/\\e/\\/g' >"$dir/example.c"
gcc -Wall -Werror -I"$dir/usr/include" "$dir/example.c" "$dir/usr/lib/libringside.a" -lbpf -o "$dir/static"
gcc -Wall -Werror -I"$dir/usr/include" "$dir/example.c" -L"$dir/usr/lib" -lringside -lbpf -o "$dir/shared"
LD_LIBRARY_PATH=$dir/usr/lib ldd "$dir/shared" | grep "libringside.so.0 => $dir" >/dev/null || fail "not linked to the shared library"
# and C++ can include the header
printf '#include <ringside/ringside.h>\nint main() { return ringside_icmp_name(4, 8)[0] != 69; }\n' >"$dir/example.cc"
if command -v g++ >/dev/null; then
	g++ -Wall -I"$dir/usr/include" "$dir/example.cc" "$dir/usr/lib/libringside.a" -lbpf -o "$dir/cxx"
	"$dir/cxx" || fail "C++"
fi
# only what the header names is visible
symbols=$(nm -D --defined-only "$dir/usr/lib/libringside.so" | awk '{ print $3 }' | grep -v '^ringside_' || true)
[ -z "$symbols" ] || fail "visible beside ringside_*: $symbols"

make -s uninstall DESTDIR="$dir" PREFIX=/usr
left=$(find "$dir/usr" -type f -o -type l)
[ -z "$left" ] || fail "left behind: $left"
