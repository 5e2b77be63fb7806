// Notices that the page's user was signed out, lost a right or was replaced by another account, and
// shows a note on the page.
'use strict';

// Thrown when further requests are pointless: the page is no longer refreshed.
class PageEnded extends Error {}

const showPageNote = (text, link, address) => {
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

const endOfPage = (response) => {
    const {content} = document.querySelector('meta[name=account]');
    const account = response.headers.get('X-Account');
    // The admin redirects to the login page, the API answers 401.
    if (response.type === 'opaqueredirect' || response.status === 401) {
        return 'signedOut';
    }
    if (account && account !== content) {
        return 'otherAccount';
    }
    return {403: 'notAllowed', 404: 'gone'}[response.status];
};

// Text, link and address of the note for each end.
const pageNotes = () => {
    const {login, home, jobs} = document.querySelector('meta[name=account]').dataset;
    const here = location.pathname + location.search;
    return {
        signedOut: [
            'You were signed out, so this page is no longer refreshed.',
            'Sign in',
            `${login}?next=${encodeURIComponent(here)}`,
        ],
        otherAccount: [
            'Another account has signed in with this browser, so this page is no longer refreshed.',
            'Reload it as that account',
            here,
        ],
        notAllowed: [
            'You may no longer see this page, so it is no longer refreshed.',
            'Go to the start page',
            home,
        ],
        gone: [
            'This job was deleted, or you may no longer see it.',
            'Go to the list of jobs',
            jobs,
        ],
    };
};

// Returns the response. If further requests are pointless, shows a note and throws PageEnded;
// `notes` replaces some of the notes.
const checkSession = (response, notes = {}) => {
    const end = endOfPage(response);
    const note = {...pageNotes(), ...notes}[end];
    if (note) {
        showPageNote(...note);
        throw new PageEnded(end);
    }
    return response;
};
