// Forms with a once-only key: ignores a second press of the same form within 5 s, and renews the
// key after the browser's Back button.
'use strict';

{
    const SECOND_PRESS_MS = 5000;
    const sent = new WeakMap();

    const contentOf = (form) => JSON.stringify(
        [...new FormData(form)].filter(([, value]) => typeof value === 'string'),
    );

    // The server recognises a second press, too. But the browser shows only its response, and a
    // new token is in the response to the first.
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

    // A page from the browser's cache counts as a form that was opened again.
    addEventListener('pageshow', (event) => {
        if (event.persisted) {
            document.querySelectorAll('input[name=once]').forEach((input) => {
                input.value = `${input.value.split('~')[0]}~${Date.now()}`;
                sent.delete(input.form);
            });
        }
    });
}
