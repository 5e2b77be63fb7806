// Changes an element to show other HTML, node by node: what stays the same is not touched, so
// selected text, the focus, open details and running animations stay.
'use strict';

const template = document.createElement('template');

const isSameKind = (node, other) => node.nodeType === other.nodeType
    && node.nodeName === other.nodeName && node.id === other.id
    && node.dataset?.key === other.dataset?.key;

// times.js writes the text of a time.
const isSameTime = (node, other) => node.nodeName === 'TIME' && other.nodeName === 'TIME'
    && node.dateTime === other.dateTime && node.dataset.time === other.dataset.time;

const patchAttributes = (element, wanted) => {
    for (const {name} of [...element.attributes]) {
        // The user opens details.
        if (!wanted.hasAttribute(name) && name !== 'open') {
            element.removeAttribute(name);
        }
    }
    for (const {name, value} of wanted.attributes) {
        if (element.getAttribute(name) !== value) {
            element.setAttribute(name, value);
        }
    }
};

// Each function returns whether the node now is as wanted: false where the selection prevents it.
const patchNode = (node, wanted) => {
    if (node.isEqualNode(wanted) || isSameTime(node, wanted)) {
        return true;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
        patchAttributes(node, wanted);
        return patchChildren(node, wanted);
    }
    if (node.data !== wanted.data) {
        if (holdsSelection(node)) {
            return false;
        }
        node.data = wanted.data;
    }
    return true;
};

const removeNode = (node) => {
    if (holdsSelection(node)) {
        return false;
    }
    node.remove();
    return true;
};

// The next sibling that can become `wanted`. One with a key or an id may stand further down.
const findMatch = (first, wanted) => {
    if (!first || isSameKind(first, wanted) || !(wanted.dataset?.key || wanted.id)) {
        return first && isSameKind(first, wanted) ? first : null;
    }
    let match = first;
    while (match && !isSameKind(match, wanted)) {
        match = match.nextSibling;
    }
    return match;
};

const patchChildren = (element, wanted) => {
    let isDone = true;
    let next = element.firstChild;
    const removeUntil = (end) => {
        while (next && next !== end) {
            const after = next.nextSibling;
            isDone = removeNode(next) && isDone;
            next = after;
        }
    };
    for (const child of [...wanted.childNodes]) {
        const match = findMatch(next, child);
        if (match) {
            removeUntil(match);
            isDone = patchNode(match, child) && isDone;
            next = match.nextSibling;
        } else {
            element.insertBefore(document.importNode(child, true), next);
        }
    }
    removeUntil(null);
    return isDone;
};

// What the selection has prevented so far, by element.
const postponed = new Map();

// Makes `html` the content of an element; what the selection prevents is done once it has moved on.
const patch = (element, html) => {
    template.innerHTML = html;
    if (patchChildren(element, template.content)) {
        postponed.delete(element);
    } else {
        postponed.set(element, html);
    }
};

document.addEventListener('selectionchange', () => {
    if (postponed.size && getSelection().isCollapsed) {
        for (const [element, html] of [...postponed]) {
            patch(element, html);
        }
        document.dispatchEvent(new Event('cells-changed'));
    }
});
