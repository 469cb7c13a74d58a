// Tells apart what frameworks pass to a handler, so that a guard in the wrong place fails at once and says where it belongs.

import { type CountersignError, invalidOption } from '../core/errors.js';

/** The kinds of requests, with the entry that guards each; the first that fits counts. */
const KINDS: readonly (readonly [has: (value: Members) => boolean, name: string, entry: string])[] = [
  [({ req }) => isFunction(req, 'header') && isMember(req, 'raw'), 'the context of Hono', 'hono'],
  [(value) => isFunction(value, 'header') && isMember(value, 'raw'), 'the request of Hono', 'hono'],
  [(value) => isMember(value, 'raw') && isMember(value, 'server') && isMember(value, 'log'), 'the request of Fastify', 'fastify'],
  [(value) => isMember(value, 'headers') && isMember(value, 'app') && isMember(value, 'res'), 'the request of Express', 'express'],
  [(value) => isMember(value, 'httpVersion') && isMember(value, 'headers'), 'the request of Node.js', 'express'],
  [({ node, req, context }) => (isMember(node, 'req') || isMember(req, 'headers')) && context !== undefined, 'the event of h3', 'h3'],
  [(value) => isMember(value, 'request') && isMember(value, 'locals') && isMember(value, 'route'), 'the event of SvelteKit', 'sveltekit'],
  [(value) => isMember(value, 'request') && isMember(value, 'locals'), 'the context of Astro', 'astro'],
  [(value) => isMember(value, 'event') && isFunction(value, 'resolve'), 'the input of SvelteKit', 'sveltekit'],
  [
    (value) => isMember(value, 'request') && isMember(value, 'params') && isMember(value, 'context'),
    'the arguments of React Router',
    'react-router',
  ],
];

type Members = Record<string, unknown>;

const isMember = (value: unknown, name: string): boolean => typeof value === 'object' && value !== null && name in value;
const isFunction = (value: unknown, name: string): boolean => isMember(value, name) && typeof (value as Members)[name] === 'function';

/** Returns whether a value is a request of the web's standards, of whichever class. */
export function isWebRequest(value: unknown): value is Request {
  const { headers, url, method } = (value ?? {}) as Members;
  return isFunction(headers, 'get') && typeof url === 'string' && typeof method === 'string';
}

/** The error for a request that a guard cannot read. `wanted` is what it reads, and `own` the entry of that guard. */
export function notARequest(value: unknown, wanted = 'a `Request`', own = 'guard'): CountersignError {
  const kind = typeof value === 'object' && value !== null ? KINDS.find(([has]) => has(value as Members)) : undefined;
  const [, name, entry] = kind ?? [];
  if (name !== undefined && entry !== own) return invalidOption('request', `is ${name}; use the guard of \`countersign/${entry}\``);
  if (name === wanted) return invalidOption('request', `lacks members of ${name}; pass it on as it is`);
  return invalidOption('request', `must be ${wanted}, not ${name ?? nameOf(value)}`);
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return isFunction(value, 'get') ? 'headers' : 'another object';
}
