// Shows the API schema with Swagger UI. Requests sent from the page carry the CSRF token of the
// session. Swagger UI has a dark mode, for which <html> needs a class.
'use strict';

const docs = document.getElementById('api-docs');
const root = document.documentElement;
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

const followTheme = () => {
  const theme = root.dataset.theme || 'auto';
  const isDark = theme === 'dark' || (theme === 'auto' && systemIsDark.matches);
  root.classList.toggle('dark-mode', isDark);
};

followTheme();
systemIsDark.addEventListener('change', followTheme);
new MutationObserver(followTheme).observe(root, {attributeFilter: ['data-theme']});

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.schema,
  // Links to one call would be inside the button that opens it, which no keyboard can use.
  deepLinking: false,
  validatorUrl: null, // the default sends the schema to a foreign host
  requestInterceptor(request) {
    if (!['GET', 'HEAD', undefined].includes(request.method)) {
      request.headers['X-CSRFToken'] = docs.dataset.csrf;
    }
    return request;
  },
});
