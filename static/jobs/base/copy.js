// Copies the text of another element. Browsers allow it over HTTPS and on this machine; elsewhere the button stays away.
'use strict';

{
    for (const button of document.querySelectorAll('[data-copy]')) {
        button.hidden = !navigator.clipboard;
        button.addEventListener('click', async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
            button.textContent = 'Copied';
            setTimeout(() => {
                button.textContent = 'Copy';
            }, 2000);
        });
    }
}
