// The server as a whole: pages, sockets, rooms and, if wanted, history.
import { once } from 'node:events';
import { History } from './history.js';
import { createPages } from './pages.js';
import { Rooms } from './rooms.js';
import { serveSockets } from './sockets.js';

export async function startDashboard({ host, port, password, recent, history: file, historySize, say = () => {} }) {
	const rooms = new Rooms(recent);
	const history = file === undefined ? undefined : await History.open(file, historySize, say);
	const http = createPages(password !== '');
	const sockets = serveSockets(http, { rooms, history, password, say });
	try {
		http.listen(port, host);
		await once(http, 'listening');
	} catch (error) {
		await history?.close();
		throw error;
	}
	return {
		rooms,
		port: http.address().port,
		close: async () => {
			await sockets.close();
			await history?.close();
		},
	};
}
