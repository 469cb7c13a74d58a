/**
 * The content security policy of one page view.
 *
 * - `connect-src 'none'`: no fetch, beacon or socket at all. The inspector's promise that a pasted token stays on the page is kept
 *   by the browser, not by our good manners. `img-src data:` and `form-action 'none'` close the other ways out.
 * - `script-src 'self'` beside the nonce, and no 'strict-dynamic': with it a trusted script could load others from anywhere.
 * - `'wasm-unsafe-eval'` lets the page compile the verifier's WebAssembly, and nothing else: `eval` stays off.
 *
 * `next dev` needs `eval`, its own sockets, style tags, images and fonts; none of that reaches production.
 */
export function contentSecurityPolicy(nonce: string): string {
  const dev = process.env.NODE_ENV === 'development';
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'wasm-unsafe-eval'${dev ? " 'unsafe-eval'" : ''}`,
    `style-src 'self' ${dev ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    `connect-src ${dev ? "'self' ws:" : "'none'"}`,
    `img-src ${dev ? "'self' " : ''}data:`,
    `font-src ${dev ? "'self'" : "'none'"}`,
    `media-src 'none'`,
    `object-src 'none'`,
    `frame-src 'none'`,
    `worker-src 'none'`,
    `manifest-src 'none'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
