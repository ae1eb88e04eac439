"""Compares records with what programs know they did: RECORDS EXPECTED SECONDS

Each line of EXPECTED is an object whose keys are all in exactly one record, or in
"_count" of them, with the same value. A value may be an array: one of these; null:
absent; an object with min or max: a number in between.
"""
import itertools
import json
import sys
import time


def same(wanted, found):
    if isinstance(wanted, list):
        return any(same(w, found) for w in wanted)
    if isinstance(wanted, dict):
        return isinstance(found, (int, float)) and wanted.get("min", found) <= found <= wanted.get("max", found)
    return wanted == found


def missing(wanted, record):
    return [k for k, v in wanted.items() if k[0] != "_" and not same(v, record.get(k))]


class Records:
    def __init__(self, path):
        self.file = open(path, encoding="utf-8")
        self.part = ""
        self.all = []

    def more(self):
        self.part += self.file.read()
        lines = self.part.split("\n")
        self.part = lines.pop()
        self.all += [json.loads(line) for line in lines]
        return bool(lines)


class Expected:
    """Looks at each record once; by event and ports, since there may be thousands."""

    def __init__(self, lines):
        self.wanted = [json.loads(line) for line in lines]
        self.found = [0] * len(self.wanted)
        self.index = {}
        for i, wanted in enumerate(self.wanted):
            self.index.setdefault(self.key(wanted), []).append(i)

    @staticmethod
    def key(of):
        return tuple(v if isinstance(v, (str, int)) else None for v in map(of.get, ("event", "local_port", "remote_port")))

    def look(self, record):
        for key in set(itertools.product(*((part, None) for part in self.key(record)))):
            for i in self.index.get(key, ()):
                if not missing(self.wanted[i], record):
                    self.found[i] += 1

    def wrong(self):
        return [i for i, w in enumerate(self.wanted) if not same(w.get("_count", 1), self.found[i])]


def main():
    records = Records(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        expected = Expected(file)
    end = time.monotonic() + float(sys.argv[3])
    seen = 0
    while True:
        records.more()
        for record in records.all[seen:]:
            expected.look(record)
        seen = len(records.all)
        wrong = expected.wrong()
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.1)
    for i in wrong[:3]:
        wanted = expected.wanted[i]
        print(f"in {expected.found[i]} records instead of {wanted.get('_count', 1)}: {json.dumps(wanted)}")
        near = sorted(records.all, key=lambda r: len(missing(wanted, r)))[:1]
        for record in near:
            print(f"  differs in {missing(wanted, record)}: {json.dumps(record)}")
    if len(wrong) > 3:
        print(f"... and {len(wrong) - 3} more")
    if not expected.wanted:
        print("nothing was expected")
    return 1 if wrong or not expected.wanted else 0


sys.exit(main())
