#!/bin/bash
# Every line is in the file of its day, whatever ends the writing; a full disk is said, with how many lines that cost.
. "$(dirname "$0")/shell-lib.sh"

# record MILLISECONDS: after 2026-11-21 00:00:00 UTC
record() {
	echo "{\"event\":\"close\",\"comm\":\"\\\"timestamp\\\":1,$hostile\",\"timestamp\":$((1795219200000 + $1)),\"ts_us\":1,\"seq\":$1}"
}
# many COUNT: lines that hardly compress
many() {
	tr -dc 'a-z0-9' </dev/urandom | fold -w 500 | head -n "$1" | sed 's/.*/{"event":"icmp","timestamp":1795230000000,"x":"&"}/' || true
}
canned() {
	local dir zip suffix option
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' RETURN
	manners "$dir"
	equal "no directory" 2 "$(status_of "$script" </dev/null)"
	equal "two directories" 2 "$(status_of "$script" "$dir" "$dir" </dev/null)"
	equal "one that is not there" 1 "$(status_of "$script" "$dir/not" </dev/null)"

	mkdir "$dir/days" "$dir/a b;\$(x)"
	{
		record -2000
		record -1
		record 0
		record -2 # of another CPU, and late
		record 1
		record 119999
		record 120000 # the day before is over
	} >"$dir/in"
	# the files as the input goes on, then at its end
	mkfifo "$dir/pipe"
	"$script" -p eth0- "$dir/days" <"$dir/pipe" &
	exec 9>"$dir/pipe"
	{ cat "$dir/in"; many 20; } >&9
	for _ in {1..100}; do [ -e "$dir/days/eth0-2026-11-20.jsonl.gz" ] && break; sleep 0.1; done
	equal "while it goes on" "eth0-2026-11-20.jsonl.gz eth0-2026-11-21.jsonl.gz.part" "$(cd "$dir/days" && echo *)"
	exec 9>&-
	wait $! || fail "status $?"
	equal "at the end" "eth0-2026-11-20.jsonl.gz eth0-2026-11-21.jsonl.gz" "$(cd "$dir/days" && echo *)"
	cmp <(zcat "$dir/days/eth0-2026-11-20.jsonl.gz") <(sed -n '1,2p;4p' "$dir/in") || fail "the first day"
	cmp <(zcat "$dir/days/eth0-2026-11-21.jsonl.gz" | head -n 4) <(sed -n '3p;5,7p' "$dir/in") || fail "the second day"

	# another time zone, where midnight is at 15:00 UTC; lines without a time stay where they come
	{ record 53999999; echo "cut"; record 54000000; echo '{"timestamp":99999999999999999999999}'; } >"$dir/tokyo"
	TZ=Asia/Tokyo "$script" "$dir/a b;\$(x)" <"$dir/tokyo"
	equal "in Tokyo" "2026-11-21.jsonl.gz 2 2026-11-22.jsonl.gz 2 " \
		"$(cd "$dir/a b;\$(x)" && for file in *; do echo -n "$file $(zcat "$file" | wc -l) "; done)"
	for option in '' -z; do
		zip=gzip suffix=gz
		[ -z "$option" ] || zip=zstd suffix=zst
		command -v $zip >/dev/null || continue
		# what is there is not touched: a file, a part that was left, neither a link that leads nowhere
		mkdir "$dir/$zip"
		echo old >"$dir/$zip/2026-11-21.jsonl.$suffix"
		echo old >"$dir/$zip/2026-11-21.1.jsonl.$suffix.part"
		many 3000 >"$dir/many"
		"$script" $option "$dir/$zip" <"$dir/many" || fail "$zip: status $?"
		"$script" $option "$dir/$zip" <"$dir/many" || fail "$zip: status $?"
		equal "the old ones" "old old" "$(cat "$dir/$zip/2026-11-21.jsonl.$suffix" "$dir/$zip/2026-11-21.1.jsonl.$suffix.part" | xargs)"
		for part in 2 3; do
			cmp <($zip -dc "$dir/$zip/2026-11-21.$part.jsonl.$suffix") "$dir/many" || fail "$zip: part $part"
		done
		# a signal, the input going on: the file is finished
		for signal in INT TERM HUP TERM-early; do
			mkdir "$dir/$zip/$signal"
			ended_by $signal "$dir/in" "$dir/out" $option "$dir/$zip/$signal"
			equal "$zip: after SIG$signal" "2026-11-20.jsonl.$suffix 2026-11-21.jsonl.$suffix" "$(cd "$dir/$zip/$signal" && echo *)"
			$zip -dcq "$dir/$zip/$signal/"* | sort | cmp - <(sort "$dir/in") || fail "$zip: SIG$signal: lines are missing"
		done
	done
}
[ -n "${RINGSIDE_TEST_INSIDE:-}" ] || canned
. "$here/../e2e/lib.sh"

