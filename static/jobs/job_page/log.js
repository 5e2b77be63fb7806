// The log on a job's page: follows a running job, loads other parts of the log, and keeps at most
// MAX_LINES lines on the page. page.js polls for new lines. Without this script the links load
// pages.
'use strict';

const jobLog = (() => {
    const MAX_LINES = 1000;
    const panel = document.getElementById('log');
    const part = panel.querySelector('[data-log-part]');
    const follow = document.getElementById('follow');
    let hasMissed = false;

    const scroller = () => part.querySelector('[data-lines]');
    const holder = () => part.querySelector('[data-log-lines]');
    const lines = () => holder().getElementsByClassName('line');
    const more = (place) => part.querySelector(`[data-log-more=${place}]`);
    const numberOf = (line) => Number(line.id.slice(1));
    const isSearch = () => Boolean(new URLSearchParams(location.search).get('find'));
    const isAtEnd = () => more('after').hidden && !isSearch();

    // The levels and the text of the address, at another place.
    const query = (place = {}) => {
        const values = new URLSearchParams(location.search);
        ['before', 'after', 'line'].forEach((name) => values.delete(name));
        Object.entries(place).forEach(([name, number]) => values.set(name, number));
        return values;
    };

    const changed = () => document.dispatchEvent(new Event('cells-changed'));
    const toEnd = () => {
        scroller().scrollTop = scroller().scrollHeight;
    };

    // A part of the log as its elements; null if it cannot be had now.
    const fetchPart = async (values) => {
        try {
            const response = await poll(`${panel.dataset.partUrl}?${values}`);
            const holderOfPart = document.createElement('div');
            holderOfPart.innerHTML = await response.text();
            return holderOfPart;
        } catch {
            return null;
        }
    };

    const showPart = (html) => {
        const hadFocus = document.activeElement?.name === 'find';
        part.innerHTML = html;
        if (hadFocus) {
            part.querySelector('[name=find]')?.focus();
        }
        changed();
    };

    const isLine = ({hash}) => /^#L\d+$/.test(hash);

    const showLine = () => {
        const line = isLine(location) && document.getElementById(location.hash.slice(1));
        if (line) {
            scroller().scrollTop = line.offsetTop - scroller().clientHeight / 3;
        }
        return Boolean(line);
    };

    // Shows the part at an address of the page, "?level=ERROR#log", and makes it the page's own.
    const go = async (address) => {
        const url = new URL(address, location.href);
        const loaded = await fetchPart(url.searchParams);
        if (!loaded) {
            location.assign(url);
            return;
        }
        history.replaceState(null, '', url.pathname + url.search);
        showPart(loaded.innerHTML);
        hasMissed = false;
        if (isLine(url)) {
            location.replace(url.hash); // so that :target is this line
            showLine();
        } else {
            toEnd();
        }
        follow.checked = isAtEnd() && !isLine(url);
    };

    const setMore = (place, isThere) => {
        const all = lines();
        const line = place === 'before' ? all[0] : all[all.length - 1];
        more(place).hidden = !isThere;
        if (line) {
            more(place).href = `?${query({[place]: numberOf(line)})}#log`;
        }
    };

    // Removes lines, with the notes beside them, from the far end.
    const trim = (end) => {
        let over = lines().length - MAX_LINES;
        if (over <= 0) {
            return;
        }
        while (over > 0) {
            const {firstElementChild, lastElementChild} = holder();
            const farthest = end === 'first' ? firstElementChild : lastElementChild;
            over -= farthest.matches('.line') ? 1 : 0;
            farthest.remove();
        }
        setMore(end === 'first' ? 'before' : 'after', true);
    };

    const loadMore = async (place) => {
        const link = more(place);
        const loaded = await fetchPart(new URL(link.href).searchParams);
        if (!loaded) {
            location.assign(link.href);
            return;
        }
        const added = [...loaded.querySelector('[data-log-lines]').children];
        const {scrollHeight, scrollTop} = scroller();
        if (place === 'before') {
            follow.checked = false;
            holder().prepend(...added);
            scroller().scrollTop = scrollTop + scroller().scrollHeight - scrollHeight;
            trim('last');
        } else {
            holder().append(...added);
            trim('first');
        }
        setMore(place, !loaded.querySelector(`[data-log-more=${place}]`).hidden);
        changed();
    };

    const hasSelection = () => {
        const selection = getSelection();
        return !selection.isCollapsed && part.contains(selection.anchorNode);
    };

    const append = (html) => {
        part.querySelector('[data-no-lines]')?.remove();
        holder().insertAdjacentHTML('beforeend', html);
        trim('first');
        toEnd();
    };

    // New lines, as the server sends them; not shown while the reader reads other lines.
    const update = (log) => {
        holder().dataset.last = log.after;
        if (!follow.checked || !isAtEnd()) {
            setMore('after', true);
        } else if (hasSelection()) {
            hasMissed = true;
        } else if (log.part || hasMissed || !part.querySelector('[data-log-levels]')) {
            return go(`?${query()}`);
        } else {
            append(log.lines);
        }
        if (log.levels && part.querySelector('[data-log-levels]')) {
            part.querySelector('[data-log-levels]').innerHTML = log.levels;
        }
        return null;
    };

    // What page.js asks for: the lines after the last one that it was sent.
    const wanted = () => query({after: holder().dataset.last});

    const setActive = (isActive) => {
        follow.closest('label').hidden = !isActive;
    };

    part.addEventListener('click', (event) => {
        const link = event.target.closest('a');
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) {
            return;
        }
        if (link.matches('[data-log-line]')) {
            event.preventDefault();
            history.replaceState(null, '', link.getAttribute('href').split('#')[0]);
            location.replace(link.hash);
            follow.checked = false;
        } else if (link.matches('[data-log-more]')) {
            event.preventDefault();
            loadMore(link.dataset.logMore);
        } else if (link.matches('[data-log-link]')) {
            event.preventDefault();
            go(link.href);
        }
    });
    part.addEventListener('submit', (event) => {
        event.preventDefault();
        go(`?${new URLSearchParams(new FormData(event.target))}`);
    });
    // Scroll events do not bubble.
    part.addEventListener('scroll', ({target}) => {
        const left = target.scrollHeight - target.scrollTop - target.clientHeight;
        follow.checked = left < 8 && isAtEnd();
    }, true);
    document.addEventListener('selectionchange', () => {
        if (hasMissed && follow.checked && !hasSelection()) {
            go(`?${query()}`);
        }
    });
    follow.addEventListener('change', () => {
        if (follow.checked) {
            go(`?${query()}`);
        }
    });

    if (!showLine() && isLine(location)) {
        go(`?line=${location.hash.slice(2)}${location.hash}`);
    } else if (follow.checked && !isLine(location)) {
        toEnd();
    }
    return {update, wanted, setActive};
})();
