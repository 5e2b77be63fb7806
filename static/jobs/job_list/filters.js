// Applies the filters of the job list as soon as one is chosen, and leaves empty ones out of the address.
'use strict';

{
    const form = document.getElementById('filters');

    const withoutEmpty = () => {
        for (const control of form.elements) {
            control.disabled = control.disabled || (control.name && control.value === '');
        }
    };

    form.addEventListener('submit', withoutEmpty);
    form.addEventListener('change', (event) => {
        // A date is typed digit by digit, each of which is a change; the button is for those.
        if (event.target.matches('select, [type=checkbox]')) {
            form.requestSubmit();
        }
    });
    // Coming back by the browser's Back button shows the form as it was left: disabled.
    window.addEventListener('pageshow', () => {
        for (const control of form.elements) {
            control.disabled = false;
        }
    });
}
