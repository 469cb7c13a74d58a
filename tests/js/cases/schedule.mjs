// One process's schedule, under a clock that passes when it is told to.

import { withFakeClock } from './fake-clock.mjs';

/** A schedule with a source of numbered tokens that live so long, and notes of what was written and what failed. */
function scheduleOf(refresh, life, options = {}) {
  const notes = { written: [], errors: [], asked: 0 };
  const token = () => {
    notes.asked += 1;
    if (notes.broken) throw new Error('no token');
    return { value: notes.same ?? `token ${notes.asked}`, expiresAt: notes.expiresAt ?? new Date(Date.now() + life * 1000) };
  };
  const write = ({ value }) => {
    if (notes.full) throw new Error('no disk');
    notes.written.push(value);
  };
  const onError = (error, { retryIn }) => notes.errors.push([error.message, retryIn]);
  notes.schedule = refresh.scheduleRefresh(write, { token, onError, jitter: 0, ...options });
  return notes;
}

export const cases = [
  {
    name: 'schedule: a token is replaced before it expires, again and again',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 3600);
        await clock.settle();
        assert.same(notes.written, ['token 1'], 'at once');
        await clock.pass(3299);
        assert.equal(notes.written.length, 1, 'writes five minutes before the expiry');
        await clock.pass(2);
        assert.same(notes.written, ['token 1', 'token 2']);
        await clock.pass(3300 * 8);
        assert.equal(notes.written.length, 10);
        assert.equal(notes.errors.length, 0);
        notes.schedule.stop();
        assert.equal(clock.pending().length, 0, 'timers that are left');
      });
    },
  },
  {
    name: 'vercel/vercel #17582, vercel/ai #7353: of a day of jobs in a long-lived process none holds an expired token',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        let held;
        let outage = false;
        const schedule = refresh.scheduleRefresh((token) => void (held = token), {
          token: () => {
            if (outage) throw new Error('outage');
            return { value: `token of ${Date.now()}`, expiresAt: new Date(Date.now() + 3_600_000) };
          },
          onError: () => {},
        });
        await clock.settle();
        for (let minute = 0; minute < 24 * 60; minute++) {
          // Four minutes of each hour nothing is to be had.
          outage = minute % 60 < 4;
          assert.ok(held.expiresAt.getTime() > Date.now(), `the job of minute ${minute} has an expired token`);
          await clock.pass(60);
        }
        schedule.stop();
      });
    },
  },
  {
    name: 'schedule: a thousand processes do not all ask in the same second',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const schedules = Array.from({ length: 1000 }, () => scheduleOf(refresh, 3600, { jitter: 0.2 }).schedule);
        await clock.settle();
        const waits = schedules.map(({ next }) => (next.getTime() - Date.now()) / 1000);
        assert.ok(
          waits.every((wait) => wait > 3300 * 0.8 - 1 && wait <= 3300),
          'within the part that is chance',
        );
        assert.ok(new Set(waits.map(Math.round)).size > 300, 'spread');
        for (const schedule of schedules) schedule.stop();
      });
    },
  },
  {
    name: 'schedule: after failures it tries again, ever more slowly, and says each time',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 3600);
        await clock.settle();
        notes.broken = true;
        await clock.pass(4500);
        const waits = notes.errors.map(([, retryIn]) => retryIn);
        assert.equal(notes.errors[0][0], 'no token');
        waits.forEach((wait, index) => {
          const most = Math.min(2 ** index, 60);
          assert.ok(wait >= most / 2 && wait <= most, `wait ${index} is ${wait}`);
        });
        assert.ok(waits.length > 20 && waits.length < 50, `attempts in 20 minutes: ${waits.length}`);
        notes.broken = false;
        await clock.pass(61);
        assert.equal(notes.written.length, 2);
        notes.full = true;
        await clock.pass(3301);
        assert.equal(notes.errors.at(-1)[0], 'no disk');
        notes.full = false;
        await clock.pass(61);
        assert.equal(notes.written.length, 3, 'a token that could not be written is written later');
        notes.schedule.stop();
      });
    },
  },
  {
    name: 'schedule: a source that has no better token yet is not asked without a pause, and nothing is written twice',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 3600);
        await clock.settle();
        notes.same = 'token 1';
        notes.expiresAt = new Date(Date.now() + 3_600_000);
        await clock.pass(3590);
        assert.ok(notes.asked > 3 && notes.asked < 25, `questions in five minutes: ${notes.asked}`);
        assert.same(notes.written, ['token 1']);
        await clock.pass(130);
        assert.match(notes.errors.at(-1)[0], /has expired/);
        notes.same = notes.expiresAt = undefined;
        await clock.pass(61);
        assert.equal(notes.written.length, 2);
        notes.schedule.stop();
        const short = scheduleOf(refresh, 120);
        await clock.pass(600);
        assert.ok(
          short.written.length >= 9 && short.written.length <= 12,
          `writes of tokens that live two minutes: ${short.written.length}`,
        );
        short.schedule.stop();
      });
    },
  },
  {
    name: 'schedule: a life of a hundred years overflows no timer',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 100 * 365 * 86_400);
        await clock.pass(7200);
        assert.equal(notes.asked, 1);
        assert.ok(clock.longest() <= 60, `a timer of ${clock.longest()} s`);
        notes.schedule.stop();
      });
    },
  },
  {
    name: 'schedule: a clock that jumps forth is noticed within a minute, one that jumps back brings no storm and no silence',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 3600);
        await clock.pass(10);
        clock.jump(4000);
        await clock.pass(61);
        assert.equal(notes.written.length, 2, 'writes after a jump forth');
        notes.broken = true;
        clock.jump(4000);
        await clock.pass(60);
        assert.ok(notes.errors.length > 0);
        clock.jump(-86_400);
        notes.broken = false;
        await clock.pass(61);
        assert.equal(notes.written.length, 3, 'writes after a failure and a jump back');
        const { asked } = notes;
        await clock.pass(3000);
        assert.equal(notes.asked, asked, 'questions meanwhile');
        notes.schedule.stop();
      });
    },
  },
  {
    name: 'schedule: it stops by its method, by its symbol and by a signal, and calls nobody then',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const abort = new AbortController();
        const stops = [
          ({ schedule }) => schedule.stop(),
          ({ schedule }) => schedule[Symbol.dispose ?? Symbol.for('Symbol.dispose')](),
          () => abort.abort(),
        ];
        for (const stop of stops) {
          const notes = scheduleOf(refresh, 3600, { signal: abort.signal });
          await clock.pass(100);
          stop(notes);
          stop(notes);
          assert.equal(notes.schedule.next, undefined);
          await clock.pass(10_000);
          assert.equal(notes.asked, 1);
          const outcome = await notes.schedule.refresh().catch(({ name, code }) => [name, code]);
          assert.same(outcome, ['AbortError', 'ABORT_ERR']);
          assert.equal(notes.errors.length, 0);
        }
        const never = scheduleOf(refresh, 3600, { signal: abort.signal });
        await clock.pass(100);
        assert.equal(never.asked, 0, 'questions under a signal that was aborted before');
        let reason;
        const busy = refresh.scheduleRefresh(
          (_token, { signal }) => new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason.name))),
          { token: () => 'key', onError: () => (reason = 'told') },
        );
        await clock.settle();
        busy.stop();
        await clock.settle();
        assert.equal(reason, 'AbortError', 'a write that is under way');
        assert.equal(clock.pending().length, 0, 'timers that are left');
      });
    },
  },
  {
    name: 'schedule: a writer that hangs is given up and called again',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        let calls = 0;
        const errors = [];
        const schedule = refresh.scheduleRefresh(() => (++calls === 1 ? new Promise(() => {}) : undefined), {
          token: () => 'key',
          timeout: 5,
          onError: ({ name, message }) => errors.push(`${name}: ${message}`),
        });
        await clock.pass(10);
        assert.equal(calls, 2);
        assert.same(errors, ['TimeoutError: timed out after 5 s']);
        assert.equal(schedule.next, undefined, 'a key without an expiry is not replaced');
        schedule.stop();
      });
    },
  },
  {
    name: 'schedule: a token that was refused is replaced now, by one attempt for all who ask',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        const notes = scheduleOf(refresh, 3600);
        await clock.pass(100);
        await Promise.all(Array.from({ length: 100 }, () => notes.schedule.refresh()));
        assert.same(notes.written, ['token 1', 'token 2']);
        await clock.pass(3299);
        assert.equal(notes.asked, 2, 'the old timer is gone');
        await clock.pass(2);
        assert.equal(notes.asked, 3);
        notes.schedule.stop();
      });
    },
  },
  {
    name: 'schedule: it lets the process end if asked to, where there are processes',
    async run({ refresh, assert }) {
      await withFakeClock(async (clock) => {
        for (const unref of [true, false]) {
          const notes = scheduleOf(refresh, 3600, { unref });
          await clock.settle();
          assert.equal(clock.pending().filter(({ unrefs }) => unrefs > 0).length, unref ? 1 : 0);
          notes.schedule.stop();
        }
      });
    },
  },
  {
    name: 'schedule: an onError that throws or rejects is told on the console by its name, and the schedule goes on',
    async run({ refresh, assert }) {
      const told = [];
      const real = console.error;
      console.error = (...words) => void told.push(words.join(' '));
      try {
        await withFakeClock(async (clock) => {
          for (const onError of [
            () => {
              throw new TypeError('a-secret');
            },
            async () => {
              throw new RangeError('a-secret');
            },
          ]) {
            let asked = 0;
            const token = () => {
              asked += 1;
              if (asked === 1) throw new Error('no token');
              return 'a key';
            };
            const schedule = refresh.scheduleRefresh(() => {}, { token, onError });
            await clock.pass(10);
            assert.equal(asked, 2);
            schedule.stop();
          }
        });
      } finally {
        console.error = real;
      }
      assert.same(
        told,
        ['TypeError', 'RangeError'].map((name) => `countersign: onError of scheduleRefresh failed: ${name}`),
      );
    },
  },
  {
    name: 'schedule: options are held to their word',
    async run({ refresh, assert }) {
      const onError = () => {};
      assert.throws(() => refresh.scheduleRefresh(undefined, { onError }), 'ERR_INVALID_OPTION');
      for (const options of [
        {},
        { onError: 1 },
        { onError, jitter: 2 },
        { onError, before: -1 },
        { onError, token: 'x' },
        { onError, every: 5 },
        undefined,
      ]) {
        assert.throws(() => refresh.scheduleRefresh(() => {}, options), 'ERR_INVALID_OPTION');
      }
    },
  },
];
