// Refreshes the live cells of jobs on the page, in place, with one request for all that may still change.
'use strict';

{
    const root = document.getElementById('live');
    const EVERY = 2000;
    const SLOWEST = 30000;
    let etag = '';
    let failures = 0;

    const activeIds = () => [...new Set(
        [...root.querySelectorAll('.cell[data-active]')].map((cell) => cell.dataset.job),
    )];

    const replace = (html) => {
        const template = document.createElement('template');
        template.innerHTML = html;
        const fresh = template.content.firstElementChild;
        const {job, column, version} = fresh.dataset;
        for (const old of root.querySelectorAll(`.cell[data-job="${job}"][data-column="${column}"]`)) {
            if (old.dataset.version !== version) {
                old.replaceWith(fresh.cloneNode(true));
            }
        }
    };

    const show = (jobs) => {
        for (const cells of Object.values(jobs)) {
            Object.values(cells).forEach(replace);
        }
        document.dispatchEvent(new Event('cells-changed'));
    };

    const ask = async (ids) => {
        const response = await fetch(`${root.dataset.url}?ids=${ids.join(',')}`, {
            headers: etag ? {'If-None-Match': etag} : {},
            cache: 'no-store',
            redirect: 'error',
        });
        if (response.status !== 304) {
            if (!response.ok) {
                throw new Error(response.status);
            }
            etag = response.headers.get('ETag') || '';
            show(await response.json());
        }
    };

    const tick = async () => {
        const ids = activeIds();
        if (ids.length && !document.hidden) {
            try {
                await ask(ids);
                failures = 0;
            } catch {
                failures += 1;
            }
        }
        setTimeout(tick, Math.min(EVERY * 2 ** failures, SLOWEST));
    };

    setTimeout(tick, EVERY);
}
