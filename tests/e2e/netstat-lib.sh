# shellcheck shell=bash
# netstat-lib.sh - sockets that stay as they are while they are looked at; sourced by netstat*.sh, after flows-lib.sh.
tables=/run/ringside/flows

# hold WHAT ARGUMENT: sockets of netstat.py, until let_go; its pid outside of this namespace in $holder, its executable in $exe
hold() {
	mkfifo "$work/end"
	python3 "$e2e/netstat.py" "$1" "$2" "$slower" <"$work/end" >"$work/held" &
	holding=$!
	exec {end}>"$work/end"
	held_or_ended() { grep -q ready "$work/held" || ! kill -0 $holding; }
	wait_for 60 held_or_ended
	read -r _ holder exe < <(grep ready "$work/held") || true
	[ -n "$holder" ] || fail "netstat.py $1 ended"
}

let_go() {
	exec {end}>&-
	wait $holding
	rm "$work/end"
}

# is_json FILE: strictly: UTF-8, one object a line, no control character, nothing twice
is_json() {
	python3 - "$1" <<-'END'
		import json, sys
		def once(pairs):
		    assert len(dict(pairs)) == len(pairs), pairs
		    return dict(pairs)
		text = open(sys.argv[1], "rb").read().decode("utf-8", "strict")
		assert not text or text.endswith("\n"), text[-200:]
		for line in text.split("\n")[:-1]:
		    assert isinstance(json.loads(line, object_pairs_hook=once), dict) and all(c >= " " for c in line), line
	END
}
