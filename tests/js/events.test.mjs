// Events in Node.js: its channels, and what they cost where no one listens.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { installProject } from './install.mjs';

let entries;
let issuer;
before(async () => {
  entries = await import(pathToFileURL(join(await installProject('events'), 'entries.mjs')).href);
  issuer = await entries.testing.createTestIssuer({ issuer: 'https://idp.example' });
});

const makeVerifier = (options = {}) =>
  entries.countersign.createVerifier({ issuer: issuer.issuer, audience: 'api', jwks: issuer.jwks, ...options });

/** Subscribes while `run` runs; returns the messages by channel, without their durations. */
async function heard(types, run) {
  const messages = [];
  const listeners = types.map((type) => [
    `countersign:${type}`,
    ({ durationMs, ...event }) => messages.push([type, durationMs >= 0, event]),
  ]);
  for (const [name, listener] of listeners) subscribe(name, listener);
  try {
    await run();
  } finally {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  }
  return messages;
}

test('each event is published on the channel of its type, also where no function is passed', async () => {
  const { countersign, exchange, refresh } = entries;
  const token = await issuer.mint({ aud: 'api' });
  const fetch = async () => Response.json({ token: 'fresh', expiry: Math.floor(Date.now() / 1000) + 3600 });
  const messages = await heard(['verified', 'refused', 'key-fetch', 'credential', 'exchange', 'refresh'], async () => {
    const verifier = makeVerifier({ jwks: undefined, fetch: issuer.fetch });
    await verifier.verify(token);
    verifier.verifySync(token);
    await assert.rejects(verifier.verify('x'));
    await exchange.exchangeAudience({ token, audience: 'channel', fetch });
    await countersign.getBearerToken({ staticKey: 'key' });
    await refresh.refreshAll(['one'], () => {}, { token: () => token });
  });
  const issued = { issuer: 'idp.example' };
  assert.deepEqual(messages, [
    ['key-fetch', true, { type: 'key-fetch', host: 'idp.example' }],
    ['verified', true, { type: 'verified', ...issued }],
    ['verified', true, { type: 'verified', ...issued }],
    ['refused', true, { type: 'refused', code: 'ERR_JWS_INVALID', ...issued }],
    ['exchange', true, { type: 'exchange', provider: 'vercel' }],
    ['credential', true, { type: 'credential', source: 'static-key' }],
    ['refresh', true, { type: 'refresh', status: 'refreshed' }],
  ]);
});

test('a channel with one type of event has no other', async () => {
  const verifier = makeVerifier();
  const token = await issuer.mint({ aud: 'api' });
  const run = async () => {
    verifier.verifySync(token);
    await assert.rejects(verifier.verify('x'));
  };
  assert.deepEqual(
    (await heard(['refused'], run)).map(([type]) => type),
    ['refused'],
  );
  assert.deepEqual(
    (await heard(['verified'], run)).map(([type]) => type),
    ['verified'],
  );
});

test('a subscriber that throws changes no outcome', async () => {
  const verifier = makeVerifier();
  const token = await issuer.mint({ aud: 'api' });
  const failed = new Error('thrown by a subscriber');
  const listener = () => {
    throw failed;
  };
  const raised = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => raised.push(error));
  subscribe('countersign:verified', listener);
  try {
    assert.equal(verifier.verifySync(token).claims.aud, 'api');
    assert.equal((await verifier.verify(token)).claims.aud, 'api');
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    unsubscribe('countersign:verified', listener);
    process.removeAllListeners('uncaughtException');
    for (const other of before) process.on('uncaughtException', other);
  }
  assert.deepEqual(raised, [failed, failed]);
});

test('no clock is read unless someone listens', async (t) => {
  const token = await issuer.mint({ aud: 'api' });
  const other = await issuer.mint({ aud: 'other' });
  const now = t.mock.method(performance, 'now');
  const readings = async (verifier) => {
    const before = now.mock.callCount();
    verifier.verifySync(token);
    assert.throws(() => verifier.verifySync(other));
    await verifier.verify(token);
    await assert.rejects(verifier.verify(other));
    return now.mock.callCount() - before;
  };
  assert.equal(await readings(makeVerifier()), 0, 'no one listens');
  assert.equal(await readings(makeVerifier({ onEvent: () => {} })), 8, 'a function listens');
  await heard(['refused'], async () => assert.equal(await readings(makeVerifier()), 8, 'a subscriber listens'));
  assert.equal(await readings(makeVerifier()), 0, 'no one listens any more');
});

test('nothing of an event shows a token or an option', async () => {
  const token = await issuer.mint({ aud: 'api', sub: 'SECRET' });
  const messages = await heard(['verified', 'refused', 'credential'], async () => {
    await makeVerifier().verify(token);
    await assert.rejects(makeVerifier({ subject: 'SECRET-other' }).verify(token));
    await entries.countersign.getBearerToken({ staticKey: 'SECRET' });
  });
  assert.equal(messages.length, 3);
  const { inspect } = await import('node:util');
  const text = inspect(messages, { depth: null, showHidden: true }) + JSON.stringify(messages);
  for (const part of ['SECRET', ...token.split('.')]) assert.ok(!text.includes(part), part);
});

test('a schedule emits an event for each attempt until it is stopped', async () => {
  const token = await issuer.mint({ aud: 'api' });
  const events = [];
  const sources = [
    token,
    token,
    Promise.reject(new entries.countersign.CountersignError({ code: 'ERR_CREDENTIALS_NOT_FOUND', message: 'x' })),
  ];
  sources[2].catch(() => {});
  const schedule = entries.refresh.scheduleRefresh(() => {}, {
    token: () => sources.shift() ?? new Promise(() => {}),
    onError: () => {},
    onEvent: (event) => events.push(event),
  });
  await schedule.refresh();
  await schedule.refresh();
  await assert.rejects(schedule.refresh(), { code: 'ERR_CREDENTIALS_NOT_FOUND' });
  const aborted = schedule.refresh();
  schedule.stop();
  await assert.rejects(aborted, { name: 'AbortError' });
  assert.deepEqual(
    events.map(({ durationMs, ...event }) => ({ ...event, timed: durationMs >= 0 })),
    [
      { type: 'refresh', status: 'refreshed', timed: true },
      { type: 'refresh', status: 'skipped', reason: 'unchanged', timed: true },
      { type: 'refresh', status: 'failed', code: 'ERR_CREDENTIALS_NOT_FOUND', timed: true },
    ],
  );
});
