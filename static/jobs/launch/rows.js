// Searches the rows of a field that has too many for a list. The named input keeps what is sent:
// the key of a row, or what was typed, which the server reads as a key or an exact name.
'use strict';

{
    const DELAY_MS = 200;

    const make = (tag, properties, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };

    const enhance = (named) => {
        const isMany = 'many' in named.dataset;
        const labels = JSON.parse(named.dataset.labels || '{}');
        const list = make('ul', {id: `${named.id}-rows`, className: 'found-rows', hidden: true});
        const chosen = make('div', {className: 'chosen-rows'});
        const box = make('input', {type: 'text', id: named.id, autocomplete: 'off'});
        const note = make('span', {className: 'visually-hidden'});
        let timer = 0;
        let request = new AbortController();

        list.setAttribute('role', 'listbox');
        list.setAttribute('aria-label', 'Found');
        note.setAttribute('role', 'status');
        const attributes = {
            role: 'combobox',
            'aria-autocomplete': 'list',
            'aria-controls': list.id,
            'aria-expanded': 'false',
            placeholder: 'Search',
        };
        Object.entries(attributes).forEach((pair) => box.setAttribute(...pair));
        for (const name of ['aria-describedby', 'aria-invalid']) {
            if (named.hasAttribute(name)) {
                box.setAttribute(name, named.getAttribute(name));
            }
        }

        const keys = () => named.value.split('\n').filter(Boolean);
        const options = () => [...list.querySelectorAll('[role=option]')];
        const selected = () => list.querySelector('[aria-selected=true]');
        const send = (value) => {
            named.value = value;
            named.dispatchEvent(new Event('input', {bubbles: true}));
        };

        const select = (option) => {
            selected()?.setAttribute('aria-selected', 'false');
            option?.setAttribute('aria-selected', 'true');
            option?.scrollIntoView({block: 'nearest'});
            box.setAttribute('aria-activedescendant', option ? option.id : '');
        };

        const close = () => {
            clearTimeout(timer);
            request.abort();
            list.hidden = true;
            select(null);
            box.setAttribute('aria-expanded', 'false');
        };

        const showChosen = () => {
            chosen.replaceChildren(...keys().map((key) => {
                const text = labels[key] || key;
                const chip = make('button', {type: 'button', textContent: `${text} ✕`});
                chip.setAttribute('aria-label', `Remove ${text}`);
                chip.addEventListener('click', () => {
                    send(keys().filter((one) => one !== key).join('\n'));
                    showChosen();
                    box.focus();
                });
                return chip;
            }));
        };

        const choose = (key, label) => {
            labels[key] = label;
            if (isMany) {
                send([...new Set([...keys(), key])].join('\n'));
                box.value = '';
                showChosen();
            } else {
                send(key);
                box.value = label;
            }
            close();
        };

        const show = ({rows, note: text}) => {
            list.replaceChildren(...rows.map(([key, label], number) => {
                const option = make('li', {id: `${list.id}-${number}`, textContent: label});
                option.setAttribute('role', 'option');
                option.setAttribute('aria-selected', 'false');
                // Before the box loses the focus, which would close the list.
                option.addEventListener('mousedown', (event) => {
                    event.preventDefault();
                    choose(key, label);
                });
                option.choose = () => choose(key, label);
                return option;
            }));
            if (text) {
                const last = make('li', {className: 'quiet', textContent: text});
                last.setAttribute('role', 'presentation');
                list.append(last);
            }
            note.textContent = `${rows.length} found. ${text}`;
            list.hidden = false;
            box.setAttribute('aria-expanded', 'true');
            select(box.value ? options()[0] : null);
        };

        const search = async () => {
            request.abort();
            request = new AbortController();
            const url = `${named.dataset.rows}?q=${encodeURIComponent(box.value)}`;
            try {
                const response = await fetch(url, {redirect: 'manual', signal: request.signal});
                checkSession(response);
                show(response.ok ? await response.json() : {rows: [], note: 'No answer.'});
            } catch (error) {
                if (error.name !== 'AbortError') {
                    close();
                }
            }
        };

        box.addEventListener('input', (event) => {
            event.stopPropagation();
            if (!isMany) {
                send(box.value);
            }
            clearTimeout(timer);
            timer = setTimeout(search, DELAY_MS);
        });
        box.addEventListener('keydown', (event) => {
            const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
            if (step && list.hidden) {
                event.preventDefault();
                search();
            } else if (step) {
                event.preventDefault();
                select(options()[options().indexOf(selected()) + step] || selected());
            } else if (event.key === 'Enter' && !list.hidden && selected()) {
                event.preventDefault();
                selected().choose();
            } else if (event.key === 'Escape' && !list.hidden) {
                event.preventDefault();
                event.stopPropagation();
                close();
            }
        });
        box.addEventListener('blur', close);
        // What is left in the box of a field with several rows is one of them.
        named.form.addEventListener('submit', () => {
            if (isMany && box.value.trim()) {
                named.value = [...keys(), box.value.trim()].join('\n');
            }
        });

        named.removeAttribute('id');
        named.hidden = true;
        named.nextElementSibling.hidden = true;
        box.value = isMany ? '' : labels[named.value] || named.value;
        const hasCursor = named.autofocus;
        named.before(make('div', {className: 'row-search'}, chosen, box, list, note));
        if (isMany) {
            showChosen();
        }
        if (hasCursor) {
            box.focus();
        }
    };

    document.querySelectorAll('[data-rows]').forEach(enhance);
}
