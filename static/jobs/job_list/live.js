// Keeps the job list up to date: cells, tabs, counts and the number of new jobs. Rows stay where
// they are until the page is opened again.
'use strict';

{
    const root = document.getElementById('live');
    const bar = root.querySelector('.live-bar');
    const stateText = bar.querySelector('[data-live-state]');
    const announcer = bar.querySelector('[data-live-announce]');
    const interval = bar.querySelector('select');
    const pauseButton = bar.querySelector('.live-pause');
    const fresh = root.querySelector('.fresh');
    const TICKED = 'live.ticked';
    const tags = new Map();
    let isCounted = true;

    const save = (name, value) => localStorage.setItem(`live.${name}`, value);
    const saved = (name) => localStorage.getItem(`live.${name}`);
    const isPaused = () => pauseButton.getAttribute('aria-pressed') === 'true';
    const cellsOf = (job) => [...root.querySelectorAll(`.cell[data-job="${job}"]`)];
    const rowOf = (job) => cellsOf(job)[0]?.closest('tr');
    const boxes = () => [...root.querySelectorAll('input.action-select')];

    for (const {dataset} of root.querySelectorAll('.cell[data-tags]')) {
        tags.set(dataset.job, dataset.tags);
    }

    const url = () => {
        const query = new URLSearchParams(location.search);
        query.set('since', root.dataset.since);
        const ids = [...tags].map(([job, tag]) => `${job}.${tag}`).join(',');
        return `${root.dataset.url}?${query}&ids=${ids}`;
    };

    const setState = (name, text) => {
        bar.firstElementChild.dataset.state = name;
        if (stateText.textContent !== text) {
            stateText.textContent = text;
        }
    };

    const showState = (state) => {
        if (state === 'ended') {
            setState('lost', 'No longer refreshed');
        } else if (isPaused()) {
            setState('paused', 'Paused');
        } else if (state === 'lost') {
            setState('lost', 'Connection lost, trying again');
        } else if (state === 'late') {
            setState('lost', 'Slow connection, cells may be old');
        } else {
            setState('live', isCounted ? 'Live' : 'Live, but not the counts');
        }
    };

    const nameOf = (row) => row?.querySelector('.job-name')?.textContent || 'The job';

    // Returns a sentence for screen readers if the status is another one.
    const showCells = ([job, {tags: tag, cells}]) => {
        let sentence = '';
        for (const cell of cellsOf(job)) {
            const {column} = cell.dataset;
            if (!(column in cells)) {
                continue;
            }
            const before = cell.textContent;
            patch(cell, cells[column]);
            if (column === 'status' && cell.textContent !== before) {
                sentence = `${nameOf(cell.closest('tr'))}: ${cell.textContent}`;
            }
        }
        tags.set(job, tag);
        return sentence;
    };

    const showGone = (job) => {
        for (const cell of cellsOf(job)) {
            patch(cell, cell.dataset.column === 'status' ? 'Deleted or hidden' : '');
        }
    };

    const showPlaces = (left, gone) => {
        gone.forEach(showGone);
        for (const job of tags.keys()) {
            rowOf(job)?.classList.toggle('left', left.includes(job));
            rowOf(job)?.classList.toggle('gone', gone.includes(job));
        }
    };

    const showCounts = (tabs, count) => {
        isCounted = tabs !== null;
        document.querySelector('.tabs').classList.toggle('uncounted', !isCounted);
        for (const [status, text] of Object.entries(tabs || {})) {
            document.querySelector(`.tabs [data-tab="${status}"]`).textContent = text;
        }
        const shown = document.querySelector('[data-count]');
        if (shown && count) {
            shown.textContent = count;
        }
        const [number] = (count || '').split(' ');
        for (const text of number ? document.querySelectorAll('[data-counted]') : []) {
            text.textContent = text.textContent.replace(/[\d,]+\+?/, number);
        }
    };

    const showFresh = (text) => {
        if (text === null) {
            return '';
        }
        const isNews = text && fresh.textContent !== text;
        fresh.hidden = !text;
        fresh.textContent = text;
        return isNews ? `${text} above the list` : '';
    };

    const announce = (sentences, news) => {
        const changed = sentences.length > 3 ? [`${sentences.length} jobs changed`] : sentences;
        const text = [...changed, news].filter(Boolean).join('. ');
        if (text) {
            announcer.textContent = text;
        }
    };

    const show = ({rows, left, gone, tabs, count, new: text}) => {
        const sentences = Object.entries(rows).map(showCells).filter(Boolean);
        showPlaces(left, gone);
        showCounts(tabs, count);
        announce(sentences, showFresh(text));
    };

    const live = keepLive({url, period: () => Number(interval.value), show, said: showState});

    const setPaused = (on) => {
        pauseButton.setAttribute('aria-pressed', String(on));
        pauseButton.textContent = on ? 'Resume' : 'Pause';
        save('paused', on ? 'yes' : '');
        live.pause(on);
        if (on) {
            showState('paused');
        }
    };

    // Ticked rows stay ticked behind the link to the new jobs, and on the way back from a job.
    // Browsers keep no form of a page that they may not store.
    let next = '';
    fresh.addEventListener('click', () => {
        next = fresh.href;
    });
    addEventListener('pagehide', () => {
        const ticked = boxes().filter((box) => box.checked).map((box) => box.value);
        sessionStorage.setItem(TICKED, JSON.stringify({from: location.href, next, ticked}));
    });
    const tickAgain = () => {
        const kept = JSON.parse(sessionStorage.getItem(TICKED) || '{}');
        const [navigation] = performance.getEntriesByType('navigation');
        sessionStorage.removeItem(TICKED);
        if (kept[navigation?.type === 'back_forward' ? 'from' : 'next'] === location.href) {
            boxes().filter((box) => kept.ticked.includes(box.value) && !box.checked)
                .forEach((box) => box.click());
        }
    };
    addEventListener('load', tickAgain);

    interval.value = saved('interval') || interval.value;
    interval.addEventListener('change', () => {
        save('interval', interval.value);
        live.tick();
    });
    pauseButton.addEventListener('click', () => setPaused(!isPaused()));
    setPaused(saved('paused') === 'yes');
    bar.hidden = false;
}
