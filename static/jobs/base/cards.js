// Gives each value of a list of Django the heading of its column, with which cards.css shows the
// rows as cards on a phone. Without this script the list scrolls sideways.
'use strict';

{
    const list = document.getElementById('result_list');
    const headings = [...(list?.tHead.rows[0].cells || [])].map(
        (cell) => cell.querySelector('.text')?.textContent.trim() || '',
    );
    for (const row of list?.tBodies[0].rows || []) {
        [...row.cells].forEach((cell, number) => {
            // The first link names the row.
            if (headings[number] && !cell.matches('.action-checkbox, th')) {
                cell.dataset.heading = headings[number];
            }
        });
    }
    list?.classList.add('cards-on-phone');
}
