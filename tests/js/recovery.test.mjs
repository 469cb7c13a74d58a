// A trap inside a module: a typed error, a fresh instance, and everything that was made before goes on. Nothing that belongs
// to a lost instance, or to the other module, is ever matched with something else.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { installProject } from './install.mjs';

let entries;
let verifyModule;
let credentialsModule;
let inspectModule;
let declarations;
before(async () => {
  const project = await installProject('recovery');
  const dist = join(project, 'node_modules/countersign/dist');
  const load = (file) => import(pathToFileURL(join(dist, file)));
  const names = ['index', 'testing', 'aws', 'azure', 'connect', 'exchange', 'gcp', 'infra'];
  entries = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(`inline/${name}.js`)])));
  // Not public: what the wrapper calls, and the only way by which a test can make a module trap.
  ({ verifyModule } = await load('verify/module.js'));
  ({ credentialsModule } = await load('credentials/module.js'));
  ({ inspectModule } = await load('inspect/module.js'));
  declarations = Object.fromEntries(
    await Promise.all(['verify', 'credentials'].map(async (name) => [name, await readFile(join(dist, `${name}_bg.d.ts`), 'utf8')])),
  );
});

/** Asks for more memory than there is, which aborts the module. */
const trapVerify = () => verifyModule.call((wasm) => wasm.buffer(0xffff_fff0));

/** The same by a body for which there is no memory. */
const trapCredentials = () => credentialsModule.call((wasm) => wasm.complete_operation(0, 200, [], { length: 0xffff_fff0 }, 0));

const trapInspect = () => inspectModule.call((wasm) => wasm.complete_operation(0, 200, [], { length: 0xffff_fff0 }, 0));

const isTrap = (error) =>
  error instanceof entries.index.CountersignError &&
  error.code === 'ERR_INTERNAL' &&
  error.retryable &&
  error.cause instanceof WebAssembly.RuntimeError;
const isUnknownHandle = (error) =>
  error instanceof entries.index.CountersignError && error.code === 'ERR_INTERNAL' && /unknown handle/.test(error.message);

const options = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

