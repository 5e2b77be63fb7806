// Offers periods in words for fields named since and until: a click sets both, to midnights of the
// browser's zone. `until` is the first moment after the period.
'use strict';

{
    const midnight = (year, month, day) => {
        const two = (number) => String(number).padStart(2, '0');
        const at = new Date(year, month, day);
        return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T00:00`;
    };

    // First day and the day after the last one, of today's year, month and day.
    const PERIODS = {
        'Yesterday': (year, month, day) => [[year, month, day - 1], [year, month, day]],
        'This month': (year, month, day) => [[year, month, 1], [year, month, day + 1]],
        'Last month': (year, month) => [[year, month - 1, 1], [year, month, 1]],
    };

    const choose = (since, until, period) => {
        const now = new Date();
        const [first, after] = period(now.getFullYear(), now.getMonth(), now.getDate());
        since.value = midnight(...first);
        until.value = midnight(...after);
        for (const field of [since, until]) {
            // As typing does, for scripts that follow the form.
            field.dispatchEvent(new Event('input', {bubbles: true}));
            field.dispatchEvent(new Event('change', {bubbles: true}));
        }
    };

    for (const since of document.querySelectorAll('input[type=datetime-local][name$=since]')) {
        const until = since.form.elements[since.name.replace(/since$/, 'until')];
        if (!until) {
            continue;
        }
        const buttons = Object.entries(PERIODS).map(([label, period]) => {
            const button = document.createElement('button');
            button.type = 'button';
            button.textContent = label;
            button.addEventListener('click', () => choose(since, until, period));
            return button;
        });
        const row = document.createElement('div');
        row.className = 'presets';
        row.append(...buttons);
        since.parentElement.querySelector('label').after(row);
    }
}
