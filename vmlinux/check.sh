#!/bin/bash
# Every type of vmlinux.h is what the running kernel says it is.
# usage: check.sh CHECK-PROGRAM WORK-DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
check=$1 work=$2
mkdir -p "$work"

# one word for each type of the header: relocated:, wire: or enum: and its name
words=$(awk '/^#pragma clang attribute push/ { relocated = 1 }
	/^#pragma clang attribute pop/ { relocated = 0 }
	/^struct [a-z0-9_]+ \{/ { print (relocated ? "relocated:" : "wire:") $2 }
	/^enum [a-z0-9_]+ \{/ { print "enum:" $2 }' vmlinux/vmlinux.h | grep -v ___)
case $(uname -m) in
aarch64) arch=arm64 words=$(grep -vx relocated:pt_regs <<<"$words") ;;
*) arch=x86 words=$(grep -vx relocated:user_pt_regs <<<"$words") ;;
esac
{
	echo '#include "vmlinux.h"'
	for word in $words; do
		case $word in
		enum:*) echo "enum ${word#*:} use_${word#*:};" ;;
		*) echo "struct ${word#*:} use_${word#*:};" ;;
		esac
	done
} >"$work/types.bpf.c"
"${CLANG:-clang}" -g -O2 -target bpf -D__TARGET_ARCH_$arch -Ivmlinux -c "$work/types.bpf.c" -o "$work/types.bpf.o"
# shellcheck disable=SC2086 # words are words
exec "$check" "$work/types.bpf.o" $words
