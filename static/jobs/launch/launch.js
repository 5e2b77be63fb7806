// Updates the API call beside a launch form while the user types. The server writes the call, since
// it also reads the form.
'use strict';

{
    const form = document.querySelector('form[data-call]');
    const call = document.getElementById('curl');
    const DELAY_MS = 300;
    const sending = form.querySelector('[data-sending]');
    const button = form.querySelector('button[type=submit]').textContent;
    const advice = `Press “${button}”: you get the form back as you filled it in, `
        + 'without its secrets.';
    const NOTES = {
        signedOut: [`You were signed out. ${advice}`],
        notAllowed: [`You signed in again, or may no longer launch this. ${advice}`],
        gone: null,
    };
    let timer = 0;
    let request = new AbortController();

    // The entries without the files themselves, which the preview does not need.
    const entries = () => {
        const data = new FormData(form);
        for (const [name, value] of [...data]) {
            if (value instanceof File) {
                data.delete(name);
            }
        }
        for (const {name, files} of form.querySelectorAll('input[type=file]')) {
            if (files.length) {
                data.set(`${name}-name`, files[0].name);
            } else {
                const kept = form.querySelector(`input[type=hidden][name="${name}"]`);
                if (kept) {
                    data.set(name, kept.value);
                }
            }
        }
        return data;
    };

    const update = async () => {
        request.abort();
        request = new AbortController();
        try {
            const response = await fetch(form.dataset.call, {
                method: 'POST',
                body: entries(),
                redirect: 'manual',
                signal: request.signal,
            });
            checkSession(response, NOTES);
            call.classList.toggle('stale', !response.ok);
            if (response.ok) {
                call.textContent = await response.text();
            }
        } catch (error) {
            // A request that the next key press aborted has not failed.
            call.classList.toggle('stale', error.name !== 'AbortError');
        }
    };

    const valueOf = (entry) => JSON.stringify(
        [...entry.querySelectorAll('input, select, textarea')].map((input) => {
            if (input.matches('select')) {
                return [...input.selectedOptions].map((option) => option.value);
            }
            return input.matches('[type=checkbox], [type=radio]') ? input.checked : input.value;
        }),
    );

    // The notes with the former value beside fields that are as in the job launched again.
    const notes = [...form.querySelectorAll('[data-was][hidden]')].map((note) => {
        const entry = note.closest('.entry');
        return {note, entry, value: valueOf(entry)};
    });

    const showChanges = () => {
        for (const {note, entry, value} of notes) {
            note.hidden = valueOf(entry) === value;
        }
    };

    const isTooLarge = ({files, dataset}) => files.length > 0
        && files[0].size > Number(dataset.limit);

    form.addEventListener('input', showChanges);
    form.addEventListener('change', ({target}) => {
        if (target.matches('input[type=file]')) {
            const entry = target.closest('.entry');
            entry.querySelector('.too-large').hidden = !isTooLarge(target);
            // It is about the file that was sent before.
            entry.querySelector('.errorlist')?.remove();
            entry.classList.toggle('errors', isTooLarge(target));
        }
    });
    // The server would refuse the file, and a very large one without the other entries.
    form.addEventListener('submit', (event) => {
        const inputs = [...form.querySelectorAll('input[type=file]')];
        const refused = inputs.find(isTooLarge);
        if (refused) {
            event.preventDefault();
            refused.focus();
        }
        sending.hidden = Boolean(refused) || !inputs.some(({files}) => files.length);
    });
    addEventListener('pageshow', () => {
        sending.hidden = true;
    });
    form.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(update, DELAY_MS);
    });
}
