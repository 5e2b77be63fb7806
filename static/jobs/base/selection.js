// Tells scripts which text the user has selected, so that they do not change it.
'use strict';

const LONG_SELECTION = 2000;

// Whether the user has selected text of the node. Of a long selection, such as the whole page, only
// its ends count: what lies between them may change.
const holdsSelection = (node) => {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.containsNode(node, true)) {
        return false;
    }
    return selection.toString().length < LONG_SELECTION
        || node.contains(selection.anchorNode) || node.contains(selection.focusNode);
};
