// Tells the server the browser's time zone by a cookie, so that pages read and show times in it.
'use strict';

{
    const {path} = document.currentScript.dataset;
    const {timeZone} = new Intl.DateTimeFormat().resolvedOptions();
    if (!document.cookie.split('; ').includes(`zone=${timeZone}`)) {
        const secure = location.protocol === 'https:' ? '; Secure' : '';
        document.cookie = `zone=${timeZone}; Path=${path}; Max-Age=31536000; SameSite=Lax${secure}`;
    }
}
