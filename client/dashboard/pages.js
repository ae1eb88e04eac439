// Serves the page: a fixed list of files, read once.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAllowed } from './origin.js';

const TYPES = {
	'.css': 'text/css; charset=utf-8',
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.svg': 'image/svg+xml',
};

const HEADERS = {
	'Content-Security-Policy': "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Resource-Policy': 'same-origin',
	'Referrer-Policy': 'no-referrer',
	'X-Content-Type-Options': 'nosniff',
	'Cache-Control': 'no-cache',
};

function packageFile(name, file) {
	const require = createRequire(import.meta.url);
	return join(dirname(require.resolve(`${name}/package.json`)), file);
}

function readAll() {
	const own = fileURLToPath(new URL('public/', import.meta.url));
	const paths = new Map(readdirSync(own).map((name) => [`/${name}`, join(own, name)]));
	paths.set('/', join(own, 'index.html'));
	paths.set('/vendor/socket.io.js', packageFile('socket.io', 'client-dist/socket.io.esm.min.js'));
	paths.set('/vendor/uPlot.js', packageFile('uplot', 'dist/uPlot.esm.js'));
	paths.set('/vendor/uPlot.css', packageFile('uplot', 'dist/uPlot.min.css'));
	const files = new Map();
	for (const [path, file] of paths) {
		const type = TYPES[extname(file)];
		if (!type) continue;
		const body = readFileSync(file);
		files.set(path, { type, body, tag: `"${createHash('sha256').update(body).digest('base64url')}"` });
	}
	return files;
}

export function createPages(hasPassword) {
	const files = readAll();
	const server = createServer((request, response) => {
		const answer = (status, headers, body) => response.writeHead(status, { ...HEADERS, ...headers }).end(body);
		const text = { 'Content-Type': 'text/plain; charset=utf-8' };
		if (!isAllowed({ host: request.headers.host }, hasPassword)) return answer(403, text, 'without a password only http://localhost and http://127.0.0.1 are served\n');
		if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { ...text, Allow: 'GET, HEAD' }, 'GET or HEAD\n');
		const file = files.get(request.url.split('?')[0]);
		if (!file) return answer(404, text, 'there is no such page\n');
		if (request.headers['if-none-match'] === file.tag) return answer(304, { ETag: file.tag });
		return answer(200, { 'Content-Type': file.type, 'Content-Length': file.body.length, ETag: file.tag }, request.method === 'HEAD' ? undefined : file.body);
	});
	server.headersTimeout = 10000;
	server.requestTimeout = 20000;
	return server;
}
