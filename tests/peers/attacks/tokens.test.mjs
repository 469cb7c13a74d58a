// Tokens that a verifier must survive, and keys that it must not use. Each test bears the name of the input.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { KEYS, base64url, publicJwk, sign, signTexts, signToken } from '../keys.mjs';
import { mirrored, orderOf, signAlike, signPss } from '../differential/sign.mjs';
import { CLAIMS, HEADER, ISSUER, JWKS, NOW, SIGNER, mint, setUp } from './setting.mjs';

const { countersign, verifierOf, verdict } = await setUp('peers-attacks-tokens');

const invalidClaim = (claim, reason = 'invalid') => `ERR_JWT_CLAIM_VALIDATION_FAILED ${claim} ${reason}`;
const withTexts = (header, payload) =>
  signTexts('RS256', SIGNER, header ?? JSON.stringify({ ...HEADER, alg: 'RS256' }), payload ?? JSON.stringify(CLAIMS));
const keySet = (...keys) => ({ keys });
const good = publicJwk(SIGNER, { kid: 'key-1' });

/** The verdict on a good token with this key set, or on the set itself. */
function verdictWith(jwks, options = {}, token = mint()) {
  try {
    return verdict(token, verifierOf({ jwks, ...options }));
  } catch (thrown) {
    assert.ok(thrown instanceof countersign.CountersignError, String(thrown));
    return thrown.code;
  }
}
const NO_KEY = 'ERR_JWKS_INVALID';

test('a token as it should be', () => {
  assert.equal(verdict(mint()), 'accepted');
});