/** A promise, and what fulfils it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}

const seconds = () => Math.floor(Date.now() / 1000);
const exchanged = (value) => new Response(JSON.stringify({ token: value, expiry: seconds() + 3600 }));

describe('the module verify', () => {
  test('wasm trap: ERR_INTERNAL, and the next call works', async () => {
    const before = verifyModule.instance;
    assert.throws(trapVerify, isTrap);
    assert.ok(verifyModule.instance > before);
    const issuer = await entries.testing.createTestIssuer();
    assert.equal(entries.index.decode(await issuer.mint()).claims.iss, issuer.issuer);
  });

  test('wasm trap: verifiers are rebuilt with keys given, set and fetched', async () => {
    const issuer = await entries.testing.createTestIssuer();
    const token = await issuer.mint();
    let asked = 0;
    const fetch = (...args) => {
      asked += 1;
      return issuer.fetch(...args);
    };
    const { createVercelVerifier } = entries.index;
    const given = createVercelVerifier({ ...options, jwks: issuer.jwks });
    const set = createVercelVerifier(options);
    set.setKeys(issuer.jwks);
    const fetched = createVercelVerifier({ ...options, fetch });
    await fetched.verify(token);
    for (let round = 0; round < 3; round++) {
      assert.throws(trapVerify);
      for (const verifier of [given, set, fetched]) assert.equal(verifier.verifySync(token).claims.owner, 'acme');
      await fetched.verify(token);
    }
    assert.equal(asked, 1, 'a lost instance costs no fetch');
  });

  test('an operation that is in flight when the instance is lost ends in an error that says to try again, or in keys', async () => {
    const issuer = await entries.testing.createTestIssuer();
    const token = await issuer.mint();
    const fetch = async (...args) => {
      assert.throws(trapVerify);
      return issuer.fetch(...args);
    };
    const verifier = entries.index.createVercelVerifier({ ...options, fetch });
    await assert.rejects(verifier.verify(token), { code: 'ERR_INTERNAL' });
    const calm = entries.index.createVercelVerifier({ ...options, fetch: issuer.fetch });
    assert.ok(await calm.verify(token));
  });

  test('a response for a lost instance reaches no other operation', async () => {
    const [one, two] = await Promise.all(
      ['https://one.example', 'https://two.example'].map((issuer) => entries.testing.createTestIssuer({ issuer })),
    );
    // New issuers begin with the same key; from now on this one has another.
    two.rotate();
    const { open, opened } = gate();
    const gated =
      (issuer) =>
      async (...args) => {
        await opened;
        return issuer.fetch(...args);
      };
    const make = (issuer, fetch) =>
      entries.index.createVerifier({ issuer: issuer.issuer, audience: null, jwks: `${issuer.issuer}/.well-known/jwks`, fetch });
    const lost = make(one, gated(one)).verify(await one.mint());
    assert.throws(trapVerify);
    // Were handles given again, the first operation of the new instance would have the handle of the lost one.
    const verifier = make(two, gated(two));
    const kept = verifier.verify(await two.mint());
    open();
    await assert.rejects(lost, { code: 'ERR_INTERNAL' });
    assert.equal((await kept).claims.iss, two.issuer);
    await assert.rejects(async () => verifier.verify(await one.mint({ iss: two.issuer })), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('three hundred thousand tokens leave the memory where it was', () => {
    const decode = (token) => {
      try {
        entries.index.decode(token);
      } catch {}
    };
    const text = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(`{"exp":1,"x":"${'x'.repeat(800)}"}`).toString('base64url')}.AQ`;
    for (let index = 0; index < 10_000; index++) decode(`${text}${index}`);
    const before = verifyModule.memory.buffer.byteLength;
    for (let index = 0; index < 300_000; index++) decode(`${text}${index}`);
    assert.equal(verifyModule.memory.buffer.byteLength, before);
    assert.ok(before <= 4 << 20, `linear memory has ${before} bytes`);
  });
});

describe('the module credentials', () => {
  const mint = async (jti) => (await entries.testing.createTestIssuer()).mint({ jti });

  test('wasm trap: ERR_INTERNAL, and the next call works', async () => {
    const before = credentialsModule.instance;
    const { memory } = credentialsModule;
    assert.throws(trapCredentials, isTrap);
    assert.ok(credentialsModule.instance > before);
    assert.notEqual(credentialsModule.memory, memory);
    const found = await entries.index.getBearerToken({ staticKey: 'key' });
    assert.equal(found.value, 'key');
  });

  test('a credential of one caller never reaches another, whatever is in flight', async () => {
    const [ada, bob] = [await mint('ada'), await mint('bob')];
    const { open, opened } = gate();
    const presented = [];
    const fetch = async (_url, { body }) => {
      const { token } = JSON.parse(body);
      presented.push(token);
      await opened;
      return exchanged(`for-${token === ada ? 'ada' : 'bob'}`);
    };
    const { exchangeAudience } = entries.exchange;
    const ask = (token) => exchangeAudience({ token, audience: 'recovery', fetch });
    const lost = ask(ada);
    const refused = assert.rejects(lost, { code: 'ERR_INTERNAL' });
    await new Promise(setImmediate);
    assert.throws(trapCredentials, isTrap);
    // Were numbers given again, this attempt and its operation would have those of the lost ones.
    const kept = ask(bob);
    const crowd = Array.from({ length: 20 }, () => ask(bob));
    await new Promise(setImmediate);
    open();
    await refused;
    assert.equal((await kept).value, 'for-bob');
    for (const { value } of await Promise.all(crowd)) assert.equal(value, 'for-bob');
    assert.deepEqual(presented, [ada, bob]);
    assert.equal((await ask(ada)).value, 'for-ada');
    assert.equal((await ask(bob)).value, 'for-bob');
  });

  test('an operation that was begun before the trap ends in ERR_INTERNAL, and the next call works', async () => {
    const token = await mint('begun');
    let traps = 1;
    const fetch = async () => {
      if (traps-- > 0) assert.throws(trapCredentials, isTrap);
      return exchanged('after');
    };
    const ask = () => entries.exchange.exchangeAudience({ token, audience: 'begun', fetch });
    await assert.rejects(ask(), { code: 'ERR_INTERNAL' });
    assert.equal((await ask()).value, 'after');
  });

  test('the same for a call of Vercel Connect that gives no token', async () => {
    const vercelToken = await mint('connect');
    let traps = 1;
    const fetch = async () => {
      if (traps-- > 0) assert.throws(trapCredentials, isTrap);
      return Response.json({ id: 'c', uid: 'slack/acme-bot' });
    };
    const describeConnector = () => entries.connect.getConnectorMetadata('slack/acme-bot', { vercelToken, env: {}, fetch });
    await assert.rejects(describeConnector(), { code: 'ERR_INTERNAL' });
    assert.equal((await describeConnector()).uid, 'slack/acme-bot');
  });

  test('providers that were made before the trap go on working, each for its own role', async () => {
    const token = await mint('providers');
    const fetch = async (_url, { body }) => {
      const role = new URLSearchParams(String(body)).get('RoleArn').split('/')[1];
      const key = `<AccessKeyId>${role}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`;
      const expires = new Date(Date.now() + 3_600_000).toISOString();
      return new Response(
        `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>` +
          `<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/x/y</Arn></AssumedRoleUser>` +
          `<Credentials>${key}<Expiration>${expires}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
      );
    };
    const provider = (role) => entries.aws.awsCredentialsProvider({ roleArn: `arn:aws:iam::123456789012:role/${role}`, token, fetch });
    const [reader, writer] = [provider('AAAAREADER'), provider('AAAAWRITER')];
    assert.equal((await reader()).accessKeyId, 'AAAAREADER');
    for (let round = 0; round < 3; round++) {
      assert.throws(trapCredentials, isTrap);
      // The other way round: handles are given anew in the order of their use.
      assert.equal((await writer()).accessKeyId, 'AAAAWRITER');
      assert.equal((await reader()).accessKeyId, 'AAAAREADER');
    }
  });

  test('a trap in one module leaves the other as it is', async () => {
    const issuer = await entries.testing.createTestIssuer();
    const verifier = entries.index.createVercelVerifier({ ...options, jwks: issuer.jwks });
    const { instance } = verifyModule;
    assert.throws(trapCredentials, isTrap);
    assert.equal(verifyModule.instance, instance);
    verifier.verifySync(await issuer.mint());
    const { instance: other } = credentialsModule;
    assert.throws(trapVerify, isTrap);
    assert.equal(credentialsModule.instance, other);
  });
});

describe('handles', () => {
  /** The exports of a module that take a handle, with the position of the handle and what else they need. */
  const TAKE_HANDLES = {
    verify: {
      cancel_operation: (handle) => [handle, 0],
      check_keys: (handle) => [handle, 0, 0],
      complete_operation: (handle) => [handle, 200, [], new Uint8Array(), 0],
      fail_operation: (handle) => [handle, 'network', 0],
      key_source_count: (handle) => [handle],
      load_keys: (handle) => [handle, 0, false, 0],
      max_token_bytes: (handle) => [handle],
      restore_keys: (handle) => [handle, 0, '', 0],
      set_keys: (handle) => [handle, '{"keys":[]}'],
      shared_keys_name: (handle) => [handle, 0],
    },
    credentials: {
      begin_connect_call: (handle) => [handle, 'a.b.c', 0],
      cancel_operation: (handle) => [handle, 0],
      complete_operation: (handle) => [handle, 200, [], new Uint8Array(), 0],
      fail_operation: (handle) => [handle, 'network', 0],
      find_credential: (handle) => [handle, 'a.b.c', 0, undefined, 0],
    },
  };

  /** They return something else than an error: `verify` reports its refusal through `refusal`, and freeing is always allowed. */
  const OTHERS = { verify: ['verify', 'free_verifier'], credentials: ['free_connect_call', 'free_exchange', 'restore_credential'] };

  const modules = () => ({ verify: verifyModule, credentials: credentialsModule });

  /** Every form that is no handle, and a number that no instance has reached. */
  const NO_HANDLES = [undefined, null, NaN, Infinity, -Infinity, 1.5, -1, 0, 1, '1', '', {}, [], true, 2 ** 60, 2 ** 53, Number.MAX_VALUE];

  const makeVerifier = () =>
    verifyModule.call((wasm) => wasm.create_verifier('{"issuer":"https://a.example","audience":null}', undefined, undefined));
  const makeExchange = () => credentialsModule.call((wasm) => wasm.create_vercel_exchange({ audience: 'handles' }));
  const makeCall = () => credentialsModule.call((wasm) => wasm.create_connect_call('describe', { connector: 'slack/acme-bot' }, '{}'));

  test('the lists above have every export that takes a handle', () => {
    for (const [name, text] of Object.entries(declarations)) {
      const takers = [...text.matchAll(/^export function (\w+)\((?:verifier|operation|exchange|call|attempt): number/gm)].map(
        ([, found]) => found,
      );
      assert.deepEqual([...Object.keys(TAKE_HANDLES[name]), ...OTHERS[name]].sort(), takers.sort(), name);
    }
  });

  test('what is not one is ERR_INTERNAL, never the first verifier or exchange', () => {
    // There is something that could be taken by mistake.
    makeVerifier();
    makeExchange();
    makeCall();
    for (const [name, exports] of Object.entries(TAKE_HANDLES)) {
      for (const [taker, argumentsWith] of Object.entries(exports)) {
        for (const handle of NO_HANDLES) {
          const call = () => modules()[name].call((wasm) => wasm[taker](...argumentsWith(handle)));
          assert.throws(call, isUnknownHandle, `${name}.${taker}(${String(handle)})`);
        }
      }
    }
  });

  test('fractions of a real one are not it', () => {
    for (const [name, handle, taker] of [
      ['verify', makeVerifier(), 'max_token_bytes'],
      ['credentials', makeExchange(), 'find_credential'],
    ]) {
      const call = (given) => modules()[name].call((wasm) => wasm[taker](...TAKE_HANDLES[name][taker](given)));
      call(handle);
      for (const given of [handle + 0.5, handle - 0.5, -handle, handle + 2 ** 32, handle + 2 ** 52])
        assert.throws(() => call(given), isUnknownHandle, String(given));
    }
  });

  test('`verify` refuses them through `refusal`, and freeing them frees nothing', () => {
    const verifier = makeVerifier();
    const exchange = makeExchange();
    for (const handle of NO_HANDLES) {
      assert.equal(
        verifyModule.call((wasm) => wasm.verify(handle, 0, 0, 0)),
        false,
      );
      assert.throws(() => verifyModule.call((wasm) => wasm.refusal()), isUnknownHandle, String(handle));
      verifyModule.call((wasm) => wasm.free_verifier(handle));
      credentialsModule.call((wasm) => wasm.free_exchange(handle));
      credentialsModule.call((wasm) => wasm.free_connect_call(handle));
    }
    verifyModule.call((wasm) => wasm.max_token_bytes(verifier));
    credentialsModule.call((wasm) => wasm.find_credential(exchange, 'a.b.c', 0, undefined, 0));
  });

  test('those of one module, of another kind, or of a lost instance mean nothing', async () => {
    const verifier = makeVerifier();
    const exchange = makeExchange();
    const connectCall = makeCall();
    const refuses = (name, handle) => {
      for (const [taker, argumentsWith] of Object.entries(TAKE_HANDLES[name])) {
        const call = () => modules()[name].call((wasm) => wasm[taker](...argumentsWith(handle)));
        assert.throws(call, isUnknownHandle, `${name}.${taker}`);
      }
    };
    refuses('credentials', verifier);
    refuses('verify', exchange);
    refuses('verify', connectCall);
    // Of the same instance, and something else.
    assert.throws(() => credentialsModule.call((wasm) => wasm.begin_connect_call(exchange, 'a.b.c', 0)), isUnknownHandle);
    assert.throws(() => credentialsModule.call((wasm) => wasm.find_credential(connectCall, 'a.b.c', 0, undefined, 0)), isUnknownHandle);
    assert.throws(() => verifyModule.call((wasm) => wasm.cancel_operation(verifier, 0)), isUnknownHandle);
    assert.throws(trapVerify, isTrap);
    assert.throws(trapCredentials, isTrap);
    // So that the new instances have something, too.
    makeVerifier();
    makeExchange();
    makeCall();
    refuses('verify', verifier);
    refuses('credentials', exchange);
    refuses('credentials', connectCall);
  });

  describe('a credential from a store is taken for no attempt but its own', () => {
    const begin = (audience) => {
      const exchange = credentialsModule.call((wasm) => wasm.create_vercel_exchange({ audience }));
      return () => credentialsModule.call((wasm) => wasm.find_credential(exchange, 'a.b.c', 0, undefined, seconds()));
    };
    const credential = JSON.stringify({ value: 'from-a-store', expiresAt: seconds() + 3600 });
    const restore = (attempt) => {
      try {
        return credentialsModule.call((wasm) => wasm.restore_credential(attempt, credential, seconds()));
      } catch (error) {
        assert.equal(error.code, 'ERR_INTERNAL');
        return false;
      }
    };

    test('of another number, or of none', () => {
      const find = begin('attempts');
      const { attempt, request } = find();
      assert.ok(request);
      for (const given of [undefined, NaN, 1.5, -1, 0, '1', attempt + 1, attempt + 2 ** 32, 2 ** 60])
        assert.equal(restore(given), false, String(given));
      assert.equal(find().credential, undefined);
    });

    test('of a lost instance', () => {
      const { attempt } = begin('lost')();
      assert.throws(trapCredentials, isTrap);
      const find = begin('lost');
      assert.ok(find().request);
      assert.equal(restore(attempt), false);
      assert.equal(find().credential, undefined);
    });

    // The wrapper never passes one: it would have to make up a fraction.
    test('of a fraction of its number', () => {
      const find = begin('fractions');
      const { attempt } = find();
      assert.equal(restore(attempt + 0.5), false);
      assert.equal(find().credential, undefined);
    });
  });
});

