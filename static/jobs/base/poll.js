// Asks the server for changes, for live.js and page.js, and tells times.js the server's clock.
'use strict';

const POLL_TIMEOUT_MS = 10000;

// Returns the response, or null if nothing changed. Throws PageEnded if further requests are
// pointless, and another error if this one failed.
const poll = async (url, headers = {}) => {
    const response = checkSession(await fetch(url, {
        headers,
        cache: 'no-store',
        redirect: 'manual',
        signal: AbortSignal.timeout(POLL_TIMEOUT_MS),
    }));
    if (response.status !== 304 && !response.ok) {
        throw new Error(response.status);
    }
    const date = Date.parse(response.headers.get('Date'));
    if (date) {
        document.dispatchEvent(new CustomEvent('server-time', {detail: date}));
    }
    return response.status === 304 ? null : response;
};
