// Keeps the page of one job fresh: replaces its regions when the job changes, appends to its log.
'use strict';

{
    const root = document.getElementById('job');
    const lines = root.querySelector('[data-lines]');
    const announcer = root.querySelector('[data-announce]');
    const follow = document.getElementById('follow');
    const EVERY = 1000;
    const SLOWEST = 30000;
    const drawn = new Map();
    let failures = 0;

    // A region someone is typing in, or has opened a question in, waits for its turn.
    const busy = (region) => region.querySelector('details.ask[open]')
        || (region.contains(document.activeElement) && document.activeElement.matches('input'));

    const reachable = (region) => [...region.querySelectorAll('a, button, summary')];

    // The keyboard focus stays where it is.
    const keepFocus = (region, change) => {
        const focused = reachable(region).find((element) => element === document.activeElement);
        change();
        if (focused) {
            const same = reachable(region).find((element) => element.textContent === focused.textContent);
            same?.focus({preventScroll: true});
        }
    };

    const opened = (region) => [...region.querySelectorAll('details')].map((details) => details.open);

    const draw = (name, html) => {
        const region = root.querySelector(`[data-region="${name}"]`);
        if (busy(region) && root.hasAttribute('data-active')) {
            return false;
        }
        if (drawn.get(name) !== html) {
            const before = opened(region);
            keepFocus(region, () => {
                region.innerHTML = html;
            });
            region.querySelectorAll('details').forEach((details, number) => {
                details.open = details.open || Boolean(before[number] && !details.matches('.ask'));
            });
            drawn.set(name, html);
        }
        return true;
    };

    const append = (html) => {
        lines.insertAdjacentHTML('beforeend', html);
        const none = root.querySelector('[data-no-lines]');
        if (none) {
            none.remove();
        }
        if (follow.checked) {
            lines.scrollTop = lines.scrollHeight;
        }
    };

    const show = (answer) => {
        const before = root.querySelector('.badge').textContent;
        root.toggleAttribute('data-active', answer.active);
        const complete = Object.entries(answer.regions).map(([name, html]) => draw(name, html)).every(Boolean);
        // A region that was left as it is will be sent again.
        root.dataset.version = complete ? answer.version : '';
        if (answer.after !== null) {
            append(answer.lines);
            root.dataset.after = answer.after;
        }
        const now = root.querySelector('.badge').textContent;
        if (now !== before) {
            announcer.textContent = `The job is now ${now}`;
        }
        document.dispatchEvent(new Event('cells-changed'));
    };

    const ask = async () => {
        const {url, version, after} = root.dataset;
        const answer = await poll(`${url}?${new URLSearchParams({version, after})}`);
        if (answer) {
            show(await answer.json());
        }
    };

    const tick = async () => {
        if (!document.hidden) {
            try {
                await ask();
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
            setTimeout(tick, Math.min(EVERY * 2 ** failures, SLOWEST));
        }
    };

    lines.scrollTop = lines.scrollHeight;
    if (root.hasAttribute('data-active')) {
        follow.closest('label').hidden = false;
        setTimeout(tick, EVERY);
    }
}
