// The environment and the command line; of both the command line counts.
import { parseArgs } from 'node:util';

export const usage = `Usage: ringside-reader eth0 | node monitor_client.js [OPTION]...
Forwards records, one a line on stdin, to a ringside dashboard.

  --clientname NAME  the room they go to ($CLIENTNAME)
  --url URL          of the dashboard ($URL, default http://localhost:5000)
  --password WORD    of the dashboard ($PASSWORD, which others on this machine do not see)
  --queue N          records kept while the dashboard is away (default 100000)
  -h, --help
  -V, --version

Example: ringside-reader eth0 | CLIENTNAME=eth0-ICMP PASSWORD=secret123 node monitor_client.js
`;

const spec = {
	clientname: { type: 'string' },
	url: { type: 'string' },
	password: { type: 'string' },
	queue: { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'V' },
};

function urlOf(text) {
	let url;
	try {
		url = new URL(text);
	} catch {
		throw new Error(`not a URL: ${text}`);
	}
	if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) throw new Error(`not a URL of a dashboard: ${url.protocol}`);
	if (url.username || url.password) throw new Error('the password does not belong into the URL: use PASSWORD');
	return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
}

// Throws an Error whose message is for the user.
export function readOptions(args, env) {
	const { values } = parseArgs({ args, options: spec });
	if (values.help || values.version) return values;

	const name = values.clientname ?? env.CLIENTNAME ?? '';
	if (!/^[^\p{C}]{1,64}$/u.test(name)) {
		throw new Error(name ? 'CLIENTNAME has up to 64 characters that can be printed' : 'CLIENTNAME is not set: it names the room');
	}
	const queue = Number(values.queue ?? 100000);
	if (!Number.isInteger(queue) || queue < 1 || queue > 10000000) throw new Error('--queue is between 1 and 10000000');
	return {
		name,
		queue,
		url: urlOf(values.url ?? env.URL ?? 'http://localhost:5000'),
		password: values.password ?? env.PASSWORD ?? '',
	};
}
