// Refreshes the live cells of jobs on the page, in place, with one request for all that may still change.
'use strict';

{
    const root = document.getElementById('live');
    const bar = root.querySelector('.live-bar');
    const words = bar.querySelector('[data-live-words]');
    const announcer = bar.querySelector('[data-live-announce]');
    const choice = bar.querySelector('select');
    const pause = bar.querySelector('.live-pause');
    const SLOWEST = 30000;
    let etag = '';
    let failures = 0;
    let ended = false;
    let timer = 0;

    const remember = (name, value) => localStorage.setItem(`live.${name}`, value);
    const remembered = (name) => localStorage.getItem(`live.${name}`);
    const paused = () => pause.getAttribute('aria-pressed') === 'true';
    const cellsOf = (job, column) => root.querySelectorAll(`.cell[data-job="${job}"][data-column="${column}"]`);

    const activeIds = () => [...new Set(
        [...root.querySelectorAll('.cell[data-active]')].map((cell) => cell.dataset.job),
    )];

    const state = (name, text) => {
        bar.firstElementChild.dataset.state = name;
        if (words.textContent !== text) {
            words.textContent = text;
        }
    };

    const describe = () => {
        if (ended) {
            state('lost', 'Not refreshed any more');
        } else if (paused()) {
            state('paused', 'Paused');
        } else if (failures) {
            state('lost', 'Connection lost, trying again');
        } else {
            state(activeIds().length ? 'live' : 'idle', activeIds().length ? 'Live' : 'Up to date');
        }
    };

    // Returns what a listener should hear of the change: only a new status is worth an interruption.
    const replace = (html) => {
        const template = document.createElement('template');
        template.innerHTML = html;
        const fresh = template.content.firstElementChild;
        const {job, column, version} = fresh.dataset;
        let news = '';
        for (const old of cellsOf(job, column)) {
            if (old.dataset.version !== version) {
                if (column === 'status' && old.textContent !== fresh.textContent) {
                    const row = old.closest('tr');
                    const name = row && row.querySelector('.job-name');
                    news = `${name ? name.textContent : 'The job'}: ${fresh.textContent}`;
                    fresh.classList.add('changed');
                }
                old.replaceWith(fresh.cloneNode(true));
            }
        }
        return news;
    };

    // Jobs that the answer leaves out were deleted, or are hidden from this user now.
    const drop = (ids) => {
        for (const id of ids) {
            root.querySelectorAll(`.cell[data-job="${id}"]`).forEach((cell) => {
                cell.removeAttribute('data-active');
                cell.textContent = cell.dataset.column === 'status' ? 'Deleted or hidden' : '';
                cell.closest('tr')?.classList.add('gone');
            });
        }
    };

    const show = (jobs) => {
        const news = Object.values(jobs).flatMap((cells) => Object.values(cells).map(replace)).filter(Boolean);
        if (news.length) {
            announcer.textContent = news.length > 3 ? `${news.length} jobs changed` : news.join('. ');
        }
        document.dispatchEvent(new Event('cells-changed'));
    };

    const ask = async (ids) => {
        const answer = await poll(`${root.dataset.url}?ids=${ids.join(',')}`, etag ? {'If-None-Match': etag} : {});
        if (answer) {
            etag = answer.headers.get('ETag') || '';
            const jobs = await answer.json();
            drop(ids.filter((id) => !(id in jobs)));
            show(jobs);
        }
    };

    const tick = async () => {
        clearTimeout(timer);
        if (ended) {
            return;
        }
        const ids = activeIds();
        if (ids.length && !document.hidden && !paused()) {
            try {
                await ask(ids);
                failures = 0;
            } catch (error) {
                if (error instanceof PageEnded) {
                    ended = true;
                }
                failures += 1;
            }
        }
        describe();
        if (ended) {
            return;
        }
        clearTimeout(timer);
        timer = setTimeout(tick, Math.min(Number(choice.value) * 2 ** failures, SLOWEST));
    };

    const setPaused = (on) => {
        pause.setAttribute('aria-pressed', String(on));
        pause.textContent = on ? 'Resume' : 'Pause';
        remember('paused', on ? 'yes' : '');
        describe();
    };

    choice.value = remembered('interval') || choice.value;
    choice.addEventListener('change', () => {
        remember('interval', choice.value);
        tick();
    });
    pause.addEventListener('click', () => {
        setPaused(!paused());
        tick();
    });
    document.addEventListener('visibilitychange', () => document.hidden || tick());
    setPaused(remembered('paused') === 'yes');
    bar.hidden = false;
    timer = setTimeout(tick, Number(choice.value));
}