test('`alg` none / nOnE; HS256 keyed with the RSA public key', () => {
  const payload = base64url(JSON.stringify(CLAIMS));
  for (const alg of ['none', 'nOnE', 'NONE', '']) {
    const header = base64url(JSON.stringify({ ...HEADER, alg }));
    assert.equal(verdict(`${header}.${payload}.`), 'ERR_JWS_INVALID', alg);
    assert.equal(verdict(`${header}.${payload}.AA`), 'ERR_JOSE_ALG_NOT_ALLOWED', alg);
  }
  const key = createPublicKey({ key: good, format: 'jwk' });
  const secrets = [
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'der', type: 'spki' }),
    Buffer.from(good.n, 'base64url'),
    JSON.stringify(good),
  ];
  for (const secret of secrets) {
    const input = `${base64url(JSON.stringify({ ...HEADER, alg: 'HS256' }))}.${payload}`;
    assert.equal(verdict(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`), 'ERR_JOSE_ALG_NOT_ALLOWED');
  }
  for (const algorithms of [['HS256'], ['none'], ['RS256', 'HS256'], []]) {
    assert.throws(() => verifierOf({ algorithms }), { code: 'ERR_INVALID_OPTION' });
  }
});

test("`alg` differs from the JWK's; JWK without `alg`", () => {
  const both = { algorithms: ['RS256', 'RS512'] };
  const rs512 = mint({}, {}, 'RS512');
  assert.equal(verdictWith(JWKS, both, rs512), 'ERR_JWKS_NO_MATCHING_KEY');
  assert.equal(verdictWith(keySet(good), both, rs512), 'accepted');
  assert.equal(verdictWith(keySet(good), {}, rs512), 'ERR_JOSE_ALG_NOT_ALLOWED');
  // The header says one algorithm, the signature is of another.
  const input = mint({}, {}, 'RS256').split('.').slice(0, 2).join('.');
  const mixed = `${input}.${base64url(sign('RS512', SIGNER, input))}`;
  assert.equal(verdictWith(keySet(good), both, mixed), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  assert.equal(verdictWith(keySet(good), { algorithms: ['ES256'] }, mint({}, {}, 'ES256', KEYS['P-256'][0])), NO_KEY);
});

test('`kid` missing / number / `__proto__` / 10 KB', () => {
  const two = verifierOf({ jwks: keySet(good, publicJwk(KEYS.rsa[1], { kid: 'key-2' })) });
  assert.equal(verdict(mint({}, { kid: undefined })), 'accepted');
  assert.equal(verdict(mint({}, { kid: undefined }), two), 'ERR_JWKS_NO_MATCHING_KEY');
  for (const kid of [1, null, true, ['key-1'], { kid: 'key-1' }]) assert.equal(verdict(mint({}, { kid })), 'ERR_JWS_INVALID', String(kid));
  for (const kid of ['__proto__', 'constructor', 'toString', '', 'KEY-1', 'key-1\u0000', '../key-1', "' or 1=1"]) {
    assert.equal(verdict(mint({}, { kid })), 'ERR_JWKS_NO_MATCHING_KEY', kid);
  }
  assert.equal(verdict(mint({}, { kid: 'k'.repeat(257) })), 'ERR_JWS_INVALID');
  assert.equal(verdict(mint({}, { kid: 'k'.repeat(10_000) })), 'ERR_JWS_INVALID');
});

test('duplicate JSON member names (`alg`, `sub`, `exp`, nested)', () => {
  const header = (text) => withTexts(`{"typ":"JWT","kid":"key-1",${text}}`);
  for (const text of ['"alg":"RS256","alg":"RS256"', '"alg":"none","alg":"RS256"', '"alg":"RS256","\\u0061lg":"none"']) {
    assert.equal(verdict(header(text)), 'ERR_JWS_INVALID', text);
  }
  const payload = (text) => withTexts(undefined, `${JSON.stringify(CLAIMS).slice(0, -1)},${text}}`);
  for (const text of ['"sub":"admin"', '"exp":4e9', '"s\\u0075b":"admin"', '"act":{"sub":"a","sub":"b"}', '"x":[[{"a":1,"a":1}]]']) {
    assert.equal(verdict(payload(text)), 'ERR_JWT_INVALID', text);
  }
  assert.equal(verdict(payload('"act":{"sub":"a","exp":1}')), 'accepted');
});

test('base64url with non-zero trailing bits', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const loosen = (text) => text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
  const [header, payload, signature] = mint().split('.');
  assert.equal(verdict(`${header}.${payload}.${loosen(signature)}`), 'ERR_JWS_INVALID');
  // Also where the loose text itself is signed.
  const resign = (input) => `${input}.${base64url(sign('RS256', SIGNER, input))}`;
  for (const more of ['', 'x', 'xx']) {
    const claims = base64url(JSON.stringify({ ...CLAIMS, more }));
    const expected = claims.length % 4 === 0 ? 'accepted' : 'ERR_JWS_INVALID';
    assert.equal(verdict(resign(`${header}.${claims.length % 4 === 0 ? claims : loosen(claims)}`)), expected);
  }
});

test('`=` padding, white space, newline at the end or inside', () => {
  const token = mint();
  const [header, payload, signature] = token.split('.');
  const resign = (input) => `${input}.${base64url(sign('RS256', SIGNER, input))}`;
  for (const space of ['=', '==', ' ', '\n', '\r\n', '\t', '\u0000', '\u00a0', '\ufeff']) {
    const texts = [token + space, space + token, `${header}.${payload}.${signature.slice(0, 5)}${space}${signature.slice(5)}`];
    for (const text of [...texts, resign(`${header}${space}.${payload}`), resign(`${header}.${payload}${space}`)]) {
      assert.equal(verdict(text), 'ERR_JWS_INVALID', JSON.stringify(space));
    }
  }
});

test('invalid UTF-8, BOM, lone surrogate escapes in header or payload', () => {
  const header = JSON.stringify({ ...HEADER, alg: 'RS256' });
  const payload = JSON.stringify(CLAIMS);
  const more = (text, octets) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from(octets), Buffer.from('"}')]);
  for (const octets of [[0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    assert.equal(verdict(withTexts(more(header, octets))), 'ERR_JWS_INVALID');
    assert.equal(verdict(withTexts(undefined, more(payload, octets))), 'ERR_JWT_INVALID');
  }
  for (const surrogate of ['\\ud800', '\\udfff', '\\ud800\\ud800', '\\ud800x']) {
    assert.equal(verdict(withTexts(more(header, surrogate))), 'ERR_JWS_INVALID', surrogate);
    assert.equal(verdict(withTexts(undefined, more(payload, surrogate))), 'ERR_JWT_INVALID', surrogate);
  }
  assert.equal(verdict(withTexts(`\ufeff${header}`)), 'ERR_JWS_INVALID');
  assert.equal(verdict(withTexts(undefined, `\ufeff${payload}`)), 'ERR_JWT_INVALID');
  assert.equal(verdict(withTexts(undefined, more(payload, 'é🦁\\ud83e\\udd81'))), 'accepted');
});

test('nesting 200,000 deep; token of 8 MB', () => {
  const nested = (depth) => withTexts(undefined, `${JSON.stringify(CLAIMS).slice(0, -1)},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  assert.equal(verdict(nested(31)), 'accepted');
  assert.equal(verdict(nested(32)), 'ERR_JWT_INVALID');
  assert.equal(verdict(nested(200_000)), 'ERR_JWS_INVALID');
  const large = verifierOf({ maxTokenBytes: 1_048_576 });
  assert.equal(verdict(nested(200_000), large), 'ERR_JWT_INVALID');
  const huge = `${mint()}${'A'.repeat(8 << 20)}`;
  const start = performance.now();
  for (let round = 0; round < 100; round += 1) assert.equal(verdict(huge), 'ERR_JWS_INVALID');
  const each = (performance.now() - start) / 100;
  assert.ok(each < 10, `refusing 8 MB took ${each.toFixed(1)} ms`);
  // Exactly as long as allowed, and one byte longer.
  const token = mint();
  assert.equal(verdict(token, verifierOf({ maxTokenBytes: token.length })), 'accepted');
  assert.equal(verdict(token, verifierOf({ maxTokenBytes: token.length - 1 })), 'ERR_JWS_INVALID');
});

