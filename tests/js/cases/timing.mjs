// How runs, the life of tokens and the waits between them fit together: a simulation of days, with a clock that is set and no timer that is waited for.

import { withFakeClock } from './fake-clock.mjs';
import { HOUR, NOTHING, in_, registryOf } from './refresh-setting.mjs';

const MINUTE = 60;
/** A function's token lives two hours, and is handed out again for 90 minutes. */
const LIFE = 120 * MINUTE;
const REUSE = 90 * MINUTE;
/** What a run may be late, and what it may take. */
const JITTER = 60;
const RUN_TIME = 120;
/** Coprime to the number of runs in a window of 90 minutes, so that every run of a window is lost at some time. */
const LOST = 7;

/**
 * Half a day of a cron job with this period: each run is late by up to `JITTER` and takes up to `RUN_TIME`, every window of reuse begins at another phase,
 * and, where `loses`, one run in seven does not happen. Resolves to the least life, in seconds, that a target's token still had when it was replaced
 * (negative: the target had a dead one), and to the number of each status.
 */
async function halfDay(refresh, clock, { period, runEvery, phase, loses, instances = 1 }) {
  const registry = await registryOf(refresh, 'a');
  const start = Date.now() / 1000;
  let expiry;
  let least = Infinity;
  const statuses = {};
  const token = (run) => () => {
    const now = Date.now() / 1000 - start;
    // Each instance has a window of its own, so that a run may get an older token than the one before. One second less, so that in some phase a run just misses the next token.
    const shift = phase - 1 + (run % instances) * 5 * MINUTE;
    const minted = Math.floor((now + shift) / REUSE) * REUSE - shift;
    return { value: `token of ${minted}`, expiresAt: new Date((start + minted + LIFE) * 1000) };
  };
  const write = (_target, { expiresAt }) => {
    const now = Date.now() / 1000;
    if (expiry !== undefined) least = Math.min(least, expiry - now);
    const written = expiresAt.getTime() / 1000;
    if (expiry !== undefined && written < expiry) throw new Error('an older token replaced a later one');
    expiry = written;
  };
  for (let run = 0; run * period < 12 * HOUR; run++) {
    if (loses && run % LOST === LOST - 1) continue;
    // By turns on time and quick, and as late and as slow as can be. The run before a lost one is on time and the one after it late: the longest wait.
    const isLate = (run % LOST) % 2 === 0;
    const late = isLate ? JITTER : 0;
    clock.jump(start + run * period + late - Date.now() / 1000);
    const slow = (target, fresh) => {
      clock.jump(isLate ? RUN_TIME : 0);
      write(target, fresh);
    };
    const onResult = ({ status }) => (statuses[status] = (statuses[status] ?? 0) + 1);
    await refresh.refreshAll(registry, slow, { token: token(run), onResult, lease: 600, ...(runEvery && { runEvery }) });
  }
  return { least, statuses };
}

/** The worst of all phases. */
async function worst(refresh, options) {
  return withFakeClock(async (clock) => {
    const total = { least: Infinity, statuses: {} };
    for (let phase = 0; phase < REUSE; phase += 5 * MINUTE) {
      const { least, statuses } = await halfDay(refresh, clock, { phase, ...options });
      total.least = Math.min(total.least, least);
      for (const [status, count] of Object.entries(statuses)) total.statuses[status] = (total.statuses[status] ?? 0) + count;
    }
    return { ...total, minutes: Math.round(total.least / MINUTE) };
  });
}

export const cases = [
  {
    name: 'timing: with the defaults no target is ever without a token, in any phase, with one lost run, and with several instances',
    async run({ refresh, assert }) {
      const found = {};
      for (const [name, options] of Object.entries({ plain: {}, lost: { loses: true }, instances: { loses: true, instances: 3 } })) {
        const { minutes, statuses } = await worst(refresh, { period: 10 * MINUTE, ...options });
        assert.same(Object.keys(statuses).sort(), ['refreshed', 'skipped'], `statuses of ${name}`);
        found[name] = minutes;
      }
      // The table in docs/sandboxes.md.
      assert.same(found, { plain: 17, lost: 7, instances: 12 });
    },
  },
  {
    name: 'timing: 20 minutes hold without a lost run; 30 minutes leave targets with a dead token',
    async run({ refresh, assert }) {
      const found = {};
      for (const minutes of [15, 20, 30]) {
        const period = minutes * MINUTE;
        const runEvery = Math.min(period, 1200);
        found[minutes] = [
          (await worst(refresh, { period, runEvery })).minutes,
          (await worst(refresh, { period, runEvery, loses: true })).minutes,
        ];
      }
      assert.same(found, { 15: [12, -3], 20: [7, -13], 30: [-3, -33] });
      const refused = await assert.rejects(
        refresh.refreshAll([], () => {}, { runEvery: 1201 }),
        'ERR_INVALID_OPTION',
      );
      assert.option(refused, 'runEvery');
      assert.match(refused.message, /1800 s left/);
    },
  },
  {
    name: 'timing: a token that dies before the next run is reported with the seconds left, whether it is written or was there',
    async run({ refresh, assert }) {
      await withFakeClock(async () => {
        const results = [];
        const options = (seconds, runEvery) => ({
          token: () => ({ value: 'token', expiresAt: in_(seconds) }),
          runEvery,
          onResult: (result) => results.push(result),
        });
        const once = async (seconds, runEvery, targets = ['a']) => {
          const summary = await refresh.refreshAll(targets, () => {}, options(seconds, runEvery));
          return { summary, result: results.pop() };
        };
        const short = await once(899, undefined);
        assert.same(short.result, { id: 'a', status: 'short-lived', until: in_(899), secondsLeft: 899 });
        assert.same(short.summary, { refreshed: 0, shortLived: 1, skipped: NOTHING, failed: 0, failures: [] });
        assert.equal((await once(900, undefined)).result.status, 'refreshed');
        assert.equal((await once(1499, 1200)).result.secondsLeft, 1499);
        assert.equal((await once(1500, 1200)).result.status, 'refreshed');
        const there = [{ id: 'a', until: in_(700) }];
        assert.same((await once(700, undefined, there)).result, { id: 'a', status: 'short-lived', until: in_(700), secondsLeft: 700 });
        const registry = await registryOf(refresh, 'a');
        for (const _ of [1, 2]) {
          const { result } = await once(800, undefined, registry);
          assert.equal(result.status, 'short-lived');
          assert.same((await registry.list()).targets, [{ id: 'a', until: in_(800) }]);
        }
        assert.equal((await registry.acquire('a', 'another run', 1000)).state, 'acquired', 'no lease is left');
      });
    },
  },
  {
    name: 'timing: times that cannot work are refused by name, at their limits',
    async run({ refresh, assert }) {
      const run = (options) => refresh.refreshAll(['a'], () => {}, { token: () => 'key', ...options });
      for (const [name, value, more] of [
        ['runEvery', 0],
        ['runEvery', 1201],
        ['runEvery', '600'],
        ['runEvery', NaN],
        ['minValidity', 1801],
        ['minValidity', '1'],
        ['refreshBefore', 899],
        ['refreshBefore', 1499, { runEvery: 1200 }],
      ]) {
        assert.option(await assert.rejects(run({ [name]: value, ...more }), 'ERR_INVALID_OPTION'), name);
      }
      for (const options of [
        { runEvery: 1 },
        { runEvery: 1200 },
        { minValidity: 1800 },
        { refreshBefore: 900 },
        { refreshBefore: 1500, runEvery: 1200 },
      ]) {
        assert.equal((await run(options)).refreshed, 1, JSON.stringify(options));
      }
    },
  },
];
