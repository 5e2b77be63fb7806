// Buttons that copy the text of another element. Browsers allow it over HTTPS and on localhost;
// elsewhere the buttons stay hidden.
'use strict';

{
    const copy = async (button) => {
        const source = document.getElementById(button.dataset.copy);
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = 'Copied';
        setTimeout(() => {
            button.textContent = 'Copy';
        }, 2000);
    };

    const showButtons = () => {
        for (const button of document.querySelectorAll('[data-copy]')) {
            button.hidden = !navigator.clipboard;
        }
    };

    document.addEventListener('click', ({target}) => {
        const button = target.closest('[data-copy]');
        if (button) {
            copy(button);
        }
    });
    // Pages that refresh themselves replace buttons.
    document.addEventListener('cells-changed', showButtons);
    showButtons();
}
