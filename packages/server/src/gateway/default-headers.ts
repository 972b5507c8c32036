/** Default headers of every answer: not cached, not rendered as a page, no referrer. */
export const defaultHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // The web client's service worker recognises by this header that no proxy answered instead of the server.
  'parley-server': '1',
};
