// Updates times on the page: "5 min ago", running durations, exact times in the browser's time
// zone. The format is that of jobs/admin/display/times.py.
'use strict';

{
    // Upper bound in seconds; size and name of the large unit; size and name of the small unit.
    const UNITS = [
        [3600, 60, 'min', 1, 's'],
        [86400, 3600, 'h', 60, 'min'],
        [Infinity, 86400, 'd', 3600, 'h'],
    ];
    // Server clock minus browser clock in ms: with a wrong browser clock, running durations would
    // be wrong or negative.
    let clockOffset = 0;

    const unitOf = (seconds) => UNITS.find((unit) => seconds < unit[0]);

    const duration = (given) => {
        const seconds = Math.floor(Math.max(0, given));
        if (seconds < 60) {
            return `${seconds} s`;
        }
        const [, large, largeName, small, smallName] = unitOf(seconds);
        const rest = String(Math.floor((seconds % large) / small)).padStart(2, '0');
        return `${Math.floor(seconds / large)} ${largeName} ${rest} ${smallName}`;
    };

    const ago = (seconds) => {
        if (seconds < 60) {
            return 'just now';
        }
        const [, size, name] = unitOf(seconds);
        return `${Math.floor(seconds / size)} ${name} ago`;
    };

    // The Swedish locale formats dates as ISO 8601 does.
    const formatter = (options) => new Intl.DateTimeFormat('sv-SE', options);
    const dateAndTime = formatter({dateStyle: 'short', timeStyle: 'medium'});
    const timeOfDay = formatter({timeStyle: 'medium'});
    const hourAndMinute = formatter({timeStyle: 'short'});
    const zone = new Intl.DateTimeFormat('en', {timeZoneName: 'short'});

    const zoneName = (at) => (
        zone.formatToParts(at).find((part) => part.type === 'timeZoneName').value
    );
    const exact = (at) => `${dateAndTime.format(at)} ${zoneName(at)}`;

    const FORMATS = {
        relative: (at, seconds) => ago(seconds),
        elapsed: (at, seconds) => duration(seconds),
        exact,
        'time-of-day': (at) => timeOfDay.format(at),
        'hour-and-minute': (at) => hourAndMinute.format(at),
    };

    const update = (element) => {
        const at = new Date(element.dateTime);
        const seconds = (Date.now() + clockOffset - at) / 1000;
        const text = FORMATS[element.dataset.time](at, seconds);
        if (element.textContent !== text && !holdsSelection(element)) {
            element.textContent = text;
        }
        if (element.dataset.time !== 'exact') {
            element.title = exact(at);
        }
    };

    // Running durations stop on a page that is no longer refreshed.
    const updateAll = () => {
        const isStale = document.documentElement.matches('.stale');
        for (const element of document.querySelectorAll('time[data-time]')) {
            if (!isStale || element.dataset.time !== 'elapsed') {
                update(element);
            }
        }
    };

    const setClock = (serverTime, at) => {
        const offset = serverTime - at;
        clockOffset = Math.abs(offset) < 2000 ? 0 : offset;
    };

    // The page says when it was made: about when its response began.
    const made = document.querySelector('meta[name=server-time]');
    const [navigation] = performance.getEntriesByType('navigation');
    if (made && navigation) {
        const age = performance.now() - navigation.responseStart;
        setClock(Number(made.content) * 1000, Date.now() - age);
    }
    // poll.js sends the Date header of each response.
    document.addEventListener('server-time', (event) => setClock(event.detail, Date.now()));
    document.addEventListener('cells-changed', updateAll);
    updateAll();
    setInterval(updateAll, 1000);
}
