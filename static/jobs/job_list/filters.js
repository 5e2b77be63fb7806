// Applies the filters of the job list as soon as one is chosen, and keeps empty ones out of the
// address.
'use strict';

{
    const form = document.getElementById('filters');

    const disableEmpty = () => {
        for (const control of form.elements) {
            control.disabled = control.disabled || (control.name && control.value === '');
        }
    };

    form.addEventListener('submit', disableEmpty);
    form.addEventListener('change', (event) => {
        // Each digit of a date is a change; the Apply button is for dates.
        if (event.target.matches('select, [type=checkbox]')) {
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
