// The environment and the command line; of both the command line counts.
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';

export const usage = `Usage: node server.js [OPTION]...
Takes records from forwarders and shows them in browsers.

  --port PORT          to listen on ($PORT, default 5000)
  --host ADDRESS       to listen on ($HOST, default 127.0.0.1)
  --password WORD      for forwarders and browsers ($PASSWORD, which others on this machine do not see)
  --recent N           records a room keeps for those who come later (default 10000)
  --history FILE       keep the stream in this SQLite file
  --history-size MIB   its largest size, then the oldest records go (default 1024)
  -h, --help
  -V, --version

Example: PASSWORD=secret123 node server.js --history records.db
`;

const spec = {
	port: { type: 'string' },
	host: { type: 'string' },
	password: { type: 'string' },
	recent: { type: 'string' },
	history: { type: 'string' },
	'history-size': { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'V' },
};

function number(name, text, least, most) {
	const value = Number(text);
	if (text === '' || !Number.isInteger(value) || value < least || value > most) throw new Error(`${name} is between ${least} and ${most}`);
	return value;
}

export function isLoopback(host) {
	if (isIP(host) === 4) return host.startsWith('127.');
	return host === '::1' || host === 'localhost';
}

// Throws an Error whose message is for the user.
export function readOptions(args, env) {
	const { values } = parseArgs({ args, options: spec });
	if (values.help || values.version) return values;

	const host = values.host ?? (env.HOST || '127.0.0.1');
	const password = values.password ?? env.PASSWORD ?? '';
	if (!password && !isLoopback(host)) {
		throw new Error(`HOST is ${host}: without PASSWORD only this machine may connect`);
	}
	if (values.history === '') throw new Error('--history is the name of a file');
	return {
		host,
		password,
		port: number('PORT', values.port ?? (env.PORT || '5000'), 0, 65535),
		recent: number('--recent', values.recent ?? '10000', 1, 1000000),
		history: values.history,
		historySize: number('--history-size', values['history-size'] ?? '1024', 1, 1 << 20) * (1 << 20),
	};
}
