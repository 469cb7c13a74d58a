// Registries in memory, and leases under which overlapping runs do the work once.

import { withFakeClock } from './fake-clock.mjs';
import { HOUR, allOf, gate, in_, registryOf, sourceOf } from './refresh-setting.mjs';

export const cases = [
  {
    name: 'refresh: a registry remembers until when each target is fresh, and forgets who is gone',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const registry = await registryOf(refresh, 'a', 'b', 'c', 'd');
        await registry.add('b', in_(HOUR));
        const write = ({ id }) => ({ c: 'gone', d: 'not-running' })[id];
        const first = await refresh.refreshAll(registry, write, { token: sourceOf() });
        assert.same(first, {
          refreshed: 1,
          shortLived: 0,
          skipped: { fresh: 1, leased: 0, gone: 1, 'not-running': 1 },
          failed: 0,
          failures: [],
        });
        assert.same(
          (await allOf(registry)).map(({ id, until }) => [id, until !== undefined]),
          [
            ['a', true],
            ['b', true],
            ['d', false],
          ],
        );
        clock.jump(600);
        assert.equal((await refresh.refreshAll(registry, write, { token: sourceOf() })).skipped.fresh, 2);
        clock.jump(700);
        const due = await refresh.refreshAll(registry, write, { token: sourceOf() });
        assert.equal(due.refreshed, 2, 'once less than 2400 s are left');
        await registry.add('a');
        assert.equal((await refresh.refreshAll(registry, write, { token: sourceOf() })).refreshed, 1, 'one that began anew');
      });
    },
  },
  {
    name: 'refresh: a registry lists page by page, whoever comes and goes meanwhile',
    async run({ refresh, assert }) {
      const registry = refresh.createMemoryRegistry();
      for (let number = 0; number < 1000; number++) await registry.add(`t-${number}`);
      const seen = [];
      let page = {};
      do {
        page = await registry.list(page.cursor);
        assert.ok(page.targets.length <= 100, 'the size of a page');
        seen.push(...page.targets.map(({ id }) => id));
        await registry.remove(seen.at(-1));
        await registry.add(seen[0]);
      } while (page.cursor !== undefined);
      assert.equal(seen.length, 1000);
      assert.equal(new Set(seen).size, 1000, 'different ones');
      for (const id of ['', 7, undefined, 'x'.repeat(513)]) await assert.rejects(registry.add(id), 'ERR_INVALID_OPTION');
      await assert.rejects(registry.add('a', new Date(NaN)), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'lease: two overlapping runs do the work once',
    async run({ refresh, assert }) {
      const ids = Array.from({ length: 50 }, (_, number) => `t-${number}`);
      const registry = await registryOf(refresh, ...ids);
      const written = [];
      const write = async ({ id }) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        written.push(id);
      };
      const runs = await Promise.all([1, 2, 3].map(() => refresh.refreshAll(registry, write, { token: sourceOf(), concurrency: 7 })));
      assert.equal(written.length, 50, 'the writes');
      assert.equal(new Set(written).size, 50, 'the targets that were written');
      assert.equal(
        runs.reduce((sum, { refreshed }) => sum + refreshed, 0),
        50,
      );
      assert.equal(
        runs.reduce((sum, { skipped }) => sum + skipped.leased + skipped.fresh, 0),
        100,
      );
    },
  },
  {
    name: 'lease: it is renewed while the work lasts, and ends by itself where its run died',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const registry = await registryOf(refresh, 'slow');
        const work = gate();
        const first = refresh.refreshAll(registry, () => work.opened, { token: sourceOf(), lease: 10, timeout: 1000 });
        await clock.pass(500);
        const second = await refresh.refreshAll(registry, () => {}, { token: sourceOf() });
        assert.equal(second.skipped.leased, 1, 'after many times its length');
        work.open();
        assert.equal((await first).refreshed, 1);
        await registry.add('died');
        assert.equal((await registry.acquire('died', 'a run that died', 10_000)).state, 'acquired');
        const during = await refresh.refreshAll(registry, () => {}, { token: sourceOf() });
        assert.equal(during.skipped.leased, 1);
        await clock.pass(11);
        const after = await refresh.refreshAll(registry, () => {}, { token: sourceOf() });
        assert.equal(after.refreshed, 1);
        assert.equal(clock.pending().length, 0, 'timers that are left');
      });
    },
  },
  {
    name: 'lease: a clock that is set back makes none last longer',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const registry = await registryOf(refresh, 'a');
        await registry.acquire('a', 'a run that died', 60_000);
        clock.jump(-86_400);
        assert.equal((await refresh.refreshAll(registry, () => {}, { token: sourceOf() })).refreshed, 1);
      });
    },
  },
  {
    name: 'lease: one that is lost is found out: the work is aborted and reported',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const registry = await registryOf(refresh, 'a');
        let reason;
        const write = (_target, _token, { signal }) =>
          new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason.message)));
        const run = refresh.refreshAll(registry, write, { token: sourceOf(), lease: 9, timeout: 1000 });
        await clock.settle();
        // As when it ran out while the process slept: somebody else has it now.
        await registry.add('a');
        await registry.acquire('a', 'somebody else', 100_000);
        await clock.pass(4);
        const summary = await run;
        assert.same(summary.failures, [{ id: 'a', reason: 'lost its lease' }]);
        assert.equal(reason, 'lost its lease');
        assert.equal((await registry.acquire('a', 'a third', 1000)).state, 'leased', 'somebody else still has it');
      });
    },
  },
  {
    name: 'lease: one that was lost at the last moment is no success',
    async run({ refresh, assert }) {
      const registry = await registryOf(refresh, 'a');
      const summary = await refresh.refreshAll(registry, () => registry.add('a'), { token: sourceOf() });
      assert.same(summary.failures, [{ id: 'a', reason: 'lost its lease' }]);
      assert.equal((await allOf(registry))[0].until, undefined, 'nothing is noted');
      const revived = await refresh.refreshAll(registry, () => registry.add('a').then(() => 'gone'), { token: sourceOf() });
      assert.equal(revived.skipped.gone, 1);
      assert.equal((await allOf(registry)).length, 1, 'one that began anew meanwhile stays');
    },
  },
  {
    name: 'lease: a registry that fails now and then loses nothing, one that stays silent loses the lease',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const registry = await registryOf(refresh, 'a');
        const renew = registry.renew.bind(registry);
        let calls = 0;
        registry.renew = (...args) => {
          calls += 1;
          if (calls % 3 !== 0) throw new Error('busy');
          return renew(...args);
        };
        const work = gate();
        const run = refresh.refreshAll(registry, () => work.opened, { token: sourceOf(), lease: 9, timeout: 1000 });
        await clock.pass(60);
        work.open();
        assert.equal((await run).refreshed, 1);
        registry.renew = () => new Promise(() => {});
        await registry.add('a');
        const silent = refresh.refreshAll(registry, () => new Promise(() => {}), { token: sourceOf(), lease: 9, timeout: 1000 });
        await clock.pass(30);
        assert.same((await silent).failures, [{ id: 'a', reason: 'lost its lease' }]);
      });
    },
  },
  {
    name: 'lease: a claim that is answered after its time-out or an abort is given back',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        for (const abort of [false, true]) {
          const registry = await registryOf(refresh, 'a');
          const [acquire, late, controller] = [registry.acquire.bind(registry), gate(), new AbortController()];
          registry.acquire = async (...args) => {
            await late.opened;
            return acquire(...args);
          };
          const run = refresh.refreshAll(registry, () => {}, { token: sourceOf(), timeout: 5, lease: 60, signal: controller.signal });
          await clock.pass(1);
          if (abort) controller.abort();
          await clock.pass(5);
          assert.equal((await run).failed, 1);
          late.open();
          await clock.settle();
          assert.equal((await acquire('a', 'another run', 1000)).state, 'acquired', abort ? 'after an abort' : 'after a time-out');
        }
      });
    },
  },
];
