#!/bin/bash
# Help, man pages and README tell of the same options; links lead somewhere; man pages are sound.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
	echo "FAIL: $*"
	exit 1
}

# options_of TEXT: the long options in it, one a line
options_of() {
	grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u
}
man_options() {
	grep -E '^\.It Fl|Fl -all' "$1" | sed 's/Fl -/--/g; s/ , -/ , --/g' | options_of
}
for page in loader/ringside-loader.8 reader/ringside-reader.1 client/ntopng/ringside-ntopng.1; do
	program=${page%.*}
	diff <("$program" --help | options_of) <(man_options "$page") ||
		fail "$program --help (<) and $page (>) do not have the same options"
done

# every key that json*.c (with format.h), netstat.bpf.h and account.c write is in the man page and, of records, in the README
keys=$(grep -ohE '\\"[a-z_]+\\":|KEY\(to, "[a-z_]+"\)' reader/json*.c reader/format.h bpf/netstat.bpf.h | grep -oE '[a-z_]+(\\"|"\))' | tr -d '\\")' | sort -u)
[ "$(wc -w <<<"$keys")" -ge 60 ] || fail "only $(wc -w <<<"$keys") keys are found in reader/json*.c and bpf/netstat.bpf.h"
for key in $keys; do
	grep -qE "^\.It Li .*\<$key\>|^\.Li .*\<$key\>" reader/ringside-reader.1 || fail "$key is not in ringside-reader(1)"
	grep -q "\`$key\`" README.md || fail "$key is not in the README"
done
# and no key is in the README's tables that nobody writes
for key in $(sed -n '/^## Fields/,/^Numbers are/s/^| \(`[^|]*\) |.*/\1/p' README.md | grep -oE '[a-z_]+'); do
	grep -qw "$key" <<<"$keys" || fail "$key is in the README, but nobody writes it"
done
for key in $(grep -oE 'put_field\([a-z, ]*"[a-z]+"' reader/account.c | grep -oE '"[a-z]+"' | tr -d '"' | sort -u); do
	grep -qw "$key" reader/ringside-reader.1 || fail "$key is not in ringside-reader(1)"
done
# every counter of status is in the man page
for reason in $(sed -n 's/.*_names\[.*\] = {\(.*\)};/\1/p' loader/status.c | grep -oE '[a-z_]+'); do
	grep -qw "$reason" loader/ringside-loader.8 || fail "$reason is not in ringside-loader(8)"
done

for file in README.md client/README.md client/*/README.md tests/*/README.md vmlinux/README.md; do
	for link in $(grep -oE '\]\([^)#]+' "$file" | cut -c3-); do
		[ -e "$(dirname "$file")/$link" ] || fail "$file: the link $link leads nowhere"
	done
done

# every public function is in libringside(3)
for name in $(grep -oE '^[a-z].*\bringside_[a-z_]+\(' reader/ringside.h | grep -oE 'ringside_[a-z_]+\(' | tr -d '('); do
	grep -q "Fn $name\|^.Nm $name" reader/libringside.3 || fail "$name is not in libringside(3)"
done
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning loader/*.8 reader/*.1 client/*/*.1 || fail "man pages"
fi