describe('the module inspect', () => {
  /** A project of its own for each name: it answers with that name, and writes down what it is asked and by whom. */
  function projects() {
    const seen = [];
    const fetchFor =
      (name, wait) =>
      async (url, { method, headers, body }) => {
        seen.push([name, new URL(url).pathname.split('/')[3], new Headers(headers).get('authorization'), method, body]);
        await wait?.();
        const envs = method === 'GET' ? [{ id: '1', key: 'A', type: 'plain', value: `of ${name}`, target: ['production'] }] : [];
        return new Response(JSON.stringify(method === 'GET' ? { envs } : { created: [], failed: [] }));
      };
    return { seen, fetchFor };
  }

  test('runs of two projects with a trap between never meet', async () => {
    const { seen, fetchFor } = projects();
    const { pullEnvironment, syncEnvironment } = entries.infra;
    const first = gate();
    const of = (name, wait) => ({ project: name, token: `token-of-${name}`, fetch: fetchFor(name, wait) });
    const one = pullEnvironment({ ...of('one', () => first.opened), target: 'production' }).catch((error) => error);
    assert.throws(trapInspect, isTrap);
    // In a new instance, whose numbers must not be those of the lost one.
    const second = gate();
    const two = pullEnvironment({ ...of('two', () => second.opened), target: 'production' });
    const third = gate();
    const sync = syncEnvironment({ ...of('three', () => third.opened), values: { B: 'x' }, targets: ['preview'] });
    first.open();
    assert.ok(isUnknownHandle(await one), 'the run of the lost instance ends');
    second.open();
    third.open();
    assert.deepEqual({ ...(await two).values }, { A: 'of two' });
    assert.deepEqual((await sync).created, [{ name: 'B', targets: ['preview'] }]);
    for (const [name, project, authorization] of seen) assert.deepEqual([project, authorization], [name, `Bearer token-of-${name}`]);
    assert.deepEqual(
      seen.filter(([, , , method]) => method === 'POST').map(([name]) => name),
      ['three'],
    );
  });
});
