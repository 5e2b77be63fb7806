// Tells the server the browser's time zone by a cookie, so that pages read and show times in it. If
// the zone changes while a page is open, the page keeps its own and says so.
'use strict';

{
    const {path} = document.currentScript.dataset;
    const CHECK_MS = 2000;
    const zoneNow = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const timeZone = zoneNow();
    if (!document.cookie.split('; ').includes(`zone=${timeZone}`)) {
        const secure = location.protocol === 'https:' ? '; Secure' : '';
        document.cookie = `zone=${timeZone}; Path=${path}; Max-Age=31536000; SameSite=Lax${secure}`;
    }

    const showChange = () => {
        const reload = document.createElement('a');
        reload.href = location.href;
        reload.textContent = 'Reload the page';
        const note = document.createElement('p');
        note.className = 'stale-note';
        note.dataset.zoneChanged = '';
        note.setAttribute('role', 'alert');
        const zones = `This computer is now in ${zoneNow()}; times here are in ${timeZone}. `;
        note.append(zones, reload);
        document.getElementById('content')?.before(note);
    };

    const check = () => {
        const shown = document.querySelector('[data-zone-changed]');
        if (zoneNow() === timeZone) {
            shown?.remove();
        } else if (!shown) {
            showChange();
        }
    };
    setInterval(check, CHECK_MS);
}
