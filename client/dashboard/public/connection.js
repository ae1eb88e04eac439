// The page's side of the line: passes the password on, joins rooms and joins them again where it was.
import { advance } from './position.js';
import { io } from './vendor/socket.io.js';

const PASSWORD = 'ringside password'; // for this tab, until it is closed

const NEWLINE = 10;
const decoder = new TextDecoder();

// Each line is a string of its own: parts of one long string would keep all of it in memory.
function linesOf(bytes) {
	const lines = [];
	for (let start = 0; start <= bytes.length;) {
		let end = bytes.indexOf(NEWLINE, start);
		if (end === -1) end = bytes.length;
		lines.push(decoder.decode(bytes.subarray(start, end)));
		start = end + 1;
	}
	return lines;
}

export class Connection {
	#socket;
	#joined = new Map(); // room → { epoch, next }
	#left = new Map(); // the same of those that were left: nothing comes twice
	#handlers;
	#again;

	// { state(name, message), rooms(list), lines(room, array), missed(room, count), history(state) }
	constructor(handlers) {
		this.#handlers = handlers;
		this.#socket = io({
			auth: (give) => give({ role: 'watcher', password: sessionStorage.getItem(PASSWORD) ?? '' }),
			transports: ['websocket'],
			reconnectionDelay: 500,
			reconnectionDelayMax: 5000,
			autoConnect: false,
		});
		this.#socket.on('connect', () => {
			handlers.state('connected');
			for (const [room, position] of this.#joined) this.#socket.emit('join', room, position);
		});
		this.#socket.on('disconnect', (why) => {
			handlers.state('disconnected');
			if (why === 'io server disconnect') this.#tryAgain(1000);
		});
		this.#socket.on('connect_error', (error) => this.#failed(error));
		this.#socket.on('rooms', (list) => {
			handlers.rooms(list);
			// a server that was started again learns of rooms later
			for (const { name } of list) if (this.#joined.has(name)) this.#socket.emit('join', name, this.#joined.get(name));
		});
		this.#socket.on('records', (about, bytes, confirm) => this.#take(about, bytes, confirm));
		this.#socket.on('history', (state) => handlers.history(state));
	}

	start(password) {
		if (password !== undefined) sessionStorage.setItem(PASSWORD, password);
		clearTimeout(this.#again);
		this.#socket.connect();
	}

	join(room) {
		if (this.#joined.has(room)) return;
		// what came meanwhile is not missed
		const position = { ...this.#left.get(room), returned: true };
		this.#left.delete(room);
		this.#joined.set(room, position);
		this.#socket.emit('join', room, position);
	}

	leave(room) {
		this.#left.set(room, this.#joined.get(room));
		this.#joined.delete(room);
		if (this.#socket.connected) this.#socket.emit('leave', room);
	}

	async search(question) {
		try {
			return await this.#socket.timeout(30000).emitWithAck('search', question);
		} catch {
			return { error: 'the server does not answer' };
		}
	}

	#take({ room, epoch, from, count }, bytes, confirm) {
		const position = this.#joined.get(room);
		if (position) {
			// what was under way when the line was cut comes once
			const { missed, known } = advance(position, { epoch, from, count });
			if (missed > 0) this.#handlers.missed(room, missed);
			if (known < count) this.#handlers.lines(room, linesOf(new Uint8Array(bytes)).slice(known));
		}
		confirm();
	}

	#tryAgain(pause) {
		clearTimeout(this.#again);
		this.#again = setTimeout(() => this.#socket.connect(), pause);
	}

	#failed(error) {
		if (this.#socket.active) {
			this.#handlers.state('disconnected');
			return;
		}
		const code = error.data?.code;
		if (code === 'password') {
			sessionStorage.removeItem(PASSWORD);
			this.#handlers.state('password', error.message);
		} else if (code === 'attempts') {
			// perhaps somebody else's, and this page has the right one
			this.#handlers.state('password', `${error.message}: wait ${error.data.retry_after} s`);
			this.#tryAgain(error.data.retry_after * 1000);
		} else {
			this.#handlers.state('disconnected', error.message);
			this.#tryAgain(5000);
		}
	}
}
