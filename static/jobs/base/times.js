// Keeps times moving: "5 min ago", running durations; exact times in the browser's zone. The words are times.py's.
'use strict';

{
    const UNITS = [[3600, 60, 'min', 1, 's'], [86400, 3600, 'h', 60, 'min'], [Infinity, 86400, 'd', 3600, 'h']];
    // The server's clock minus ours: a wrong clock here must not make jobs run for minus two hours.
    let ahead = 0;

    const unitOf = (seconds) => UNITS.find((unit) => seconds < unit[0]);

    const duration = (given) => {
        const seconds = Math.max(0, given);
        if (seconds < 60) {
            return `${Math.floor(seconds)} s`;
        }
        const [, big, bigName, small, smallName] = unitOf(seconds);
        const rest = String(Math.floor((Math.floor(seconds) % big) / small)).padStart(2, '0');
        return `${Math.floor(seconds / big)} ${bigName} ${rest} ${smallName}`;
    };

    const ago = (seconds) => {
        if (seconds < 60) {
            return 'just now';
        }
        const [, big, name] = unitOf(seconds);
        return `${Math.floor(seconds / big)} ${name} ago`;
    };

    const exact = new Intl.DateTimeFormat('sv-SE', {dateStyle: 'short', timeStyle: 'medium'});
    const zone = new Intl.DateTimeFormat('en', {timeZoneName: 'short'});
    const zoneName = (at) => zone.formatToParts(at).find((part) => part.type === 'timeZoneName').value;
    const clock = new Intl.DateTimeFormat('sv-SE', {timeStyle: 'medium'});
    const hour = new Intl.DateTimeFormat('sv-SE', {timeStyle: 'short'});
    const local = (at) => `${exact.format(at)} ${zoneName(at)}`;

    const WORDS = {
        ago: (at, seconds) => ago(seconds),
        since: (at, seconds) => duration(seconds),
        exact: local,
        clock: (at) => clock.format(at),
        hour: (at) => hour.format(at),
    };

    const show = (element) => {
        const at = new Date(element.dateTime);
        const words = WORDS[element.dataset.time](at, (Date.now() + ahead - at) / 1000);
        if (element.textContent !== words) {
            element.textContent = words;
        }
        if (element.dataset.time !== 'exact') {
            element.title = local(at);
        }
    };

    // On a page that is not refreshed any more nothing keeps running.
    const stands = (element) => element.dataset.time === 'since' && document.documentElement.matches('.stale');
    const showAll = () => [...document.querySelectorAll('time[data-time]')]
        .filter((element) => !stands(element)).forEach(show);

    // Set by poll.js from the Date header of each answer.
    document.addEventListener('server-time', (event) => {
        ahead = Math.abs(event.detail - Date.now()) < 2000 ? 0 : event.detail - Date.now();
    });
    document.addEventListener('cells-changed', showAll);
    showAll();
    setInterval(showAll, 1000);
}