test('`exp` missing', () => {
  assert.equal(verdict(mint({ exp: undefined })), invalidClaim('exp', 'missing'));
});

test('`exp` string / null / bool / array / 1e400', () => {
  for (const exp of [String(NOW + 60), null, true, [NOW + 60], { exp: NOW + 60 }])
    assert.equal(verdict(mint({ exp })), invalidClaim('exp'));
  const text = JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e400');
  assert.equal(verdict(withTexts(undefined, text)), invalidClaim('exp'));
});

test('`exp` -1e300, `nbf` 1e300', () => {
  assert.equal(verdict(mint({ exp: -1e300 })), invalidClaim('exp'));
  assert.equal(verdict(mint({ nbf: 1e300 })), invalidClaim('nbf'));
  assert.equal(verdict(mint({ iat: -1e300 })), invalidClaim('iat'));
});

test('`exp` 1e20', () => {
  for (const exp of [1e20, 253_402_300_800, 1e11 * 1000]) assert.equal(verdict(mint({ exp })), invalidClaim('exp'), String(exp));
  assert.equal(verdict(mint({ exp: 253_402_300_799 })), 'accepted');
});

test('`exp` fraction', () => {
  assert.equal(verdict(mint({ exp: NOW + 0.5 })), 'accepted');
  assert.equal(verdict(mint({ exp: NOW - 0.5 }), verifierOf({ clockTolerance: 0 })), 'ERR_JWT_EXPIRED exp check_failed');
});

test('now == `exp`', () => {
  const strict = verifierOf({ clockTolerance: 0 });
  assert.equal(verdict(mint({ exp: NOW + 1 }), strict), 'accepted');
  assert.equal(verdict(mint({ exp: NOW }), strict), 'ERR_JWT_EXPIRED exp check_failed');
  for (const tolerant of [verifierOf({}), verifierOf({ clockTolerance: 5 })]) {
    assert.equal(verdict(mint({ exp: NOW - 4 }), tolerant), 'accepted');
    assert.equal(verdict(mint({ exp: NOW - 5 }), tolerant), 'ERR_JWT_EXPIRED exp check_failed');
  }
});

