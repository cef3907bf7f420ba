// The server's Content-Security-Policy lets no text become HTML unless this policy says so, and it
// says so of nothing: Vega-Embed alone asks, to empty the element that it draws into.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy("default", {
    createHTML: (text) => (text === "" ? "" : null),
  });
}
