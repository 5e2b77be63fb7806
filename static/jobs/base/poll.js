// Asks the server what changed, for live.js and page.js; each answer tells times.js the server's clock.
'use strict';

// The answer, null if nothing changed. Throws PageEnded if there will be no other, and another error if there is none now.
const poll = async (url, headers = {}) => {
    const response = checkSession(await fetch(url, {
        headers,
        cache: 'no-store',
        redirect: 'manual',
        signal: AbortSignal.timeout(10000),
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
