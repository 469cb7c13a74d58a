// The keys of Vercel for `@vercel/connect`, whose jose fetches them by `node:https`.
import https from 'node:https';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { mock } from 'node:test';

/**
 * Answers the requests for Vercel's JWK Set. `answer` returns the set, or throws for a connection that breaks; every other URL
 * breaks.
 */
export function serveKeys(answer) {
  mock.method(https, 'get', (url) => {
    const request = Object.assign(new EventEmitter(), { destroy() {} });
    setImmediate(() => {
      try {
        if (String(url) !== 'https://oidc.vercel.com/.well-known/jwks') throw new Error(`unexpected request for ${url}`);
        const response = Readable.from([Buffer.from(JSON.stringify(answer()))]);
        request.emit('response', Object.assign(response, { statusCode: 200 }));
      } catch (error) {
        request.emit('error', error);
      }
    });
    return request;
  });
}
