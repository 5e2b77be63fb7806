// Keeps an open page up to date, for the scripts of the list, the home page and the page of a job:
// one request a period with an ETag, none while the page is hidden or paused. Tells times.js the
// server's clock, and shows the count of the header in the title.
'use strict';

const POLL_TIMEOUT_MS = 10000;
const LONGEST_PERIOD_MS = 30000;
// An answer that takes longer than a period, or than this, is late.
const LEAST_LATE_MS = 2000;

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
// functions. `said(state)` gets "live", "lost" or "ended" after each request, and "late" as soon as
// an answer is late, and after it instead of "live". Returns `tick`, which asks at once, and
// `pause`. `etag` is that of the page as it was sent.
const keepLive = ({url, period, show, said = () => {}, etag: shown = ''}) => {
    let etag = shown;
    let failures = 0;
    let timer = 0;
    let isPaused = false;
    let isAsking = false;
    let isLate = false;
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
            said(isLate ? 'late' : 'live');
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
        isLate = false;
        const late = setTimeout(beLate, Math.max(period(), LEAST_LATE_MS));
        await attempt();
        clearTimeout(late);
        isAsking = false;
        wait();
    };

    const beLate = () => {
        isLate = true;
        if (!isPaused && !failures) {
            said('late');
        }
    };

    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(tick, Math.min(period() * 2 ** failures, LONGEST_PERIOD_MS));
    };

    // A page that was hidden, frozen or without a network asks at once when that is over.
    document.addEventListener('visibilitychange', tick);
    document.addEventListener('resume', tick);
    addEventListener('pageshow', ({persisted}) => persisted && tick());
    addEventListener('online', tick);
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
