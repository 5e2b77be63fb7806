// Narrows the cards of job types while one types; Enter opens the first one. Without JavaScript the
// server narrows them, by the same comparison (searchable() in jobs/admin/launch/cards.py).
'use strict';

{
    const input = document.getElementById('type-search');
    const noTypes = document.querySelector('[data-no-types]');
    const groups = [...document.querySelectorAll('[data-types]')];

    const searchable = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

    const narrow = () => {
        const words = searchable(input.value).split(/\s+/);
        for (const group of groups) {
            const cards = [...group.querySelectorAll('[data-type]')];
            for (const card of cards) {
                card.hidden = !words.every((word) => card.dataset.type.includes(word));
            }
            group.hidden = cards.every((card) => card.hidden);
            if (group.matches('details')) {
                group.open = Boolean(input.value.trim()) && !group.hidden;
            }
        }
        noTypes.hidden = groups.some((group) => !group.hidden);
    };

    input.addEventListener('input', narrow);
    input.form.addEventListener('submit', (event) => {
        if (document.activeElement === input) {
            event.preventDefault();
            document.querySelector('[data-type]:not([hidden]) a')?.click();
        }
    });
    // After the browser's Back button the input has its text, and the cards are all there.
    addEventListener('pageshow', narrow);
}
