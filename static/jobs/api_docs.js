// Draws the API's description with Swagger UI; requests tried on the page carry the session's CSRF token.
'use strict';

const docs = document.getElementById('api-docs');

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.schema,
  deepLinking: true,
  validatorUrl: null, // it would send the document to a foreign host
  requestInterceptor(request) {
    if (!['GET', 'HEAD', undefined].includes(request.method)) {
      request.headers['X-CSRFToken'] = docs.dataset.csrf;
    }
    return request;
  },
});
