// Refreshes the page of one job: replaces its regions when the job changes, and gives new lines of
// its log to log.js.
'use strict';

{
    const root = document.getElementById('job');
    const announcer = root.querySelector('[data-announce]');
    const INTERVAL_MS = 1000;
    const SETTLED_INTERVAL_MS = 5000;

    // A region with an open form, or with the text cursor, is replaced later.
    const isInUse = (region) => region.querySelector('details.ask[open]')
        || (region.contains(document.activeElement) && document.activeElement.matches('input'));

    // Returns whether the region now shows `html`, but for text that is selected.
    const replaceRegion = (name, html) => {
        const region = root.querySelector(`[data-region="${name}"]`);
        if (isInUse(region) && root.hasAttribute('data-active')) {
            return false;
        }
        patch(region, html);
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
    };

    const url = () => {
        const values = jobLog.wanted();
        values.set('version', root.dataset.version);
        return `${root.dataset.url}?${values}`;
    };

    const isActive = () => root.hasAttribute('data-active') || root.dataset.version === '';

    const said = (state, failures) => {
        root.classList.toggle('connection-late', state === 'late');
        root.classList.toggle('connection-lost', state === 'lost' && failures > 1);
    };

    jobLog.setActive(root.hasAttribute('data-active'));
    keepLive({
        url,
        period: () => (isActive() ? INTERVAL_MS : SETTLED_INTERVAL_MS),
        show: update,
        said,
        etag: `"${root.dataset.etag}"`,
    });
}
