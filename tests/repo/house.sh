#!/bin/bash
# The repository keeps its own rules: top level, no leftovers, no paths of a machine, headers with a licence.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
	echo "FAIL: $*"
	exit 1
}
git rev-parse --git-dir >/dev/null 2>&1 || { echo "not a git checkout"; exit 77; }
git config --global --get-all safe.directory >/dev/null 2>&1 || true

extra=$(git ls-files | cut -d/ -f1 | sort -u |
	grep -vE '^(Makefile|README\.md|LICENSE|loader|reader|bpf|vmlinux|client|tests|\..*)$' || true)
[ -z "$extra" ] || fail "at the top level: $extra"
built=$(git ls-files | grep -E '\.(o|so|a|skel\.h)$|node_modules/' || true)
[ -z "$built" ] || fail "built files are tracked: $built"
vague=$(git ls-files | grep -E '(^|/)(utils?|common|helpers?)\.[ch]$' || true)
[ -z "$vague" ] || fail "files without a purpose in their name: $vague"
for file in $(git ls-files '*.c' '*.h' '*.S'); do
	head -n 2 "$file" | grep SPDX-License-Identifier >/dev/null || fail "$file has no licence"
done

# who may know whom
grep -lE '#include "(\.\./)?reader/|#include "ringside\.h"' loader/*.[ch] && fail "the loader knows the reader"
grep -lE '#include "(\.\./)?loader/|#include "loader\.h"' reader/*.[ch] && fail "the reader knows the loader"
grep -nE '#include "' client/*/*.[ch] | grep -E '"(ringside|loader|names|lookup|users)\.h"|"(\.\./)*(reader|loader)/' && fail "a client knows more than lines"
# the version stands once
[ "$(grep -rnE '"?0\.[0-9]+\.[0-9]+"?' Makefile loader/*.[ch] reader/*.[ch] | wc -l)" = 1 ] || fail "the version stands in several places"
exit 0
