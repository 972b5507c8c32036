/** Headers of every answer that sets no others: not cached, not rendered as a page, no referrer. */
export const defaultHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // By this the web client's service worker knows that no proxy answered in the server's place.
  'parley-server': '1',
};