test('`nbf`, `iat` in the future beyond tolerance', () => {
  const strict = verifierOf({ clockTolerance: 0, maxTokenAge: 600 });
  const tolerant = verifierOf({ maxTokenAge: 600 });
  for (const claim of ['nbf', 'iat']) {
    assert.equal(verdict(mint({ [claim]: NOW }), strict), 'accepted');
    assert.equal(verdict(mint({ [claim]: NOW + 1 }), strict), invalidClaim(claim, 'check_failed'));
    assert.equal(verdict(mint({ [claim]: NOW + 5 }), tolerant), 'accepted');
    assert.equal(verdict(mint({ [claim]: NOW + 6 }), tolerant), invalidClaim(claim, 'check_failed'));
  }
  // Without an age limit `iat` says nothing about validity (RFC 7519 section 4.1.6).
  assert.equal(verdict(mint({ iat: NOW + 60 })), 'accepted');
});

test('`aud` [] / object / [good, 1] / missing / substring', () => {
  for (const aud of [[], {}, ['api', 1], ['api', null], 1, null, [['api']]])
    assert.equal(verdict(mint({ aud })), invalidClaim('aud'), JSON.stringify(aud));
  assert.equal(verdict(mint({ aud: undefined })), invalidClaim('aud', 'missing'));
  for (const aud of ['ap', 'api2', 'API', ' api', 'api,other', ['other'], ''])
    assert.equal(verdict(mint({ aud })), invalidClaim('aud', 'check_failed'));
  assert.equal(verdict(mint({ aud: ['other', 'api'] })), 'accepted');
});

test('`iss` array, trailing slash, other case, prefix `https://oidc.vercel.com.evil.example`', () => {
  assert.equal(verdict(mint({ iss: [ISSUER] })), invalidClaim('iss'));
  assert.equal(verdict(mint({ iss: undefined })), invalidClaim('iss', 'missing'));
  for (const iss of [
    `${ISSUER}/`,
    ISSUER.toUpperCase(),
    ISSUER.slice(0, -1),
    'https://issuer.example.evil.example/tenant',
    `${ISSUER}\u0000`,
    '',
  ]) {
    assert.equal(verdict(mint({ iss })), invalidClaim('iss', 'check_failed'), iss);
  }
  const vercel = countersign.createVercelVerifier({
    team: 'acme',
    projectId: '*',
    ownerId: 'team_1',
    environment: '*',
    issuerMode: 'global',
    jwks: JWKS,
  });
  for (const iss of [
    'https://oidc.vercel.com.evil.example',
    'https://oidc.vercel.com/',
    'https://oidc.vercel.com/acme',
    'https://oidc.vercel.com@evil.example',
  ]) {
    assert.equal(verdict(mint({ iss, aud: 'https://vercel.com/acme' }), vercel), invalidClaim('iss', 'check_failed'), iss);
  }
});

test('`sub` number; claims not an object (null, array, string)', () => {
  for (const sub of [1, null, ['someone'], {}]) assert.equal(verdict(mint({ sub })), invalidClaim('sub'));
  for (const payload of ['null', '[]', '"x"', '1', 'true', '', ' ', '{', 'undefined'])
    assert.equal(verdict(withTexts(undefined, payload)), 'ERR_JWT_INVALID', payload);
  for (const header of ['null', '[]', '"x"', '1', '', '{']) assert.equal(verdict(withTexts(header)), 'ERR_JWS_INVALID', header);
  for (const token of [undefined, null, 1, {}, [], Buffer.from(mint()), new String(mint())])
    assert.equal(verdict(token), 'ERR_JWS_INVALID');
});

test('`crit` unknown / [] / string / null', () => {
  for (const crit of [['x'], ['exp'], ['b64'], ['alg', 'x']])
    assert.equal(verdict(mint({}, { crit, x: 1, b64: true })), 'ERR_JOSE_NOT_SUPPORTED');
  for (const crit of [[], 'exp', null, {}, 1]) assert.equal(verdict(mint({}, { crit })), 'ERR_JWS_INVALID');
});

test('`b64:false` with or without `crit`', () => {
  for (const header of [{ b64: false }, { b64: false, crit: ['b64'] }, { b64: 'false' }, { b64: null }]) {
    assert.equal(verdict(mint({}, header)), 'ERR_JOSE_NOT_SUPPORTED');
    // As RFC 7797 has it: the payload goes into the signature, and onto the wire, as it is.
    const input = `${base64url(JSON.stringify({ ...HEADER, alg: 'RS256', ...header }))}.${JSON.stringify(CLAIMS)}`;
    assert.equal(verdict(`${input}.${base64url(sign('RS256', SIGNER, input))}`), 'ERR_JWS_INVALID');
  }
});

