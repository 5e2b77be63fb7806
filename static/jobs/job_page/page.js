// Refreshes the page of one job: replaces its regions when the job changes, and gives new lines of
// its log to log.js.
'use strict';

{
    const root = document.getElementById('job');
    const announcer = root.querySelector('[data-announce]');
    const INTERVAL_MS = 1000;
    const LONGEST_INTERVAL_MS = 30000;
    const shown = new Map();
    let failures = 0;

    // A region with an open form, or with the text cursor, is replaced later.
    const isInUse = (region) => region.querySelector('details.ask[open]')
        || (region.contains(document.activeElement) && document.activeElement.matches('input'));

    const focusable = (region) => [...region.querySelectorAll('a, button, summary')];

    const keepFocus = (region, change) => {
        const focused = focusable(region).find((element) => element === document.activeElement);
        change();
        if (focused) {
            const text = focused.textContent;
            const same = focusable(region).find((element) => element.textContent === text);
            same?.focus({preventScroll: true});
        }
    };

    const detailsOf = (region) => [...region.querySelectorAll('details')];

    // Returns whether the region now shows `html`.
    const replaceRegion = (name, html) => {
        const region = root.querySelector(`[data-region="${name}"]`);
        if (isInUse(region) && root.hasAttribute('data-active')) {
            return false;
        }
        if (shown.get(name) !== html) {
            const wasOpen = detailsOf(region).map((details) => details.open);
            keepFocus(region, () => {
                region.innerHTML = html;
            });
            detailsOf(region).forEach((details, number) => {
                details.open ||= Boolean(wasOpen[number] && !details.matches('.ask'));
            });
            shown.set(name, html);
        }
        return true;
    };

    const update = ({version, active, regions, log}) => {
        const before = root.querySelector('.badge').textContent;
        root.toggleAttribute('data-active', active);
        const replaced = Object.entries(regions).map((region) => replaceRegion(...region));
        // Without a version the server sends all regions again.
        root.dataset.version = replaced.every(Boolean) ? version : '';
        if (log.after) {
            jobLog.update(log);
        }
        jobLog.setActive(active);
        const now = root.querySelector('.badge').textContent;
        if (now !== before) {
            announcer.textContent = `The job is now ${now}`;
        }
        document.dispatchEvent(new Event('cells-changed'));
    };

    const refresh = async () => {
        const {url, version} = root.dataset;
        const values = jobLog.wanted();
        values.set('version', version);
        const response = await poll(`${url}?${values}`);
        if (response) {
            update(await response.json());
        }
    };

    const tick = async () => {
        if (!document.hidden) {
            try {
                await refresh();
                failures = 0;
            } catch (error) {
                if (error instanceof PageEnded) {
                    root.classList.remove('connection-lost');
                    return;
                }
                failures += 1;
            }
            root.classList.toggle('connection-lost', failures > 1);
        }
        if (root.hasAttribute('data-active') || root.dataset.version === '') {
            setTimeout(tick, Math.min(INTERVAL_MS * 2 ** failures, LONGEST_INTERVAL_MS));
        }
    };

    if (root.hasAttribute('data-active')) {
        jobLog.setActive(true);
        setTimeout(tick, INTERVAL_MS);
    }
}
