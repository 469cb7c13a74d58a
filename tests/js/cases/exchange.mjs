// Trading an identity: the audience exchange, and on it what the cache and the retries do for all exchanges. The service is a
// function; each case has an audience of its own, since all cases share one cache.

import { later, stopped } from './clock.mjs';

const URL = 'https://oidc.vercel.com/~token';

/** A service that answers with the next of `answers` again and again, and remembers what it was asked. */
export function service(...answers) {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url, ...init });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    return typeof answer === 'function'
      ? answer(url, init)
      : new Response(answer.body ?? JSON.stringify(answer), { status: answer.status ?? 200 });
  };
  return { asked, fetch };
}

/** A token of the caller's that no other case has. */
const mint = async (testing, name) => (await testing.createTestIssuer()).mint({ jti: name });

const seconds = () => Math.floor(Date.now() / 1000);
const opaque = (value, lifetime = 3600) => ({ token: value, expiry: seconds() + lifetime });

export const cases = [
  {
    name: 'exchange: a token for another audience, asked for as @vercel/oidc does',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'shape');
      const { asked, fetch } = service(opaque('fresh'));
      const got = await exchange.exchangeAudience({ token, audience: 'shape', jti: 'j', fetch });
      assert.equal(got.value, 'fresh');
      assert.ok(Math.abs(got.expiresAt.getTime() / 1000 - seconds() - 3600) < 60, 'the expiry');
      const [{ url, method, body, headers }] = asked;
      assert.same({ url, method, body: JSON.parse(body) }, { url: URL, method: 'POST', body: { token, aud: 'shape', jti: 'j' } });
      assert.same(headers, { 'Content-Type': 'application/json', Accept: 'application/json' });
      for (const text of [String(got), JSON.stringify(got), `${Object.values(got)}`]) assert.ok(!text.includes('fresh'), text);
    },
  },
  {
    name: 'exchange: the chain finds the token, and takes an audience itself',
    async run({ countersign, exchange, testing, assert }) {
      const token = await mint(testing, 'chain');
      const { asked, fetch } = service(() => new Response(JSON.stringify(opaque('for-chain'))));
      const request = new Headers({ 'x-vercel-oidc-token': token });
      assert.equal((await exchange.exchangeAudience({ request, audience: 'chain', fetch })).value, 'for-chain');
      const found = await countersign.getBearerToken({ request, audience: 'chain', fetch });
      assert.equal(found.value, 'for-chain');
      assert.equal(found.source, 'header');
      assert.ok(found.expiresAt.getTime() / 1000 > seconds() + 3000);
      assert.equal(asked.length, 1, 'requests');
      const key = await countersign.getBearerToken({ staticKey: 'key', request, audience: 'chain', fetch });
      assert.equal(key.value, 'key', 'a static key');
      await assert.rejects(
        exchange.exchangeAudience({ request: new Headers(), env: {}, audience: 'chain', fetch }),
        'ERR_CREDENTIALS_NOT_FOUND',
      );
    },
  },
  {
    name: 'exchange: 1,000 callers at once are one request',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'crowd');
      let answered;
      const slow = new Promise((resolve) => (answered = resolve));
      const { asked, fetch } = service(async () => {
        await slow;
        return new Response(JSON.stringify(opaque('shared')));
      });
      const ask = () => exchange.exchangeAudience({ token, audience: 'crowd', fetch });
      const crowd = Array.from({ length: 1000 }, ask);
      setTimeout(answered, 20);
      const got = await Promise.all(crowd);
      assert.ok(got.every(({ value }) => value === 'shared'));
      assert.ok(got[0] !== got[1], 'an object of its own for each caller');
      assert.equal((await ask()).value, 'shared');
      assert.equal(asked.length, 1, 'requests');
    },
  },
  {
    name: 'exchange: a refusal is one for all who wait for it, and is not asked for again at once',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'refused');
      const body = JSON.stringify({ error: 'invalid_token', error_description: `no good: ${token}\n` });
      const { asked, fetch } = service({ status: 403, body });
      const ask = () => exchange.exchangeAudience({ token, audience: 'refused', fetch });
      const error = await stopped(async () => {
        const refusals = await Promise.allSettled(Array.from({ length: 50 }, ask));
        for (const { reason } of refusals) assert.equal(reason.code, 'ERR_EXCHANGE_REJECTED');
        return assert.rejects(ask, 'ERR_EXCHANGE_REJECTED');
      });
      assert.same(error.provider, { name: 'vercel', code: 'invalid_token', description: 'no good: [redacted]' });
      assert.equal(error.status, 403);
      assert.equal(error.retryable, false);
      assert.ok(!`${error.message} ${JSON.stringify(error)} ${error.stack}`.includes(token.slice(0, 30)), 'the token is shown');
      assert.equal(asked.length, 1, 'requests');
    },
  },
  {
    name: 'exchange: one caller never gets what another has',
    async run({ exchange, testing, assert }) {
      const [a, b] = [await mint(testing, 'isolated-a'), await mint(testing, 'isolated-b')];
      // B's claims, and a signature that nobody made.
      const forged = `${b.slice(0, -8)}AAAAAAAA`;
      const { asked, fetch } = service((_url, { body }) => {
        const { token } = JSON.parse(body);
        if (token === forged) return new Response('{"error":"bad signature"}', { status: 401 });
        return new Response(JSON.stringify(opaque(token === a ? 'of-a' : 'of-b')));
      });
      const ask = (token, audience = 'isolated') => exchange.exchangeAudience({ token, audience, fetch });
      assert.equal((await ask(a)).value, 'of-a');
      assert.equal((await ask(b)).value, 'of-b');
      await assert.rejects(ask(forged), 'ERR_EXCHANGE_REJECTED');
      assert.equal((await ask(a)).value, 'of-a');
      assert.equal(asked.length, 3, 'requests');
      await ask(a, 'isolated too');
      await exchange.exchangeAudience({ token: a, audience: 'isolated', jti: 'other', fetch });
      assert.equal(asked.length, 5, 'what is asked for tells credentials apart');
    },
  },
  {
    // `tests/core/exchange/attempts.rs` has the number of requests of every class of failure.
    name: 'exchange: a broken connection is tried again, and what lasts is told by its class',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'faults');
      const good = () => new Response(JSON.stringify(opaque('at-last')));
      const broken = () => new Response(new ReadableStream({ start: (stream) => stream.error(new Error('reset')) }));
      const first = service(broken, good);
      assert.equal((await exchange.exchangeAudience({ token, audience: 'broken', fetch: first.fetch })).value, 'at-last');
      assert.equal(first.asked.length, 2, 'requests');
      const second = service({ body: ' '.repeat(70_000) });
      const large = exchange.exchangeAudience({ token, audience: 'too large', fetch: second.fetch });
      assert.equal((await assert.rejects(large, 'ERR_EXCHANGE_FAILED')).retryable, false);
      assert.equal(second.asked.length, 1, 'requests');
    },
  },
  {
    name: 'exchange: renewed in the background before it expires, and never served after',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'renewal');
      let next = () => new Response(JSON.stringify(opaque('first')));
      const { asked, fetch } = service((...request) => next(...request));
      const ask = (options) => exchange.exchangeAudience({ token, audience: 'renewal', fetch, ...options });
      await ask();
      await later(3600 - 200, async () => {
        next = () => Promise.reject(new TypeError('an outage'));
        assert.equal((await ask()).value, 'first', 'due');
        // The attempts in the background end without anybody who would be told.
        while (asked.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      });
      await later(3600 - 100, async () => {
        next = () => new Response(JSON.stringify(opaque('second')));
        assert.equal((await ask()).value, 'first', 'due again');
        for (let value = 'first'; value !== 'second'; { value } = await ask()) await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(asked.length, 5, 'requests');
      });
      await later(20_000, async () => {
        next = () => new Response('{"error":"no more"}', { status: 403 });
        await assert.rejects(ask(), 'ERR_EXCHANGE_REJECTED');
      });
    },
  },
  {
    name: 'exchange: forced, forgotten, or after a clock that was set back, it is asked for anew',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'anew');
      let count = 0;
      const { fetch } = service(() => new Response(JSON.stringify(opaque(`number-${++count}`))));
      const ask = async (options) => (await exchange.exchangeAudience({ token, audience: 'anew', fetch, ...options })).value;
      assert.equal(await ask(), 'number-1');
      assert.equal(await ask({ forceRefresh: true }), 'number-2');
      assert.equal(await ask(), 'number-2');
      await later(-7200, async () => assert.equal(await ask(), 'number-3'));
      exchange.clearCredentials();
      assert.equal(await ask(), 'number-4');
    },
  },
  {
    name: 'exchange: mistakes in the options are named',
    async run({ exchange, assert }) {
      const { asked, fetch } = service(opaque('x'));
      const wrong = async (options, name) => {
        const error = await assert.rejects(exchange.exchangeAudience(options), 'ERR_INVALID_OPTION');
        assert.option(error, name);
      };
      await wrong(undefined, 'options');
      await wrong({ token: 'a.b.c', fetch }, 'audience');
      await wrong({ token: 'a.b.c', audience: 7, fetch }, 'audience');
      await wrong({ token: 'a.b.c', audience: 'x', jti: '', fetch }, 'jti');
      await wrong({ token: 7, audience: 'x', fetch }, 'token');
      await wrong({ token: 'a b', audience: 'x', fetch }, 'token');
      await wrong({ token: 'a.b.c', audience: 'x', fetch, audeince: 'y' }, 'audeince');
      await wrong({ token: 'a.b.c', audience: 'x', fetch: 'fetch' }, 'fetch');
      await wrong({ token: 'a.b.c', audience: 'x', fetch, forceRefresh: 'yes' }, 'forceRefresh');
      assert.equal(asked.length, 0, 'requests');
    },
  },
];
