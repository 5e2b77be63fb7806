// Keeps the home page up to date: replaces the regions that changed.
'use strict';

{
    const root = document.getElementById('home');
    const announcer = root.querySelector('[data-live-announce]');
    const PERIOD_MS = 5000;
    let attention = document.querySelector('[data-attention]').textContent;

    const regions = () => [...root.querySelectorAll('[data-region]')];

    const url = () => {
        const tags = regions().map(({dataset}) => `${dataset.region}.${dataset.tag}`).join(',');
        return `${root.dataset.url}?tags=${encodeURIComponent(tags)}`;
    };

    const show = (answer) => {
        for (const [name, {html, tag}] of Object.entries(answer.regions)) {
            const region = root.querySelector(`[data-region="${name}"]`);
            patch(region, html);
            region.dataset.tag = tag;
        }
        if (answer.attention !== attention) {
            attention = answer.attention;
            announcer.textContent = `Failures to review: ${attention || 'none'}`;
        }
    };

    const said = (state, failures) => {
        root.querySelector('[data-late]').hidden = state !== 'late';
        root.querySelector('[data-lost]').hidden = state !== 'lost' || failures < 2;
    };

    keepLive({url, period: () => PERIOD_MS, show, said});
}