test('`typ` of another token kind (`at+jwt`, `logout+jwt`)', () => {
  for (const typ of ['at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JWS', 'JWT ', ''])
    assert.equal(verdict(mint({}, { typ })), invalidClaim('typ', 'check_failed'), typ);
  for (const typ of ['JWT', 'jwt', 'application/jwt', undefined]) assert.equal(verdict(mint({}, { typ })), 'accepted', typ);
  const access = verifierOf({ typ: ['at+jwt'] });
  assert.equal(verdict(mint({}, { typ: 'application/at+jwt' }), access), 'accepted');
  assert.equal(verdict(mint(), access), invalidClaim('typ', 'check_failed'));
  assert.equal(verdict(mint({}, { typ: undefined }), access), invalidClaim('typ', 'missing'));
});

test('JWKS: same `kid` twice', () => {
  const other = { ...publicJwk(KEYS.rsa[1]), kid: 'key-1' };
  assert.equal(verdictWith(keySet(other, good)), 'accepted');
  assert.equal(verdictWith(keySet(other, other, other, good)), 'accepted');
  assert.equal(verdictWith(keySet(other, other, other, other, good)), 'ERR_JWKS_NO_MATCHING_KEY');
  assert.equal(verdictWith(keySet(other)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
});

test('JWKS: private members (`d`)', () => {
  for (const jwk of [
    { ...SIGNER, kid: 'key-1' },
    { ...good, d: 'AQ' },
    { ...good, k: 'AQ' },
    { ...good, oth: [] },
    { ...good, p: null },
  ]) {
    assert.equal(verdictWith(keySet(jwk)), NO_KEY);
  }
});

test('JWKS: `oct`, RSA under 2048 bits, over 8192 bits, even modulus, `e` 1 or even', () => {
  const octets = (length, last) => base64url(Buffer.concat([Buffer.from([0x80]), Buffer.alloc(length - 2), Buffer.from([last])]));
  const n = Buffer.from(good.n, 'base64url');
  const even = base64url(Buffer.concat([n.subarray(0, -1), Buffer.from([n.at(-1) & 0xfe])]));
  const bad = {
    oct: { kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' },
    'RSA, 1024 bits': publicJwk(KEYS['rsa-1024'][0], { kid: 'key-1' }),
    'RSA, 2040 bits': { ...good, n: octets(255, 1) },
    'RSA, 8200 bits': { ...good, n: octets(1025, 1) },
    'RSA, 128 KB': { ...good, n: octets(128 << 10, 1) },
    'even modulus': { ...good, n: even },
    ...Object.fromEntries(['AQ', 'AAAB', 'Ag', 'AAAA', 'AAAC', '', 'AQAA'].map((e) => [`e ${e}`, { ...good, e }])),
  };
  for (const [name, jwk] of Object.entries(bad)) assert.equal(verdictWith(keySet(jwk)), NO_KEY, name);
  for (const kind of ['rsa-2056', 'rsa-3072', 'rsa-4096', 'rsa-e3']) {
    const jwk = KEYS[kind][0];
    assert.equal(verdictWith(keySet(publicJwk(jwk, { kid: 'key-1' })), {}, mint({}, {}, 'RS256', jwk)), 'accepted', kind);
  }
});

test('JWKS: one bad key beside a good one', () => {
  const bad = [
    {},
    null,
    1,
    'x',
    [],
    { kty: 'RSA' },
    { kty: 'EC', crv: 'P-521', x: 'AQ', y: 'AQ' },
    { ...good, kty: 'AKP' },
    { ...good, n: '!' },
    { ...good, use: 'enc' },
  ];
  for (const jwk of bad) {
    assert.equal(verdictWith(keySet(jwk, good)), 'accepted', JSON.stringify(jwk));
    assert.equal(verdictWith(keySet(good, jwk)), 'accepted', JSON.stringify(jwk));
  }
  assert.equal(verdictWith(keySet(...bad)), NO_KEY);
});

test('`use: enc`, `key_ops` without verify, curve that does not fit `alg`', () => {
  for (const members of [
    { use: 'enc' },
    { use: '' },
    { use: null },
    { key_ops: [] },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
    { alg: 'RSA-OAEP' },
    { alg: 'PS256' },
  ]) {
    assert.equal(verdictWith(keySet({ ...good, ...members })), NO_KEY, JSON.stringify(members));
  }
  const ec = (kind, crv = kind) => keySet({ ...publicJwk(KEYS[kind][0], { kid: 'key-1' }), crv });
  const es256 = mint({}, {}, 'ES256', KEYS['P-256'][0]);
  assert.equal(verdictWith(ec('P-256'), { algorithms: ['ES256'] }, es256), 'accepted');
  assert.equal(verdictWith(ec('P-256'), { algorithms: ['ES384'] }, es256), NO_KEY);
  for (const crv of ['P-384', 'P-521', 'secp256k1', 'Ed25519', 'p-256'])
    assert.equal(verdictWith(ec('P-256', crv), { algorithms: ['ES256', 'ES384', 'ES512'] }, es256), NO_KEY, crv);
  const es512 = mint({}, {}, 'ES512', KEYS['P-521'][0]);
  assert.equal(verdictWith(ec('P-521'), { algorithms: ['ES512'] }, es512), 'accepted');
  assert.equal(verdictWith(ec('P-521'), { algorithms: ['ES256', 'ES384'] }, es512), NO_KEY);
  assert.equal(
    verdictWith(keySet({ ...publicJwk(KEYS['P-521'][0], { kid: 'key-1' }), y: KEYS['P-521'][1].y }), { algorithms: ['ES512'] }, es512),
    NO_KEY,
  );
  const offCurve = { ...publicJwk(KEYS['P-256'][0], { kid: 'key-1' }), y: KEYS['P-256'][1].y };
  assert.equal(verdictWith(keySet(offCurve), { algorithms: ['ES256'] }, es256), NO_KEY);
});

test('PSS with a salt other than the hash length', () => {
  const input = signToken('PS256', SIGNER, HEADER, CLAIMS).split('.').slice(0, 2).join('.');
  const verifier = verifierOf({ algorithms: ['PS256'], jwks: keySet(good) });
  assert.equal(verdict(`${input}.${base64url(signPss('sha256', SIGNER, input))}`, verifier), 'accepted');
  for (const length of [0, 20, 31, 33, 48, 64]) {
    assert.equal(
      verdict(`${input}.${base64url(signPss('sha256', SIGNER, input, length))}`, verifier),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      String(length),
    );
  }
});

for (const [alg, kind, half] of [
  ['ES256', 'P-256', 32],
  ['ES384', 'P-384', 48],
  ['ES512', 'P-521', 66],
]) {
  const jwk = KEYS[kind][0];
  const input = signToken(alg, jwk, HEADER, CLAIMS).split('.').slice(0, 2).join('.');
  const signature = signAlike(alg, jwk, input);
  const [r, s] = [signature.subarray(0, half), signature.subarray(half)];
  const judge = (octets) =>
    verdict(`${input}.${base64url(octets)}`, verifierOf({ algorithms: [alg], jwks: keySet(publicJwk(jwk, { kid: 'key-1' })) }));

  test(`ECDSA r or s = 0, >= n, DER, 65 bytes (${alg})`, () => {
    const zero = Buffer.alloc(half);
    const order = orderOf(alg);
    const der = sign(alg, jwk, input, { dsaEncoding: 'der' });
    const bad = [
      [zero, s],
      [r, zero],
      [zero, zero],
      [order, s],
      [r, order],
      [Buffer.alloc(half, 0xff), s],
      [der],
      [Buffer.alloc(1), r, s],
      [r, s, Buffer.alloc(1)],
      [r],
      [r, s.subarray(1)],
    ];
    for (const parts of bad)
      assert.equal(judge(Buffer.concat(parts)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', Buffer.concat(parts).toString('hex'));
  });

  test(`ECDSA (r, n-s) (${alg})`, () => {
    assert.equal(judge(signature), 'accepted');
    assert.equal(judge(mirrored(alg, signature)), 'accepted');
  });
}

test('Ed25519 S+L, non-canonical or small-order points', () => {
  const jwk = KEYS.Ed25519[0];
  const token = mint({}, {}, 'EdDSA', jwk);
  const [header, payload, text] = token.split('.');
  const options = { algorithms: ['EdDSA'] };
  const jwks = keySet(publicJwk(jwk, { kid: 'key-1' }));
  assert.equal(verdictWith(jwks, options, token), 'accepted');
  const signature = Buffer.from(text, 'base64url');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
  const little = (number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
  const sPlusL = Buffer.concat([signature.subarray(0, 32), little(s + order)]);
  assert.equal(verdictWith(jwks, options, `${header}.${payload}.${base64url(sPlusL)}`), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  // The points of small order, and encodings at or above the field's prime: with such a key anyone's signature could pass.
  const prime = 2n ** 255n - 19n;
  const order8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';
  const points = [
    little(0n),
    little(1n),
    little(prime - 1n),
    Buffer.from(order8, 'hex'),
    little(prime),
    little(prime + 1n),
    little(2n ** 255n - 1n),
  ];
  const forged = base64url(Buffer.concat([little(1n), Buffer.alloc(32)]));
  for (const point of points) {
    const small = keySet({ kty: 'OKP', crv: 'Ed25519', x: base64url(point), kid: 'key-1' });
    assert.notEqual(verdictWith(small, options, `${header}.${payload}.${forged}`), 'accepted', point.toString('hex'));
    assert.notEqual(verdictWith(jwks, options, `${header}.${payload}.${base64url(Buffer.concat([point, Buffer.alloc(32)]))}`), 'accepted');
  }
});

test("another tenant's valid Vercel token", () => {
  const issuer = 'https://oidc.vercel.com';
  const claims = (owner, project, environment, more) => ({
    ...CLAIMS,
    iss: `${issuer}/${owner}`,
    aud: `https://vercel.com/${owner}`,
    sub: `owner:${owner}:project:${project}:environment:${environment}`,
    owner,
    owner_id: `team_${owner}`,
    project,
    project_id: `prj_${project}`,
    environment,
    ...more,
  });
  const vercel = (options) =>
    countersign.createVercelVerifier({
      team: 'acme',
      projectId: 'prj_site',
      environment: 'production',
      ownerId: 'team_acme',
      jwks: JWKS,
      ...options,
    });
  const judge = (given, options) => verdict(signToken('RS256', SIGNER, HEADER, given), vercel(options));
  assert.equal(judge(claims('acme', 'site', 'production')), 'accepted');
  assert.equal(judge(claims('evil', 'site', 'production')), invalidClaim('iss', 'check_failed'));
  const global = { issuerMode: 'global' };
  const shared = { iss: issuer };
  assert.equal(judge(claims('acme', 'site', 'production', shared), global), 'accepted');
  assert.equal(judge(claims('evil', 'site', 'production', shared), global), invalidClaim('aud', 'check_failed'));
  const mine = { ...shared, aud: 'https://vercel.com/acme' };
  assert.equal(judge(claims('evil', 'site', 'production', mine), global), invalidClaim('owner', 'check_failed'));
  // A team that took over the slug, and one that writes our names where it may.
  assert.equal(judge(claims('acme', 'site', 'production', { owner_id: 'team_evil' })), invalidClaim('owner_id', 'check_failed'));
  assert.equal(judge(claims('acme', 'other', 'production')), invalidClaim('project_id', 'check_failed'));
  assert.equal(judge(claims('acme', 'site', 'preview')), invalidClaim('environment', 'check_failed'));
  assert.equal(
    judge(claims('acme', 'site', 'production', { sub: 'owner:acme:project:site:environment:preview' })),
    invalidClaim('sub', 'check_failed'),
  );
  assert.equal(judge(claims('acme', 'site', 'production', { project_id: ['prj_site'] })), invalidClaim('project_id'));
});
