// Who may ask: pages of other sites may not, and without a password only those that call this machine by its own names.
import { isLoopback } from './options.js';

function nameOf(host) {
	try {
		return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
	} catch {
		return '';
	}
}

export function isAllowed({ host = '', origin }, hasPassword) {
	// a name that an attacker's DNS points here is not loopback's
	if (!hasPassword && !isLoopback(nameOf(host))) return false;
	if (origin === undefined) return true; // no browser
	try {
		return new URL(origin).host === host;
	} catch {
		return false;
	}
}
