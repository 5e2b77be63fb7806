// Refreshes the live cells of the job list in place, with one request for all active jobs.
'use strict';

{
    const root = document.getElementById('live');
    const bar = root.querySelector('.live-bar');
    const stateText = bar.querySelector('[data-live-state]');
    const announcer = bar.querySelector('[data-live-announce]');
    const interval = bar.querySelector('select');
    const pause = bar.querySelector('.live-pause');
    const LONGEST_INTERVAL_MS = 30000;
    let etag = '';
    let failures = 0;
    let hasEnded = false;
    let timer = 0;

    const save = (name, value) => localStorage.setItem(`live.${name}`, value);
    const saved = (name) => localStorage.getItem(`live.${name}`);
    const isPaused = () => pause.getAttribute('aria-pressed') === 'true';
    const cellsOf = (job) => root.querySelectorAll(`.cell[data-job="${job}"]`);

    const activeIds = () => [...new Set(
        [...root.querySelectorAll('.cell[data-active]')].map((cell) => cell.dataset.job),
    )];

    const setState = (name, text) => {
        bar.firstElementChild.dataset.state = name;
        if (stateText.textContent !== text) {
            stateText.textContent = text;
        }
    };

    const showState = () => {
        if (hasEnded) {
            setState('lost', 'No longer refreshed');
        } else if (isPaused()) {
            setState('paused', 'Paused');
        } else if (failures) {
            setState('lost', 'Connection lost, trying again');
        } else if (activeIds().length) {
            setState('live', 'Live');
        } else {
            setState('idle', 'Up to date');
        }
    };

    // Returns the sentence for screen readers: a new status; '' for other changes.
    const replaceCell = (html) => {
        const template = document.createElement('template');
        template.innerHTML = html;
        const fresh = template.content.firstElementChild;
        const {job, column, version} = fresh.dataset;
        let sentence = '';
        for (const old of cellsOf(job)) {
            if (old.dataset.column !== column || old.dataset.version === version) {
                continue;
            }
            if (column === 'status' && old.textContent !== fresh.textContent) {
                const name = old.closest('tr')?.querySelector('.job-name');
                sentence = `${name ? name.textContent : 'The job'}: ${fresh.textContent}`;
            }
            old.replaceWith(fresh.cloneNode(true));
        }
        return sentence;
    };

    // Jobs that the response leaves out were deleted, or this user may no longer see them.
    const markGone = (ids) => {
        for (const cell of ids.flatMap((id) => [...cellsOf(id)])) {
            cell.removeAttribute('data-active');
            cell.textContent = cell.dataset.column === 'status' ? 'Deleted or hidden' : '';
            cell.closest('tr')?.classList.add('gone');
        }
    };

    const showJobs = (jobs) => {
        const cells = Object.values(jobs).flatMap((job) => Object.values(job));
        const sentences = cells.map(replaceCell).filter(Boolean);
        if (sentences.length) {
            const count = sentences.length;
            announcer.textContent = count > 3 ? `${count} jobs changed` : sentences.join('. ');
        }
        document.dispatchEvent(new Event('cells-changed'));
    };

    const refresh = async (ids) => {
        const url = `${root.dataset.url}?ids=${ids.join(',')}`;
        const response = await poll(url, etag ? {'If-None-Match': etag} : {});
        if (response) {
            etag = response.headers.get('ETag') || '';
            const jobs = await response.json();
            markGone(ids.filter((id) => !(id in jobs)));
            showJobs(jobs);
        }
    };

    const tick = async () => {
        clearTimeout(timer);
        if (hasEnded) {
            return;
        }
        const ids = activeIds();
        if (ids.length && !document.hidden && !isPaused()) {
            try {
                await refresh(ids);
                failures = 0;
            } catch (error) {
                hasEnded = error instanceof PageEnded;
                failures += 1;
            }
        }
        showState();
        if (hasEnded) {
            return;
        }
        clearTimeout(timer);
        const delay = Number(interval.value) * 2 ** failures;
        timer = setTimeout(tick, Math.min(delay, LONGEST_INTERVAL_MS));
    };

    const setPaused = (on) => {
        pause.setAttribute('aria-pressed', String(on));
        pause.textContent = on ? 'Resume' : 'Pause';
        save('paused', on ? 'yes' : '');
        showState();
    };

    interval.value = saved('interval') || interval.value;
    interval.addEventListener('change', () => {
        save('interval', interval.value);
        tick();
    });
    pause.addEventListener('click', () => {
        setPaused(!isPaused());
        tick();
    });
    document.addEventListener('visibilitychange', () => document.hidden || tick());
    setPaused(saved('paused') === 'yes');
    bar.hidden = false;
    timer = setTimeout(tick, Number(interval.value));
}
