// Shows the API schema with Swagger UI. Requests sent from the page carry the CSRF token of the
// session.
'use strict';

const docs = document.getElementById('api-docs');

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.schema,
  deepLinking: true,
  validatorUrl: null, // the default sends the schema to a foreign host
  requestInterceptor(request) {
    if (!['GET', 'HEAD', undefined].includes(request.method)) {
      request.headers['X-CSRFToken'] = docs.dataset.csrf;
    }
    return request;
  },
});
