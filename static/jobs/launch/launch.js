// Keeps the API call beside a launch form equal to what is typed; the server writes it, as it will read the form.
'use strict';

{
    const form = document.querySelector('form[data-call]');
    const shown = document.getElementById('curl');
    const PAUSE = 300;
    const press = form.querySelector('button[type=submit]').textContent;
    const comesBack = `Press “${press}”: the form comes back as you filled it in, without its secrets.`;
    const ENDS = {
        signedOut: [`You were signed out. ${comesBack}`],
        notAllowed: [`You signed in again, or may not launch this any more. ${comesBack}`],
        gone: null,
    };
    let timer = 0;
    let asking = new AbortController();

    const follow = async () => {
        asking.abort();
        asking = new AbortController();
        try {
            const answer = await fetch(form.dataset.call, {
                method: 'POST',
                body: new FormData(form),
                redirect: 'manual',
                signal: asking.signal,
            });
            checkSession(answer, ENDS);
            shown.classList.toggle('stale', !answer.ok);
            if (answer.ok) {
                shown.textContent = await answer.text();
            }
        } catch (error) {
            // Overtaken by the next key is no failure.
            shown.classList.toggle('stale', error.name !== 'AbortError');
        }
    };

    form.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(follow, PAUSE);
    });
}
