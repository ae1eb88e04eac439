// What is asked for later, out of a record: its event, time, addresses and process.
const LONGEST_PARSED = 64 * 1024;

function text(value) {
	return typeof value === 'string' && value.length <= 256 ? value : null;
}

export function summarize(line, now = Date.now()) {
	let record = null;
	if (line.length <= LONGEST_PARSED) {
		try {
			record = JSON.parse(line);
		} catch {
			// whatever it is, it is kept
		}
	}
	if (record === null || typeof record !== 'object') record = {};
	const ms = Number.isFinite(record.ts_us) ? record.ts_us / 1000 : record.timestamp;
	return {
		time: Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? Math.floor(ms) : now,
		event: text(record.event) ?? 'text',
		here: text(record.local_ip) ?? text(record.src_ip),
		there: text(record.remote_ip) ?? text(record.dst_ip),
		process: text(record.comm),
	};
}
