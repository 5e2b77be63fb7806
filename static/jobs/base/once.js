// For forms with a once-only key: leaves out a second press of the same form, and renews the key after Back.
'use strict';

{
    const SECOND_PRESS_MS = 5000;
    const sent = new WeakMap();

    const contentOf = (form) => JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === 'string'));

    // The server knows a second press by itself; but only its answer would be shown, and a token is shown in the first.
    document.addEventListener('submit', (event) => {
        const form = event.target;
        if (event.defaultPrevented || !form.elements.namedItem('once')) {
            return;
        }
        const last = sent.get(form);
        const content = contentOf(form);
        if (last && last.content === content && Date.now() - last.at < SECOND_PRESS_MS) {
            event.preventDefault();
        } else {
            sent.set(form, {content, at: Date.now()});
        }
    });

    // A page that the browser kept as it was is a form opened again.
    addEventListener('pageshow', (event) => {
        if (event.persisted) {
            document.querySelectorAll('input[name=once]').forEach((input) => {
                input.value = `${input.value.split('~')[0]}~${Date.now()}`;
                sent.delete(input.form);
            });
        }
    });
}
