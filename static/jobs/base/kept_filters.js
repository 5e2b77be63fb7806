// "Jobs" in the navigation and in breadcrumbs leads back to the list with its last filters, tab and
// page. On the list itself it leads to the list without filters.
'use strict';

{
    const account = document.querySelector('meta[name=account]');
    const list = account?.dataset.jobs;
    const key = `list ${account?.content}`;
    if (list && location.pathname === list) {
        sessionStorage.setItem(key, location.search);
    } else if (list) {
        const kept = sessionStorage.getItem(key) || '';
        for (const link of document.querySelectorAll('.places a, .breadcrumbs a')) {
            if (link.getAttribute('href') === list) {
                link.href = list + kept;
            }
        }
    }
}
