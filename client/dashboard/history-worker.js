// A thread of its own for the history, so that nobody who watches waits for the disk.
import { parentPort, workerData } from 'node:worker_threads';
import { HistoryFile } from './history-file.js';

const { path, maxBytes } = workerData;

function open() {
	try {
		return new HistoryFile(path, maxBytes);
	} catch (error) {
		parentPort.postMessage({ event: 'failed', message: error.message });
		return undefined;
	}
}

function attempt(work) {
	try {
		return work();
	} catch (error) {
		return { error: error.message };
	}
}

const file = open();
if (file) {
	parentPort.postMessage({ event: 'opened', state: file.state });
	parentPort.on('message', ({ ask, id, batches, question }) => {
		if (ask === 'add') {
			const error = attempt(() => file.add(batches))?.error;
			parentPort.postMessage({ event: 'added', error, state: attempt(() => file.state) });
		} else if (ask === 'search') {
			parentPort.postMessage({ event: 'found', id, found: attempt(() => file.search(question)) });
		} else {
			attempt(() => file.close());
			parentPort.postMessage({ event: 'closed' });
			parentPort.close();
		}
	});
}
