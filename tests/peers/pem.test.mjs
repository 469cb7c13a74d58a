// Keys in PEM as JWK Sets, beside node:crypto and jose, and under attack. The keys are in tests/pem/.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { exportJWK, importSPKI, importX509 } from 'jose';
import { signToken } from './keys.mjs';
import { importPackage } from './package-under-test.mjs';

const { countersign, keys } = await importPackage('peers-pem');
const { CountersignError, createVerifier, describeKeys } = countersign;
const { certificateFetch, jwksFromCertificates, jwksFromPem } = keys;

const fixture = (name) => readFileSync(new URL(`../pem/${name}.pem`, import.meta.url), 'utf8');
const privateJwk = (name) => createPrivateKey(fixture(name)).export({ format: 'jwk' });

/** A URL of Google's in its form, and a set of the keys. */
const URL_OF_CERTIFICATES = 'https://www.googleapis.com/oauth2/v1/certs';
const ISSUER = 'https://accounts.google.com';
const NOW = 1_760_000_000;
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'someone', iat: NOW - 60, exp: NOW + 600 };
const token = (alg = 'RS256', key = 'rsa.private', header = {}) => signToken(alg, privateJwk(key), { kid: 'k1', ...header }, CLAIMS);

/** The error of a call, which must be one of the package. */
function refusal(run, code) {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof CountersignError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    return thrown;
  }
  return assert.fail('nothing was refused');
}
const reasons = (error) => error.keys?.map(({ reason }) => reason);

for (const name of ['rsa.spki', 'rsa.pkcs1', 'rsa.cert', 'rsa.expired.cert', 'rsa512.spki', 'rsa512.cert']) {
  test(`${name} is the key that node:crypto reads`, () => {
    assert.deepEqual(jwksFromPem(fixture(name)), { keys: [createPublicKey(fixture(name)).export({ format: 'jwk' })] });
  });
}
for (const name of ['p256.spki', 'p256.cert', 'p384.spki', 'p384.cert', 'p521.spki', 'p521.cert', 'ed25519.spki', 'ed25519.cert']) {
  test(`${name} is the key that node:crypto reads`, () => {
    assert.deepEqual(jwksFromPem(fixture(name)), { keys: [createPublicKey(fixture(name)).export({ format: 'jwk' })] });
  });
}

test('jose reads the same keys', async () => {
  for (const [name, alg] of [
    ['rsa.spki', 'RS256'],
    ['p256.spki', 'ES256'],
    ['p384.spki', 'ES384'],
    ['p521.spki', 'ES512'],
    ['ed25519.spki', 'EdDSA'],
  ]) {
    const [{ alg: own, ...jwk }] = jwksFromPem(fixture(name), { alg }).keys;
    assert.equal(own, alg);
    assert.deepEqual(jwk, await exportJWK(await importSPKI(fixture(name), alg, { extractable: true })), name);
    const certificate = fixture(name.replace('spki', 'cert'));
    assert.deepEqual(jwk, await exportJWK(await importX509(certificate, alg, { extractable: true })), name);
  }
});

test('a converted key verifies what its private key has signed, and nothing else', () => {
  for (const [name, key, alg] of [
    ['rsa.cert', 'rsa.private', 'RS256'],
    ['rsa.pkcs1', 'rsa.private', 'PS384'],
    ['p256.spki', 'p256.private', 'ES256'],
    ['p521.cert', 'p521.private', 'ES512'],
  ]) {
    const options = { issuer: ISSUER, audience: 'api', algorithms: [alg] };
    const verifier = createVerifier({ ...options, jwks: jwksFromPem(fixture(name), { kid: 'k1', alg }) });
    assert.equal(verifier.verifySync(token(alg, key), { now: NOW }).claims.sub, 'someone');
    const other = signToken(alg, privateJwk(key), { kid: 'k2' }, CLAIMS);
    refusal(() => verifier.verifySync(other, { now: NOW }), 'ERR_JWKS_NO_MATCHING_KEY');
    const unnamed = createVerifier({ ...options, jwks: jwksFromPem(fixture(name)) });
    refusal(() => unnamed.verifySync(token(alg, key), { now: NOW }), 'ERR_JWKS_NO_MATCHING_KEY');
    const withoutKid = signToken(alg, privateJwk(key), {}, CLAIMS);
    assert.ok(unnamed.verifySync(withoutKid, { now: NOW }));
  }
});

