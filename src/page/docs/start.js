// No validator: it would send the document to a server of the viewer's makers.
SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
});
