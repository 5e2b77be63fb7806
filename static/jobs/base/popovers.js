// Popovers are <details> elements: they open without JavaScript. With it, Escape and clicks outside
// close them, one is open at a time, and the first field of an opened one has the focus.
'use strict';

{
    const POPOVERS = 'details:is(.popover, .ask)';
    const FIELDS = ':is(input:not([type=hidden]), select, textarea):not(:disabled)';

    const openOnes = () => document.querySelectorAll(`${POPOVERS}[open]`);

    const close = (popover) => {
        const hadFocus = popover.contains(document.activeElement);
        popover.open = false;
        if (hadFocus) {
            popover.querySelector('summary').focus();
        }
    };

    const closeExcept = (kept) => {
        for (const popover of openOnes()) {
            if (!popover.contains(kept)) {
                close(popover);
            }
        }
    };

    document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && openOnes().length) {
            event.preventDefault();
            openOnes().forEach(close);
        }
    });
    document.addEventListener('click', (event) => closeExcept(event.target));
    document.addEventListener('focusin', (event) => closeExcept(event.target));
    // Captured, because the event does not bubble.
    document.addEventListener('toggle', (event) => {
        if (event.target.matches(`${POPOVERS}[open]`)) {
            event.target.querySelector(FIELDS)?.focus();
        }
    }, true);

    // Controls that only scripts serve.
    document.querySelectorAll('[data-scripted]').forEach((control) => {
        control.hidden = false;
    });
}