test('setKeys takes a converted map', () => {
  const map = { k1: fixture('rsa.cert'), k2: fixture('p256.cert') };
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: 'api',
    jwks: jwksFromCertificates({ k2: map.k2 }),
    algorithms: ['RS256', 'ES256'],
  });
  refusal(() => verifier.verifySync(token(), { now: NOW }), 'ERR_JWKS_NO_MATCHING_KEY');
  verifier.setKeys(jwksFromCertificates(JSON.stringify(map), { alg: undefined }));
  assert.ok(verifier.verifySync(token(), { now: NOW }));
});

test('x5c of a token is never used', () => {
  const x5c = [fixture('rsa.cert').replace(/-----[^-]+-----|\n/g, '')];
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: 'api',
    jwks: jwksFromPem(fixture('p256.cert')),
    algorithms: ['RS256', 'ES256'],
  });
  refusal(() => verifier.verifySync(token('RS256', 'rsa.private', { kid: undefined, x5c }), { now: NOW }), 'ERR_JWKS_NO_MATCHING_KEY');
});

test('private keys are refused by name, and nothing of them is printed', () => {
  for (const name of ['rsa.private', 'rsa.private-pkcs1', 'p256.private', 'p256.private-sec1', 'p256.private-encrypted']) {
    const text = fixture(name);
    const secret = text.split('\n')[2].slice(4, 40);
    for (const run of [
      () => jwksFromPem(text),
      () => jwksFromPem(text.slice(0, 90)),
      () => jwksFromPem(fixture('rsa.spki') + text, { alg: 'RS256' }),
      () => jwksFromCertificates({ a: text }),
      () => jwksFromPem(text.replaceAll('PRIVATE', 'PUBLIC')),
    ]) {
      const error = refusal(run, 'ERR_JWKS_INVALID');
      for (const shown of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error), error.stack]) {
        assert.ok(!shown.includes(secret), `${name}: ${shown}`);
      }
    }
    assert.deepEqual(reasons(refusal(() => jwksFromPem(text), 'ERR_JWKS_INVALID')), ['is a private key; convert its public key']);
  }
});

test('names of keys are data: __proto__, control characters, 257 bytes', () => {
  const pem = fixture('p256.spki');
  const text = JSON.stringify({ a: pem }).replace('"a"', '"__proto__"');
  for (const map of [text, JSON.parse(text)]) {
    const { keys: converted } = jwksFromCertificates(map);
    assert.equal(converted.length, 1);
    assert.equal(converted[0].kid, '__proto__');
    assert.equal(Object.getPrototypeOf(converted[0]), Object.prototype);
  }
  assert.equal({}.kid, undefined);
  const awkward = '\u0000\u001b[31m\r\n"\u2028';
  assert.equal(jwksFromCertificates({ [awkward]: pem }).keys[0].kid, awkward);
  assert.equal(jwksFromPem(pem, { kid: awkward }).keys[0].kid, awkward);
  const error = refusal(() => jwksFromCertificates({ [awkward]: 'nothing' }), 'ERR_JWKS_INVALID');
  assert.ok(!error.message.includes('\u001b'));
  assert.equal(error.keys[0].kid, awkward);
  assert.deepEqual(reasons(refusal(() => jwksFromCertificates({ ['k'.repeat(257)]: pem }), 'ERR_JWKS_INVALID')), [
    '`kid` is not a string of at most 256 bytes',
  ]);
});

test('large texts are refused before they are read', () => {
  const large = fixture('rsa.spki') + ' '.repeat(16 * 2 ** 20);
  assert.equal(refusal(() => jwksFromPem(large), 'ERR_INVALID_OPTION').option, 'text');
  assert.equal(refusal(() => jwksFromCertificates(JSON.stringify({ a: large })), 'ERR_INVALID_OPTION').option, 'certificates');
  assert.equal(refusal(() => jwksFromCertificates({ a: large }), 'ERR_INVALID_OPTION').option, 'certificates');
});

test('wrong arguments are refused by name', () => {
  for (const text of [undefined, null, 7, {}, [], Buffer.from(fixture('rsa.spki')), new String('x')]) {
    assert.equal(refusal(() => jwksFromPem(text), 'ERR_INVALID_OPTION').option, 'text');
  }
  for (const map of [undefined, null, 7, [], new Map([['a', 'b']]), { a: 7 }, { a: null }, { a: Buffer.from('x') }]) {
    assert.equal(refusal(() => jwksFromCertificates(map), 'ERR_INVALID_OPTION').option, 'certificates');
  }
  const pem = fixture('rsa.spki');
  for (const [options, option] of [
    [{ kid: 7 }, 'kid'],
    [{ kid: '' }, 'kid'],
    [{ alg: 'none' }, 'alg'],
    [{ alg: 'HS256' }, 'alg'],
    [{ algorithm: 'RS256' }, 'algorithm'],
  ]) {
    assert.equal(refusal(() => jwksFromPem(pem, options), 'ERR_INVALID_OPTION').option, option);
  }
  assert.equal(refusal(() => jwksFromCertificates({ a: pem }, { kid: 'b' }), 'ERR_INVALID_OPTION').option, 'kid');
  assert.equal(refusal(() => jwksFromPem(pem + pem, { kid: 'b' }), 'ERR_INVALID_OPTION').option, 'kid');
  assert.equal(refusal(() => certificateFetch({ fetch: 'x' }), 'ERR_INVALID_OPTION').option, 'fetch');
  assert.equal(refusal(() => certificateFetch({ alg: 'none' }), 'ERR_INVALID_OPTION').option, 'alg');
  assert.equal(refusal(() => certificateFetch({ kid: 'k1' }), 'ERR_INVALID_OPTION').option, 'kid');
});

