// What crosses the line. In the handshake: { role, password, client, stream }.
//   forwarder → server   batch(number, lines, acknowledge)
//   server → watcher     rooms(list) · records({ room, epoch, from, count }, lines, confirm) · history(state)
//   watcher → server     join(room, { epoch, next }) · leave(room) · search(question, answer)
// Lines are bytes: records of JSON, parted by newlines.
import { Server } from 'socket.io';
import { Attempts } from './attempts.js';
import { isAllowed } from './origin.js';
import { Password } from './password.js';
import { LONGEST_BATCH } from './room.js';
import { isRoomName } from './rooms.js';
import { WINDOW, Watcher } from './watcher.js';

const CONNECTIONS = 1000;
const STRANGER_BYTES = 16384; // that a connection may send before it is let in
const TELL_MS = 1000;

function refusal(code, message, more) {
	return Object.assign(new Error(message), { data: { code, ...more } });
}

// What waits to be taken by the other side: of an honest one never more than what it has not confirmed.
function bytesInFlight({ writeBuffer, transport }) {
	return writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), transport.socket.bufferedAmount);
}

export function serveSockets(http, { rooms, history, password, say }) {
	const secret = new Password(password);
	const attempts = new Attempts();
	const io = new Server(http, {
		serveClient: false,
		transports: ['websocket'],
		maxHttpBufferSize: LONGEST_BATCH + 4096,
		perMessageDeflate: false,
		connectTimeout: 10000,
		pingInterval: 10000,
		pingTimeout: 10000,
		allowRequest: (request, done) => {
			const { host, origin } = request.headers;
			done(null, isAllowed({ host, origin }, secret.isSet) && io.engine.clientsCount < CONNECTIONS);
		},
	});

	function admit({ address, auth }) {
		const wait = attempts.wait(address);
		if (wait > 0) return refusal('attempts', 'too many wrong passwords from this address', { retry_after: wait });
		if (!secret.fits(auth.password)) {
			// a page that asks whether there is a password guesses nothing
			if (auth.password === undefined || auth.password === '') return refusal('password', 'a password is needed');
			attempts.failed(address);
			say(`${address}: wrong password`);
			return refusal('password', 'wrong password');
		}
		attempts.succeeded(address);
		if (auth.role === 'watcher') return undefined;
		if (auth.role !== 'forwarder') return refusal('role', 'neither a forwarder nor a watcher');
		if (!isRoomName(auth.client)) return refusal('name', 'a client name has up to 64 characters that can be printed');
		if (typeof auth.stream !== 'string' || auth.stream.length > 64) return refusal('stream', 'a forwarder names its stream');
		if (!rooms.open(auth.client)) return refusal('rooms', 'there are too many rooms', { retry_after: 30 });
		return undefined;
	}
	io.use((socket, next) => next(admit(socket.handshake)));
	// Socket.IO would keep attachments of 20 MiB for anybody until connectTimeout
	const strangers = new WeakMap(); // connection → bytes
	io.engine.on('connection', (connection) => {
		strangers.set(connection, 0);
		connection.on('data', (data) => {
			if (!strangers.has(connection)) return;
			strangers.set(connection, strangers.get(connection) + data.length);
			if (strangers.get(connection) > STRANGER_BYTES) connection.close(true);
		});
	});

	let told = '';
	function tell() {
		const list = rooms.list();
		const text = JSON.stringify(list);
		if (text === told) return;
		told = text;
		io.to('watchers').emit('rooms', list);
	}
	const timer = setInterval(tell, TELL_MS);
	timer.unref();
	history?.onState((state) => io.to('watchers').emit('history', state));

	function serveForwarder(socket) {
		const { client, stream } = socket.handshake.auth;
		const room = rooms.open(client);
		if (!room) return socket.disconnect(true);
		const { address } = socket.handshake;
		room.forwarders.set(socket.id, { address, since: Date.now() });
		tell();
		say(`${client}: forwarder connected from ${address}`);
		socket.on('batch', (number, bytes, acknowledge) => {
			const result = room.take(stream, number, bytes);
			if (result === 'taken') history?.add(room.name, bytes);
			if (result === 'refused') say(`${client}: a batch from ${address} is none`);
			if (typeof acknowledge === 'function') acknowledge(result);
		});
		socket.on('disconnect', () => {
			room.forwarders.delete(socket.id);
			tell();
			say(`${client}: forwarder from ${address} is gone`);
		});
	}

	function serveWatcher(socket) {
		const watcher = new Watcher(rooms, (about, bytes, confirmed) => {
			if (bytesInFlight(socket.conn) <= 3 * WINDOW) {
				socket.emit('records', about, bytes, confirmed);
				return;
			}
			watcher.leaveAll();
			say(`${socket.handshake.address}: confirms what it has not read, and is disconnected`);
			socket.conn.transport.socket.terminate(); // it would not read a farewell
		});
		socket.join('watchers');
		socket.on('join', (name, position) => {
			if (isRoomName(name)) watcher.join(name, position ?? {});
		});
		socket.on('leave', (name) => watcher.leave(name));
		socket.on('search', async (question, answer) => {
			if (typeof answer !== 'function') return;
			answer(history ? await history.search(question) : { error: 'the server keeps no history' });
		});
		socket.on('disconnect', () => watcher.leaveAll());
		socket.emit('rooms', rooms.list());
		socket.emit('history', history?.state ?? null);
	}

	io.on('connection', (socket) => {
		strangers.delete(socket.conn);
		if (socket.handshake.auth.role === 'forwarder') serveForwarder(socket);
		else serveWatcher(socket);
	});
	return {
		tell,
		close: () => {
			clearInterval(timer);
			return io.close(); // closes http too
		},
	};
}
