// Keys for lists and jobs; templates/admin/jobs/frame/keys.html lists them. They do nothing while
// one types, with Ctrl, Alt or Meta, or once they are switched off (WCAG 2.1.4).
'use strict';

{
    const sheet = document.getElementById('keys');
    const onSwitch = document.getElementById('keys-on');
    const SAVED = 'keys';
    const ROWS = '#result_list tbody tr, .card:not([hidden]), .brief li, table.plain tbody tr';
    const SEARCHES = '[data-key-search], #id_q, #searchbar, main input[type=search]';
    const TYPED_IN = 'textarea, select, [contenteditable], [role=textbox], [role=combobox], '
        + 'input:not([type=checkbox], [type=radio], [type=button], [type=submit])';

    const areOn = () => localStorage.getItem(SAVED) !== 'off';
    const isShown = (element) => element.getClientRects().length > 0;
    const linkOf = (row) => row.querySelector('.job-name, a[href]');
    const rows = () => [...document.querySelectorAll(ROWS)].filter(
        (row) => isShown(row) && linkOf(row),
    );
    const currentRow = () => document.activeElement.closest(ROWS);

    // The focus moves, so that Enter, Tab and screen readers go on from the row.
    const move = (step) => {
        const all = rows();
        const at = all.indexOf(currentRow());
        const next = at < 0 ? all.at(step > 0 ? 0 : -1) : all[at + step];
        if (next) {
            linkOf(next).focus();
            next.scrollIntoView({block: 'nearest'});
        }
    };

    // A click, so that Django's script counts, and with Shift ticks all rows in between.
    const tick = () => currentRow()?.querySelector('.action-select')?.click();

    const open = () => {
        const row = currentRow();
        if (row) {
            linkOf(row).click();
        }
    };

    const place = (name) => document.querySelector(`.places [data-place=${name}]`);

    const search = () => {
        const input = [...document.querySelectorAll(SEARCHES)].find(isShown);
        if (input) {
            input.focus();
            input.select();
        } else if (place('jobs')) {
            location.assign(`${place('jobs').href}#search`);
        }
    };

    // On a list: the action on the ticked rows, or on the current one. On a job: its button.
    const act = (name) => {
        const select = document.querySelector('#changelist-form select[name=action]');
        if (select?.querySelector(`option[value=${name}]`)) {
            if (!document.querySelector('.action-select:checked')) {
                tick();
            }
            if (document.querySelector('.action-select:checked')) {
                select.value = name;
                document.querySelector('#changelist-form button[name=index]').click();
            }
            return;
        }
        const form = document.querySelector(`#job form[action$="/${name}/"]`);
        const summary = form?.closest('details')?.querySelector('summary');
        (summary || form?.querySelector('[type=submit]'))?.click();
    };

    const showSheet = () => {
        onSwitch.checked = areOn();
        sheet.showModal();
    };

    const KEYS = {
        '/': search,
        j: () => move(1),
        k: () => move(-1),
        x: tick,
        X: tick,
        o: open,
        l: () => place('launch')?.click(),
        c: () => act('cancel'),
        a: () => act('acknowledge'),
        '?': showSheet,
    };

    document.addEventListener('keydown', (event) => {
        const isTyping = event.isComposing || event.target.matches?.(TYPED_IN);
        const run = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
        if (!run || isTyping || event.defaultPrevented || event.ctrlKey || event.altKey
            || event.metaKey || sheet.open || !areOn()) {
            return;
        }
        event.preventDefault();
        run();
    });

    onSwitch.addEventListener('change', () => {
        localStorage.setItem(SAVED, onSwitch.checked ? 'on' : 'off');
    });
    document.querySelector('[data-show-keys]').addEventListener('click', showSheet);
    if (location.hash === '#search') {
        // A form keeps the hash of its page, and the next page would take the focus again.
        history.replaceState(null, '', location.pathname + location.search);
        search();
    }
}
