// The connection to the dashboard: made again for ever, with growing pauses; says so, but not each time.
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';

const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;
const SAY_AGAIN_MS = 60000;

function reason(error) {
	const cause = error.description?.error ?? error.description ?? error;
	return cause.code ?? cause.errors?.[0]?.code ?? cause.message ?? error.message;
}

// refused(message): the dashboard will not have us, now or later
export function connect({ url, name, password }, { say, connected, disconnected, refused }) {
	const socket = io(url, {
		auth: { role: 'forwarder', password, client: name, stream: randomUUID() },
		transports: ['websocket'],
		reconnectionDelay: PAUSE_MS,
		reconnectionDelayMax: LONGEST_PAUSE_MS,
		timeout: 10000,
	});
	let saidAt = 0;
	let again;
	const sayNow = (text) => {
		if (Date.now() - saidAt < SAY_AGAIN_MS) return;
		saidAt = Date.now();
		say(text);
	};
	// Socket.IO leaves it to us when the server has spoken
	const tryAgain = (pause) => {
		clearTimeout(again);
		again = setTimeout(() => socket.connect(), pause);
	};

	socket.on('connect', () => {
		saidAt = 0;
		say(`connected to ${url} as ${name}`);
		connected();
	});
	socket.on('disconnect', (why) => {
		socket.sendBuffer = []; // batches that it kept would go before the older ones that are sent again
		disconnected();
		if (why === 'io client disconnect') return;
		sayNow(`${url}: the connection is lost (${why}); trying again`);
		if (why === 'io server disconnect') tryAgain(PAUSE_MS);
	});
	socket.on('connect_error', (error) => {
		if (socket.active) {
			sayNow(`connect to ${url}: ${reason(error)}; trying again`);
			return;
		}
		const wait = error.data?.retry_after;
		if (wait === undefined) {
			refused(`${url}: ${error.message}`);
			return;
		}
		sayNow(`${url}: ${error.message}; trying again in ${wait} s`);
		tryAgain(Math.min(Math.max(wait * 1000, PAUSE_MS), 600000));
	});

	return {
		transmit: (number, bytes, acknowledged) => socket.emit('batch', number, bytes, acknowledged),
		close: () => {
			clearTimeout(again);
			socket.disconnect();
		},
	};
}
