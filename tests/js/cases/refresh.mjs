// Runs over many targets: what they hand out, report, bound and survive.

import { withFakeClock } from './fake-clock.mjs';
import { HOUR, NOTHING, allOf, in_, registryOf, sourceOf } from './refresh-setting.mjs';

export const cases = [
  {
    name: 'refresh: one token for all, and a report of each',
    async run({ refresh, assert }) {
      const token = sourceOf();
      const [written, results] = [[], []];
      const write = (target, { value }) => {
        if (target === 'b') throw new Error('no disk');
        written.push([target, value]);
        if (target === 'c') return 'gone';
        return target === 'd' ? 'not-running' : undefined;
      };
      const summary = await refresh.refreshAll(['a', 'b', 'c', 'd', 'e'], write, { token, onResult: (result) => results.push(result) });
      assert.equal(token.asked, 1, 'questions to the source');
      assert.same(summary, {
        refreshed: 2,
        shortLived: 0,
        skipped: { ...NOTHING, gone: 1, 'not-running': 1 },
        failed: 1,
        failures: [{ id: 'b', reason: 'Error: no disk' }],
      });
      assert.equal(new Set(written.map(([, value]) => value)).size, 1, 'different tokens');
      assert.same(results.map(({ id, status }) => `${id} ${status}`).sort(), [
        'a refreshed',
        'b failed',
        'c skipped',
        'd skipped',
        'e refreshed',
      ]);
      assert.ok(results.find(({ id }) => id === 'a').until > in_(HOUR - 60));
    },
  },
  {
    name: 'refresh: the token is that of the chain unless another is given, and its expiry is read',
    async run({ countersign, refresh, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const request = new Headers({ 'x-vercel-oidc-token': await issuer.mint() });
      const untils = [];
      const options = { onResult: ({ until }) => untils.push(until) };
      const write = (_target, { value }) => assert.ok(countersign.decode(value).claims.exp);
      await refresh.refreshAll(['a'], write, { ...options, token: () => countersign.getBearerToken({ request }) });
      await refresh.refreshAll(['a'], write, { ...options, token: () => issuer.mint() });
      const context = Symbol.for('@vercel/request-context');
      const before = globalThis[context];
      globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': request.get('x-vercel-oidc-token') } }) };
      try {
        await refresh.refreshAll(['a'], write, options);
      } finally {
        globalThis[context] = before;
      }
      assert.equal(untils.length, 3);
      for (const until of untils) assert.ok(until > in_(HOUR - 60) && until <= in_(HOUR), String(until));
    },
  },
  {
    name: 'refresh: without a token nothing is touched, and the error is that of its source',
    async run({ countersign, refresh, assert }) {
      let writes = 0;
      const run = (token, options) => refresh.refreshAll(['a'], () => void (writes += 1), { token, ...options });
      await assert.rejects(
        run(() => countersign.getBearerToken({ env: {}, request: new Headers() })),
        'ERR_CREDENTIALS_NOT_FOUND',
      );
      await assert.rejects(
        run(() => ''),
        'ERR_INVALID_OPTION',
      );
      await assert.rejects(
        run(() => undefined),
        'ERR_INVALID_OPTION',
      );
      const tooOld = await assert.rejects(run(sourceOf(200)), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.match(tooOld.causes[0].reason, /within 300 s/);
      const late = await assert.rejects(
        run(() => new Promise(() => {}), { timeout: 0.01 }),
        'ERR_CREDENTIALS_NOT_FOUND',
      );
      assert.ok(late.retryable, 'a source that is late may be asked again');
      assert.equal(writes, 0);
    },
  },
  {
    name: 'refresh: ten thousand targets, ten at a time, read no faster than they are worked off',
    async run({ refresh, assert }) {
      const open = { read: 0, begun: 0, ended: 0, mostAtOnce: 0, mostAhead: 0 };
      async function* targets() {
        for (let number = 0; number < 10_000; number++) {
          open.read += 1;
          open.mostAhead = Math.max(open.mostAhead, open.read - open.ended);
          yield { id: `target-${number}` };
        }
      }
      const write = async ({ id }) => {
        open.begun += 1;
        open.mostAtOnce = Math.max(open.mostAtOnce, open.begun - open.ended);
        // Longer than it takes to look for the next one.
        for (let step = 0; step < 100; step++) await undefined;
        open.ended += 1;
        if (id.endsWith('7')) throw new Error(`cannot reach ${id}`);
      };
      const summary = await refresh.refreshAll(targets(), write, { token: sourceOf(), concurrency: 10 });
      assert.equal(summary.refreshed, 9000);
      assert.equal(summary.failed, 1000);
      assert.equal(summary.failures.length, 100, 'what is listed of the failures');
      assert.equal(open.mostAtOnce, 10, 'the most at once');
      assert.ok(open.mostAhead <= 11, `read ahead: ${open.mostAhead}`);
    },
  },
  {
    name: 'refresh: a run takes one listener at the caller’s signal, and leaves none',
    async run({ refresh, assert }) {
      const { signal } = new AbortController();
      const listeners = { now: 0, most: 0 };
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args) => {
        listeners.most = Math.max(listeners.most, (listeners.now += 1));
        add(...args);
      };
      signal.removeEventListener = (...args) => {
        listeners.now -= 1;
        remove(...args);
      };
      const targets = Array.from({ length: 200 }, (_, number) => `t-${number}`);
      const write = () => new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal((await refresh.refreshAll(targets, write, { token: sourceOf(), concurrency: 50, signal })).refreshed, 200);
      assert.same(listeners, { now: 0, most: 1 });
    },
  },
  {
    name: 'refresh: a target that hangs is given up, and the others are not kept waiting',
    async run({ refresh, assert }) {
      const heard = [];
      const write = (target, _token, { signal }) => {
        if (target !== 'hangs') return undefined;
        signal.addEventListener('abort', () => heard.push(signal.reason.name));
        return new Promise(() => {});
      };
      const summary = await refresh.refreshAll(['hangs', 'a', 'b'], write, { token: sourceOf(), timeout: 0.02, concurrency: 1 });
      assert.equal(summary.refreshed, 2);
      assert.same(summary.failures, [{ id: 'hangs', reason: 'timed out after 0.02 s' }]);
      assert.same(heard, ['TimeoutError']);
    },
  },
  {
    name: 'refresh: an aborted run begins nothing new, ends what it has begun and says so',
    async run({ refresh, assert }) {
      const registry = await registryOf(refresh, 'a', 'b', 'c');
      const abort = new AbortController();
      const aborted = [];
      const write = ({ id }, _token, { signal }) => {
        signal.addEventListener('abort', () => aborted.push(id));
        if (id === 'b') abort.abort();
        return new Promise(() => {});
      };
      const summary = await refresh.refreshAll(registry, write, { token: sourceOf(), concurrency: 2, signal: abort.signal });
      assert.equal(summary.stopped, 'aborted');
      assert.same(summary.failures.map(({ id, reason }) => `${id} ${reason}`).sort(), ['a aborted', 'b aborted']);
      assert.same(aborted.sort(), ['a', 'b']);
      const again = await refresh.refreshAll(registry, () => {}, { token: sourceOf() });
      assert.equal(again.refreshed, 3, 'its leases have ended');
      let asked = 0;
      const none = await refresh.refreshAll(['a'], () => void (asked += 1), { token: () => void (asked += 1), signal: abort.signal });
      assert.equal(none.stopped, 'aborted');
      assert.equal(asked, 0, 'what an aborted signal lets begin');
      const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
      const later = new AbortController();
      const waiting = refresh.refreshAll(stuck, () => {}, { token: sourceOf(), signal: later.signal });
      setTimeout(() => later.abort(), 5);
      assert.equal((await waiting).stopped, 'aborted');
    },
  },
  {
    name: 'refresh: what was written is noted, though the run is aborted meanwhile, and a registry that fails then gives the lease back',
    async run({ refresh, assert }) {
      const registry = await registryOf(refresh, 'a');
      const abort = new AbortController();
      const complete = registry.complete.bind(registry);
      registry.complete = async (...args) => {
        abort.abort();
        await undefined;
        return complete(...args);
      };
      assert.equal((await refresh.refreshAll(registry, () => {}, { token: sourceOf(), signal: abort.signal })).refreshed, 1);
      assert.ok((await allOf(registry))[0].until);
      await registry.add('a');
      registry.complete = async () => {
        throw new Error('busy');
      };
      assert.same((await refresh.refreshAll(registry, () => {}, { token: sourceOf() })).failures, [{ id: 'a', reason: 'Error: busy' }]);
      assert.equal((await registry.acquire('a', 'another run', 1000)).state, 'acquired');
    },
  },
  {
    name: 'refresh: a list that breaks off ends the run, not what was begun',
    async run({ refresh, assert }) {
      async function* targets() {
        yield 'a';
        yield 'b';
        throw new Error('the page after this');
      }
      const summary = await refresh.refreshAll(targets(), () => {}, { token: sourceOf() });
      assert.equal(summary.refreshed, 2);
      assert.equal(summary.stopped, 'Error: the page after this');
      const registry = { ...(await registryOf(refresh)), acquire() {}, list: () => new Promise(() => {}) };
      const stuck = {
        ...registry,
        list: async () => ({ targets: [{ id: 'a' }], cursor: 'a' }),
        acquire: async () => ({ state: 'leased' }),
      };
      const circling = await refresh.refreshAll(stuck, () => {}, { token: sourceOf() });
      assert.same([circling.stopped, circling.skipped.leased], ['Error: the list of the registry does not advance', 2]);
      const silent = await refresh.refreshAll(registry, () => {}, { token: sourceOf(), timeout: 0.01 });
      assert.equal(silent.stopped, 'timed out after 0.01 s');
    },
  },
  {
    name: 'refresh: a report that throws is heard of, after everyone has a token',
    async run({ refresh, assert }) {
      const written = [];
      const onResult = () => {
        throw new Error('the report');
      };
      const outcome = await refresh
        .refreshAll(['a', 'b', 'c'], (target) => void written.push(target), { token: sourceOf(), onResult })
        .catch((error) => error.message);
      assert.equal(outcome, 'the report');
      assert.equal(written.length, 3);
      const later = async ({ id }) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (id === 'c') throw new Error('the late report');
      };
      const late = await refresh
        .refreshAll(['a', 'b', 'c'], () => {}, { token: sourceOf(), onResult: later })
        .catch((error) => error.message);
      assert.equal(late, 'the late report');
    },
  },
  {
    name: 'refresh: a token that grows too old on the way is replaced, once for all',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const token = sourceOf(600);
        const values = [];
        const write = async (target, { value }) => {
          values.push(value);
          if (target === 'c') clock.jump(400);
        };
        const summary = await refresh.refreshAll(['a', 'b', 'c', 'd', 'e', 'f'], write, { token, concurrency: 3 });
        assert.same([summary.refreshed + summary.shortLived, summary.failed], [6, 0]);
        assert.equal(token.asked, 2, 'questions to the source');
        assert.equal(new Set(values.slice(3)).size, 1, 'tokens after the first');
      });
    },
  },
  {
    name: 'refresh: a source that runs dry fails the rest, and is not asked for each of them',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        let asked = 0;
        const token = () => {
          asked += 1;
          if (asked > 1) throw new Error('dry');
          return { value: 'the-first-token', expiresAt: in_(600) };
        };
        const summary = await refresh.refreshAll(['a', 'b', 'c', 'd'], () => clock.jump(400), { token, concurrency: 1 });
        assert.equal(summary.shortLived, 1);
        assert.same(
          summary.failures.map(({ reason }) => reason),
          ['Error: dry', 'Error: dry', 'Error: dry'],
        );
        assert.equal(asked, 2);
      });
    },
  },
  {
    name: 'refresh: a failure is told without the token, whoever quotes it and however much of it',
    async run({ refresh, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const [token, other] = [await issuer.mint(), await issuer.mint({ sub: 'another' })];
      const quotes = [
        token,
        `POST https://example.com/?key=${token} failed`,
        `Authorization: Bearer ${token.slice(0, 60)}…`,
        `bad signature ${token.slice(-40)}`,
        `header x${token.split('.')[1].slice(40, 70)}y refused`,
        `${'long '.repeat(40_000)}${token}`,
        `another: ${other}`,
        JSON.stringify({ token }),
      ];
      const results = [];
      const write = (target) => {
        throw Object.assign(new Error(quotes[Number(target)]), { code: 'EQUOTED', token });
      };
      await refresh.refreshAll(
        quotes.map((_, index) => String(index)),
        write,
        { token: () => token, onResult: (result) => results.push(result) },
      );
      const thrown = await refresh.refreshAll(['t'], () => Promise.reject(token), { token: () => token });
      const text = JSON.stringify([results, thrown]);
      assert.equal(results.length, quotes.length);
      for (const secret of [token, other]) {
        for (let at = 0; at + 16 < secret.length; at += 4) {
          // Both tokens have the header in common with every other one.
          assert.ok(!text.includes(secret.slice(at, at + 16)), `a piece at ${at}`);
        }
      }
      assert.match(results.find(({ id }) => id === '1').reason, /^EQUOTED: POST https:\/\/example\.com\/\?key=\[redacted\] failed$/);
      const longest = Math.max(...results.map(({ reason }) => reason.length));
      assert.ok(longest <= 300, `a reason of ${longest} characters`);
    },
  },
  {
    name: 'refresh: the token that a writer gets does not print itself',
    async run({ refresh, assert }) {
      const shown = [];
      const write = (_target, token) => void shown.push(String(token), JSON.stringify(token), JSON.stringify({ ...token }));
      await refresh.refreshAll(['a'], write, { token: () => 'a-static-key-that-is-secret' });
      assert.equal(shown.length, 3);
      for (const text of shown) assert.ok(!text.includes('a-static-key'), text);
    },
  },
  {
    name: 'refresh: who has a token that lives long enough is left alone, and so is who would get no better one',
    async run({ refresh, assert }) {
      const written = [];
      const write = ({ id }) => void written.push(id);
      const targets = [
        { id: 'never' },
        { id: 'long', until: in_(2500) },
        { id: 'short', until: in_(2300) },
        { id: 'expired', until: in_(-5) },
        { id: 'broken', until: new Date(NaN) },
      ];
      const summary = await refresh.refreshAll(targets, write, { token: sourceOf() });
      assert.same(written, ['never', 'short', 'expired', 'broken']);
      assert.equal(summary.skipped.fresh, 1);
      const expiresAt = in_(1000);
      const same = await refresh.refreshAll([{ id: 'a', until: expiresAt }], write, {
        token: () => ({ value: 'the same token', expiresAt }),
      });
      assert.equal(same.skipped.fresh, 1, 'a restart for the same token');
    },
  },
  {
    name: 'refresh: options are held to their word',
    async run({ refresh, assert }) {
      const run = (options, targets = ['a'], write = () => {}) => refresh.refreshAll(targets, write, options);
      for (const options of [
        { concurrency: 0 },
        { concurrency: 1.5 },
        { concurrency: 1001 },
        { timeout: 0 },
        { timeout: NaN },
        { lease: 0.5 },
        { minValidity: -1 },
        { refreshBefore: '1' },
        { token: 'a token' },
        { onResult: 1 },
        { retries: 3 },
        null,
      ]) {
        await assert.rejects(run(options), 'ERR_INVALID_OPTION');
      }
      for (const targets of [null, 'abc', 7, {}]) await assert.rejects(run({}, targets), 'ERR_INVALID_OPTION');
      await assert.rejects(run({}, ['a'], null), 'ERR_INVALID_OPTION');
      const odd = await run({ token: sourceOf() }, [undefined, {}, { id: 7 }, 'fine']);
      assert.equal(odd.failed, 3);
      assert.equal(odd.refreshed, 1);
    },
  },
];