test('RSA of 512 bits is converted, and no verifier uses it', () => {
  const jwks = jwksFromPem(fixture('rsa512.cert'), { kid: 'short' });
  const error = refusal(() => createVerifier({ issuer: ISSUER, audience: 'api', jwks }), 'ERR_JWKS_INVALID');
  assert.deepEqual(reasons(error), ['the RSA modulus is shorter than 2048 bits']);
  assert.equal(describeKeys(jwks)[0].reason, reasons(error)[0]);
});

/** A verifier whose keys come from a URL with certificates, and the requests that it makes. */
function remote(respond, options = {}) {
  const requests = [];
  const fetcher = async (url) => {
    requests.push(String(url));
    return respond();
  };
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: 'api',
    jwks: URL_OF_CERTIFICATES,
    fetch: certificateFetch({ fetch: fetcher, ...options }),
  });
  return { verifier, requests };
}

test('certificateFetch: a verifier reads the map of a URL, and keeps it', async () => {
  const map = { k0: fixture('p256.cert'), pss: fixture('pss.cert'), short: fixture('rsa512.cert') };
  const { verifier, requests } = remote(() => Response.json(map));
  await assert.rejects(verifier.verify(token(), { now: NOW }), { code: 'ERR_JWKS_INVALID' });
  map.k1 = fixture('rsa.cert');
  const { verifier: later, requests: laterRequests } = remote(() => Response.json(map));
  assert.equal((await later.verify(token(), { now: NOW })).claims.sub, 'someone');
  await later.verify(token(), { now: NOW });
  assert.deepEqual(laterRequests, [URL_OF_CERTIFICATES]);
  assert.deepEqual(requests, [URL_OF_CERTIFICATES]);
});

test('certificateFetch: `alg` narrows the keys', async () => {
  const { verifier } = remote(() => Response.json({ k1: fixture('rsa.cert') }), { alg: 'RS512' });
  await assert.rejects(verifier.verify(token(), { now: NOW }), { code: 'ERR_JWKS_INVALID' });
});

test('certificateFetch: a private key or a malformed certificate is the cause of the error', async () => {
  for (const bad of [fixture('rsa.private'), fixture('rsa.cert').slice(0, 300)]) {
    const { verifier } = remote(() => Response.json({ k1: fixture('rsa.cert'), bad }));
    await assert.rejects(verifier.verify(token(), { now: NOW }), (error) => {
      assert.equal(error.code, 'ERR_JWKS_FETCH_FAILED');
      assert.ok(error.cause instanceof CountersignError && error.cause.code === 'ERR_JWKS_INVALID', inspect(error));
      assert.equal(error.cause.keys[0].kid, 'bad');
      assert.ok(!inspect(error, { depth: 9 }).includes(bad.split('\n')[2].slice(0, 30)));
      return true;
    });
  }
});

test('certificateFetch: other responses are passed on unchanged', async () => {
  const { verifier: plain } = remote(() => Response.json(jwksFromPem(fixture('rsa.spki'), { kid: 'k1' })));
  assert.ok(await plain.verify(token(), { now: NOW }));
  for (const [response, code] of [
    [() => new Response('<!doctype html>'), 'ERR_JWKS_INVALID'],
    [() => new Response('-----BEGIN ', { status: 503 }), 'ERR_JWKS_FETCH_FAILED'],
    [() => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }), 'ERR_JWKS_FETCH_FAILED'],
    [() => new Response('x'.repeat(600_000)), 'ERR_JWKS_FETCH_FAILED'],
    [() => new Response(`-----BEGIN ${'x'.repeat(600_000)}`), 'ERR_JWKS_FETCH_FAILED'],
  ]) {
    await assert.rejects(remote(response).verifier.verify(token(), { now: NOW }), { code });
  }
});
