/** Of every answer that doesn't say otherwise: it is for whoever asked, it is no page, and it names nobody else. */
export const defaultHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // By this the web client's service worker knows that no proxy answered in the server's place.
  'parley-server': '1',
};
