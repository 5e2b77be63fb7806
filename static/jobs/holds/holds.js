// Shows the fields for a time only while "Until a time" is chosen.
'use strict';

for (const ends of document.querySelectorAll('.hold-form select[name$="-ends"]')) {
    const entry = ends.form.querySelector('input[name$="-until"]').closest('.entry');
    const show = () => {
        entry.hidden = ends.value !== 'time';
    };
    ends.addEventListener('change', show);
    show();
}
