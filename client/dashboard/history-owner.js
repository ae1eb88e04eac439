// One server at a time keeps a history file. SQLite's own lock, in this package, is a directory FILE.lock that stays
// when the server is killed; FILE.owner says who made it, so that the next server can tell whether it still stands.
import { readFileSync, rmSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';

// A process number alone may be another process by now; on Linux its start tells them apart.
function startOf(pid) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
	} catch {
		return '';
	}
}

function isRunning(pid, start) {
	if (!Number.isSafeInteger(pid) || pid <= 0) return false;
	if (pid === process.pid) return start === startOf(pid) && start !== '';
	try {
		process.kill(pid, 0);
	} catch (error) {
		if (error.code === 'ESRCH') return false;
	}
	return startOf(pid) === start;
}

// Returns the function that gives it back.
export function takeOwnership(path) {
	const owner = `${path}.owner`;
	const mine = `${process.pid} ${startOf(process.pid)}\n`;
	for (;;) {
		try {
			writeFileSync(owner, mine, { flag: 'wx', mode: 0o600 });
			break;
		} catch (error) {
			if (error.code !== 'EEXIST') throw new Error(`${path}: ${error.code}`);
		}
		const [pid, start = ''] = readFileSync(owner, 'utf8').trim().split(' ');
		if (isRunning(Number(pid), start)) throw new Error(`${path}: the server with process ${pid} keeps its history there`);
		rmSync(owner, { force: true });
		rmSync(`${path}.lock`, { recursive: true, force: true });
	}
	return () => {
		try {
			unlinkSync(owner);
			rmdirSync(`${path}.lock`);
		} catch {
			// gone already
		}
	};
}
