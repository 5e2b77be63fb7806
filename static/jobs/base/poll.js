// Keeps an open page up to date, for the scripts of the list, the home page and the page of a job:
// one request a period with an ETag, none while the page is hidden or paused. Tells times.js the
// server's clock, and shows the count of the header in the title.
'use strict';

const POLL_TIMEOUT_MS = 10000;
const LONGEST_PERIOD_MS = 30000;

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

// Shows how many failures are to be reviewed ("" is none), in the header and in the title.
const showAttention = (count) => {
    const link = document.querySelector('.attention');
    if (link) {
        link.hidden = !count;
        link.querySelector('[data-attention]').textContent = count;
    }
    const title = document.title.replace(/^\(\d+\+?\) /, '');
    document.title = count ? `(${count}) ${title}` : title;
};

// Shows what is on hold, in the banner of our own frame. During an upgrade a web server of the
// version before may answer, without it.
const showHeld = (html) => {
    const place = document.querySelector('[data-held]');
    if (place && html !== undefined) {
        patch(place, html);
    }
};

// Calls `show(answer)` for each answer that differs from the last one. `url` and `period` are
// functions. `said(state)` gets "live", "lost" or "ended" after each request. Returns `tick`, which
// asks at once, and `pause`. `etag` is that of the page as it was sent.
const keepLive = ({url, period, show, said = () => {}, etag: shown = ''}) => {
    let etag = shown;
    let failures = 0;
    let timer = 0;
    let isPaused = false;
    let isAsking = false;
    let hasEnded = false;

    const ask = async () => {
        const response = await poll(url(), etag ? {'If-None-Match': etag} : {});
        if (response) {
            const answer = await response.json();
            etag = response.headers.get('ETag') || '';
            showAttention(answer.attention);
            showHeld(answer.held);
            show(answer);
            document.dispatchEvent(new Event('cells-changed'));
        }
    };

    const attempt = async () => {
        try {
            await ask();
            failures = 0;
            said('live');
        } catch (error) {
            hasEnded = error instanceof PageEnded;
            failures += 1;
            said(hasEnded ? 'ended' : 'lost', failures);
        }
    };

    const tick = async () => {
        clearTimeout(timer);
        if (hasEnded || isPaused || document.hidden || isAsking) {
            return;
        }
        isAsking = true;
        await attempt();
        isAsking = false;
        wait();
    };

    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(tick, Math.min(period() * 2 ** failures, LONGEST_PERIOD_MS));
    };

    document.addEventListener('visibilitychange', tick);
    wait();
    return {
        tick,
        pause: (on) => {
            const resumes = isPaused && !on;
            isPaused = on;
            if (resumes) {
                tick();
            }
        },
    };
};
