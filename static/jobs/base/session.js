// Notices that a page's user was signed out, lost a right or was replaced by another account, and says so on the page.
'use strict';

// Thrown when asking again makes no sense: the page is not refreshed any more.
class PageEnded extends Error {}

const pageNote = (text, link, address) => {
    document.documentElement.classList.add('stale');
    const note = document.createElement('p');
    note.className = 'stale-note';
    note.setAttribute('role', 'alert');
    note.append(`${text} `);
    if (link) {
        const anchor = document.createElement('a');
        anchor.href = address;
        anchor.textContent = link;
        note.append(anchor);
    }
    document.querySelector('.stale-note')?.remove();
    document.getElementById('content').before(note);
};

const pageEndOf = (response) => {
    const {content} = document.querySelector('meta[name=account]');
    const account = response.headers.get('X-Account');
    // A redirect: to the login page.
    if (response.type === 'opaqueredirect' || response.status === 401) {
        return 'signedOut';
    }
    if (account && account !== content) {
        return 'otherAccount';
    }
    return {403: 'notAllowed', 404: 'gone'}[response.status];
};

const pageEnds = () => {
    const {login, home, jobs} = document.querySelector('meta[name=account]').dataset;
    const here = location.pathname + location.search;
    return {
        signedOut: ['You were signed out, so this page is not refreshed any more.', 'Sign in', `${login}?next=${encodeURIComponent(here)}`],
        otherAccount: ['Another account has signed in in this browser, so this page is not refreshed any more.', 'Load it as that account', here],
        notAllowed: ['You may not see this page any more, so it is not refreshed.', 'Go to the start page', home],
        gone: ['This job was deleted, or you may not see it any more.', 'Go to the list of jobs', jobs],
    };
};

// The response, or PageEnded and a note on the page if asking again makes no sense; `ends` may say it otherwise.
const checkSession = (response, ends = {}) => {
    const end = pageEndOf(response);
    const said = {...pageEnds(), ...ends}[end];
    if (said) {
        pageNote(...said);
        throw new PageEnded(end);
    }
    return response;
};
