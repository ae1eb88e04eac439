// Keeps the stream in a file, by a thread; what the disk is too slow for is left out and counted.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const MOST_BYTES_WAITING = 64 << 20;
const WRITE_MS = 250;
const SEARCHES = 16; // at once

export class History {
	#worker;
	#say;
	#waiting = []; // { room, bytes }
	#bytes = 0;
	#writing = false;
	#inHand = []; // what is being written
	#failed = false; // the thread is gone
	#lost = 0; // records
	#error;
	#searches = new Map();
	#searchId = 0;
	#timer;
	#listener = () => {};
	#closed;
	state;

	static async open(path, maxBytes, say) {
		const worker = new Worker(new URL('history-worker.js', import.meta.url), { workerData: { path, maxBytes } });
		const [first] = await once(worker, 'message');
		if (first.event === 'failed') throw new Error(first.message);
		return new History(worker, first.state, say);
	}

	constructor(worker, state, say) {
		this.#worker = worker;
		this.#say = say;
		this.#setState(state);
		worker.on('message', (message) => this.#hear(message));
		worker.on('error', (error) => this.#fail(error.message));
		this.#timer = setInterval(() => this.#write(), WRITE_MS);
		this.#timer.unref();
	}

	onState(listener) {
		this.#listener = listener;
	}

	add(room, bytes) {
		if (this.#failed || this.#bytes + bytes.length > MOST_BYTES_WAITING) {
			this.#lose([{ bytes }]);
			return;
		}
		this.#waiting.push({ room, bytes });
		this.#bytes += bytes.length;
	}

	search(question) {
		if (question === null || typeof question !== 'object') return Promise.resolve({ error: 'that is no question' });
		if (this.#failed) return Promise.resolve({ error: 'the history has failed' });
		if (this.#searches.size >= SEARCHES) return Promise.resolve({ error: 'too many questions at once' });
		const id = ++this.#searchId;
		return new Promise((resolve) => {
			this.#searches.set(id, resolve);
			this.#worker.postMessage({ ask: 'search', id, question });
		});
	}

	async close() {
		clearInterval(this.#timer);
		if (this.#failed) return;
		const closed = new Promise((resolve) => (this.#closed = resolve));
		this.#write();
		this.#worker.once('exit', this.#closed);
		if (!this.#writing) this.#worker.postMessage({ ask: 'close' });
		await closed;
	}

	#write() {
		if (this.#writing || this.#waiting.length === 0) return;
		this.#writing = true;
		const batches = this.#waiting;
		this.#waiting = [];
		this.#bytes = 0;
		this.#inHand = batches;
		this.#worker.postMessage({ ask: 'add', batches });
	}

	#hear({ event, error, state, id, found }) {
		if (event === 'found') {
			this.#searches.get(id)?.(found);
			this.#searches.delete(id);
		} else if (event === 'added') {
			this.#writing = false;
			if (error) {
				this.#lose(this.#inHand);
				if (error !== this.#error) this.#say(`history: ${error}`);
			}
			this.#error = error;
			this.#inHand = [];
			this.#setState(state);
			if (this.#closed) {
				this.#write();
				if (!this.#writing) this.#worker.postMessage({ ask: 'close' });
			}
		}
	}

	#lose(batches) {
		if (this.#lost === 0) this.#say('history: the disk is too slow or full, records are left out');
		for (const { bytes } of batches) this.#lost += bytes.toString().split('\n').length;
	}

	#setState(state) {
		this.state = { ...state, lost: this.#lost, error: this.#error };
		this.#listener(this.state);
	}

	#fail(message) {
		this.#say(`history: ${message}`);
		for (const answer of this.#searches.values()) answer({ error: 'the history has failed' });
		this.#searches.clear();
		this.#failed = true;
		this.#lose([...this.#inHand, ...this.#waiting]);
		this.#waiting = [];
		this.#error = message;
		this.#setState(this.state);
	}
}
