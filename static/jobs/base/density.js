// The saved height of rows. Not deferred: rows drawn later than this would jump.
'use strict';

{
    const root = document.documentElement;
    const show = (density) => {
        root.dataset.density = density;
    };

    show(localStorage.getItem('density') === 'compact' ? 'compact' : 'normal');
    document.addEventListener('DOMContentLoaded', () => {
        document.querySelector('[data-density-switch]')?.addEventListener('click', () => {
            show(root.dataset.density === 'compact' ? 'normal' : 'compact');
            localStorage.setItem('density', root.dataset.density);
        });
    });
}
