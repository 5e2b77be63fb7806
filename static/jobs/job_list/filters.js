// Applies the filters of the job list as soon as one is chosen, keeps empty ones out of the
// address, and suggests how the last word of the search may go on.
'use strict';

{
    const form = document.getElementById('filters');
    const search = document.getElementById('id_q');
    const list = document.getElementById('search-suggestions');
    const EDGE = 24; // the shadow of tabs beyond the edge
    const suggested = [...list.options].map((option) => option.value);

    // On a phone the tabs scroll, and the current one may be beyond the edge. Its strip begins with
    // a whole tab, also at its end: half a count would be another number.
    const tabs = document.querySelector('.tabs');
    const startOf = (tab) => tab.offsetLeft - tabs.firstElementChild.offsetLeft;
    const starts = [...tabs.children].map(startOf);
    const firstFrom = (left) => starts.find((start) => start >= left) ?? starts.at(-1);
    const over = tabs.scrollWidth - tabs.clientWidth;
    if (over > 0) {
        const current = tabs.querySelector('[aria-current]') || tabs.firstElementChild;
        const lastStart = firstFrom(over);
        tabs.style.setProperty('--room', `${lastStart - over}px`);
        const end = startOf(current) + current.offsetWidth;
        tabs.scrollLeft = Math.min(firstFrom(end + EDGE - tabs.clientWidth), lastStart);
    }

    const disableEmpty = () => {
        for (const control of form.elements) {
            control.disabled = control.disabled || (control.name && control.value === '');
        }
    };

    // The browser compares a suggestion with all that was typed, so what stands before the last
    // word stands before each suggestion.
    const suggest = () => {
        const [, before, word] = /^(.*?)(\S*)$/s.exec(search.value);
        const matching = suggested.filter((one) => one.startsWith(word.toLowerCase()));
        list.replaceChildren(...(word ? matching : suggested).map((one) => {
            const option = document.createElement('option');
            option.value = before + one;
            return option;
        }));
    };

    search.addEventListener('input', suggest);
    form.addEventListener('submit', disableEmpty);
    form.addEventListener('change', (event) => {
        // Each digit of a date is a change, and several statuses may be ticked: they have a button.
        if (event.target.matches('select, [type=checkbox]:not([name=status])')) {
            form.requestSubmit();
        }
    });
    // The browser's Back button shows the form with its empty controls still disabled.
    window.addEventListener('pageshow', () => {
        for (const control of form.elements) {
            control.disabled = false;
        }
    });
}