# real records, as the reader printed them
make_link rs0 0
"$loader" load -m 0666 rs0 >/dev/null
mkdir -m 0777 "$work/real" "$work/full"
mkfifo -m 0666 "$work/lines" "$work/tee"
nobody "$script" -p rs0- "$work/real" <"$work/tee" &
write=$!
tee "$work/tee" <"$work/lines" >"$work/all" &
start_reader "$work/lines" --stats 1 rs0
pings 500 10.9.0.2
stop_reader "$reader_pid"
wait $write || fail "status $?"
[ "$(lines "$work/all" '.event == "icmp"')" -ge 1000 ] || fail "only $(wc -l <"$work/all") lines"
for file in "$work/real/"*; do
	[[ $file =~ /rs0-[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl\.gz$ ]] || fail "$file"
	zcat "$file"
done | cmp - "$work/all" || fail "not what the reader printed"

# Ctrl-C, which all of a pipe line get: the reader's last words are in the file, and the file is whole
mkdir -m 0777 "$work/interrupted"
set -m
nobody "$reader" -v --stats 3600 rs0 2>"$work/lines.err" | nobody "$script" "$work/interrupted" &
write=$!
set +m
wait_for 10 grep -q following "$work/lines.err"
pings 100 10.9.0.2
kill -s INT -- "-$(jobs -p %+)"
wait $write || fail "status $? after SIGINT"
for file in "$work/interrupted/"*; do zcat "$file"; done >"$work/all" || fail "$file"
printed=$(jq 'select(.final).printed' "$work/all")
[ "${printed:-0}" -ge 100 ] || fail "the account is not there, or says that $printed records were printed"
equal "records" "$printed" "$(lines "$work/all" '.event == "icmp"')"

# a full disk
many 3000 >"$work/many"
for option in '' -z; do
	zip=gzip
	[ -z "$option" ] || zip=zstd
	command -v $zip >/dev/null || continue
	mount -t tmpfs -o size=500k,mode=0777 tmpfs "$work/full"
	mkfifo "$work/endless.$zip"
	status=0
	nobody "$script" $option "$work/full" <"$work/endless.$zip" 2>"$work/full.err" &
	exec 9>"$work/endless.$zip" # it has no end, and need not have
	cat "$work/many" >&9
	wait $! || status=$?
	exec 9>&-
	equal "$zip: status with a full disk" 1 $status
	grep -q 'No space left on device' "$work/full.err" || fail "$zip: $(cat "$work/full.err")"
	grep -q '^write-daily: 3000 lines of 2026-11-21 came, the rest is lost$' "$work/full.err" || fail "$zip: $(cat "$work/full.err")"
	whole=$(sed -n 's/^write-daily: .*\.part: \([0-9]*\) lines are whole in it$/\1/p' "$work/full.err")
	[[ ${whole:-0} -ge 500 && $whole -lt 3000 ]] || fail "$zip: $(cat "$work/full.err")"
	cmp <($zip -dcq <"$(echo "$work/full/"*.part)" 2>/dev/null | head -n "$whole") <(head -n "$whole" "$work/many") ||
		fail "$zip: not the first lines"
	umount "$work/full"
done
# one that is full when the file is finished, and one that cannot be written to
mount -t tmpfs -o size=16k,mode=0777 tmpfs "$work/full"
head -n 100 "$work/many" | nobody "$script" "$work/full" 2>"$work/full.err" && fail "status 0 with a full disk"
grep -q '^write-daily: 100 lines of 2026-11-21 came, the rest is lost$' "$work/full.err" || fail "$(cat "$work/full.err")"
umount "$work/full"
chmod 0755 "$work/full"
equal "a directory of others" 1 "$(status_of nobody "$script" "$work/full" <"$work/many")"
