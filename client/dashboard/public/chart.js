// Charts over time, in the colours of the page.
import uPlot from './vendor/uPlot.js';

function time(seconds) {
	return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

const dark = matchMedia('(prefers-color-scheme: dark)');

function colour(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Draws itself anew when its lines change, the page changes its size, or day becomes night.
export class Chart {
	#box;
	#plot;
	#lines = []; // { label, light, dark, points }
	#value;
	#data;

	// value(n): a number in words
	constructor(box, value) {
		this.#box = box;
		this.#value = value;
		new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(box);
		dark.addEventListener('change', () => this.#make());
	}

	#size() {
		return { width: Math.max(100, this.#box.clientWidth), height: parseFloat(getComputedStyle(this.#box).getPropertyValue('--height')) };
	}

	set(lines, data) {
		this.#data = data;
		const same = lines.length === this.#lines.length && lines.every((line, i) => line.label === this.#lines[i].label);
		if (same && this.#plot) {
			this.#plot.setData(data);
			return;
		}
		this.#lines = lines;
		this.#make();
	}

	#make() {
		this.#plot?.destroy();
		this.#plot = undefined;
		if (this.#lines.length === 0) return;
		const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
		this.#plot = new uPlot({
			...this.#size(),
			legend: { show: this.#lines.length > 1 },
			cursor: { drag: { x: false, y: false } },
			scales: { y: { range: (_, least, most) => [0, Math.max(1, most * 1.1)] } },
			axes: [{ ...axis, size: 28, values: (_, seconds) => seconds.map(time) }, { ...axis, size: 60, values: (_, values) => values.map((n) => (Number.isInteger(n) ? this.#value(n) : '')) }],
			series: [
				{ value: (_, s) => (s === null ? '' : time(s)) },
				...this.#lines.map(({ label, light, dark: night, points }) => ({
					label,
					stroke: dark.matches ? night : light,
					width: 1.5,
					points: { show: Boolean(points), size: 4 },
					value: (_, n) => (n === null ? '' : this.#value(n)),
				})),
			],
		}, this.#data, this.#box);
	}
}
