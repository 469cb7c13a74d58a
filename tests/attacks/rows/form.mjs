// Tokens whose text, header or JSON is not as it should be.
import { createHmac, createPublicKey } from 'node:crypto';
import { KEYS, base64url, publicJwk, sign } from '../../peers/keys.mjs';
import { CLAIMS, GOOD, HEADER, SIGNER, input, keySet, mint, refusedClaim, resign, signed, withMembers, withTexts } from '../setting.mjs';

const MALFORMED = 'ERR_JWS_INVALID';
const NO_KEY = 'ERR_JWKS_NO_MATCHING_KEY';
const NOT_ALLOWED = 'ERR_JOSE_ALG_NOT_ALLOWED';
const BAD_SIGNATURE = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

input('a token as it should be', (row) => row('unchanged', mint(), 'accepted'));

input('`alg` none / nOnE; HS256 keyed with the RSA public key', (row) => {
  const payload = base64url(JSON.stringify(CLAIMS));
  for (const alg of ['none', 'nOnE', 'NONE', '']) {
    const header = base64url(JSON.stringify({ ...HEADER, alg }));
    row(`${JSON.stringify(alg)}, no signature`, `${header}.${payload}.`, MALFORMED);
    row(`${JSON.stringify(alg)}, a signature`, `${header}.${payload}.AA`, NOT_ALLOWED);
  }
  const key = createPublicKey({ key: GOOD, format: 'jwk' });
  const secrets = {
    PEM: key.export({ format: 'pem', type: 'spki' }),
    DER: key.export({ format: 'der', type: 'spki' }),
    modulus: Buffer.from(GOOD.n, 'base64url'),
    JWK: JSON.stringify(GOOD),
  };
  for (const [form, secret] of Object.entries(secrets)) {
    const signedText = `${base64url(JSON.stringify({ ...HEADER, alg: 'HS256' }))}.${payload}`;
    row(`HS256 keyed with ${form}`, `${signedText}.${createHmac('sha256', secret).update(signedText).digest('base64url')}`, NOT_ALLOWED);
  }
  for (const algorithms of [['HS256'], ['none'], ['RS256', 'HS256']]) {
    row(`allowed: ${algorithms}`, mint(), 'ERR_INVALID_OPTION algorithms', { options: { algorithms } });
  }
  row('allowed: nothing', mint(), 'ERR_INVALID_OPTION algorithms', { options: { algorithms: [] } });
});

input("`alg` differs from the JWK's; JWK without `alg`", (row) => {
  const both = ['RS256', 'RS512'];
  const rs512 = mint({}, {}, 'RS512');
  row('the JWK names RS256', rs512, NO_KEY, { options: { algorithms: both } });
  row('the JWK names none', rs512, 'accepted', { options: { algorithms: both, jwks: keySet(GOOD) } });
  row('the JWK names none, RS512 is not allowed', rs512, NOT_ALLOWED, { options: { jwks: keySet(GOOD) } });
  // The header names one algorithm, and the signature is of another.
  const mixed = ['RS256', 'PS256', 'RS512'];
  const [header, payload] = mint().split('.');
  const rs256 = `${header}.${payload}`;
  row('RS256 signed as RS512', `${rs256}.${base64url(sign('RS512', SIGNER, rs256))}`, BAD_SIGNATURE, {
    options: { algorithms: mixed, jwks: keySet(GOOD) },
  });
  for (const alg of ['PS256', 'RS512', 'RS384']) {
    const text = `${base64url(JSON.stringify({ ...HEADER, alg }))}.${payload}`;
    row(`${alg} signed as RS256`, resign(text), alg === 'RS384' ? NOT_ALLOWED : BAD_SIGNATURE, {
      options: { algorithms: mixed, jwks: keySet(GOOD) },
    });
  }
  row('the JWK names PS256', mint(), NO_KEY, { options: { algorithms: ['RS256', 'PS256'], jwks: keySet({ ...GOOD, alg: 'PS256' }) } });
  row('ES256 with an RSA key', mint({}, {}, 'ES256', KEYS['P-256'][0]), 'ERR_JWKS_INVALID', {
    options: { algorithms: ['ES256'], jwks: keySet(GOOD) },
  });
  row('an algorithm that is named twice counts once', mint({}, { kid: undefined }), 'accepted', {
    options: { algorithms: ['RS256', 'RS256'], jwks: keySet(GOOD) },
  });
});

input('`kid` missing / number / `__proto__` / 10 KB', (row) => {
  const second = publicJwk(KEYS.rsa[1], { kid: 'key-2' });
  const { kid: _, ...nameless } = GOOD;
  const nameless2 = publicJwk(KEYS.rsa[1]);
  const anonymous = mint({}, { kid: undefined });
  const inSet = (...keys) => ({ options: { jwks: keySet(...keys) } });
  row('missing, one key', anonymous, 'accepted');
  row('missing, one key without a name', anonymous, 'accepted', inSet(nameless));
  row('missing, two keys', anonymous, NO_KEY, inSet(GOOD, second));
  row('missing, two keys in the other order', anonymous, NO_KEY, inSet(second, GOOD));
  row('missing, a second key without a name', anonymous, NO_KEY, inSet(GOOD, nameless2));
  row('missing, a second key without a name before it', anonymous, NO_KEY, inSet(nameless2, GOOD));
  row('of no key, whose key has no name', mint(), NO_KEY, inSet(nameless));
  row('of another key', mint({}, { kid: 'key-2' }, 'RS256', KEYS.rsa[1]), NO_KEY);
  for (const kid of [1, null, true, ['key-1'], { kid: 'key-1' }]) row(JSON.stringify(kid), mint({}, { kid }), MALFORMED);
  for (const kid of ['__proto__', 'constructor', 'toString', '', 'other', 'KEY-1', 'key-1\u0000', '../key-1', "' or 1=1"]) {
    row(JSON.stringify(kid), mint({}, { kid }), NO_KEY);
  }
  row('empty, whose key has no name', mint({}, { kid: '' }), NO_KEY, inSet(nameless));
  row('257 bytes', mint({}, { kid: 'k'.repeat(257) }), MALFORMED);
  row('10,000 bytes', mint({}, { kid: 'k'.repeat(10_000) }), MALFORMED);
});

input('duplicate JSON member names (`alg`, `sub`, `exp`, nested)', (row) => {
  const header = (text) => withTexts(`{"typ":"JWT","kid":"key-1",${text}}`);
  for (const text of ['"alg":"RS256","alg":"RS256"', '"alg":"none","alg":"RS256"', '"alg":"RS256","\\u0061lg":"none"']) {
    row(`header: ${text}`, header(text), MALFORMED);
  }
  for (const text of [
    '"sub":"admin"',
    '"exp":4e9',
    '"s\\u0075b":"admin"',
    '"\\u0065xp":9999999999',
    '"act":{"sub":"a","sub":"b"}',
    '"x":[[{"a":1,"a":1}]]',
  ]) {
    row(`payload: ${text}`, withMembers(text), 'ERR_JWT_INVALID');
  }
  row(
    'payload: the first member again',
    withTexts(undefined, JSON.stringify(CLAIMS).replace('{', '{"exp":9999999999,')),
    'ERR_JWT_INVALID',
  );
  row('the same name in another object', withMembers('"act":{"sub":"a","exp":1}'), 'accepted');
});

input('base64url with non-zero trailing bits', (row) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const loosen = (text) => text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
  const [header, payload, signature] = mint().split('.');
  row('in the signature', `${header}.${payload}.${loosen(signature)}`, MALFORMED);
  // Also where the loose text itself is signed.
  for (const more of ['', 'x', 'xx']) {
    const claims = base64url(JSON.stringify({ ...CLAIMS, more }));
    const whole = claims.length % 4 === 0;
    row(
      `in ${claims.length % 4} characters of the payload`,
      resign(`${header}.${whole ? claims : loosen(claims)}`),
      whole ? 'accepted' : MALFORMED,
    );
  }
});

input('`=` padding, white space, newline at the end or inside', (row) => {
  const token = mint();
  const [header, payload, signature] = token.split('.');
  for (const space of ['=', '==', ' ', '\n', '\r\n', '\t', '\u0000', '\u00a0', '\ufeff']) {
    const name = JSON.stringify(space);
    row(`${name} at the end`, token + space, MALFORMED);
    row(`${name} at the start`, space + token, MALFORMED);
    row(`${name} inside`, `${header}.${payload}.${signature.slice(0, 5)}${space}${signature.slice(5)}`, MALFORMED);
    row(`${name} after the header, signed`, resign(`${header}${space}.${payload}`), MALFORMED);
    row(`${name} after the payload, signed`, resign(`${header}.${payload}${space}`), MALFORMED);
  }
});

input('invalid UTF-8, BOM, lone surrogate escapes in header or payload', (row) => {
  const header = JSON.stringify({ ...HEADER, alg: 'RS256' });
  const payload = JSON.stringify(CLAIMS);
  const more = (text, bytes) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from(bytes), Buffer.from('"}')]);
  const pair = (name, bytes) => {
    row(`header: ${name}`, withTexts(more(header, bytes)), MALFORMED);
    row(`payload: ${name}`, withTexts(undefined, more(payload, bytes)), 'ERR_JWT_INVALID');
  };
  for (const bytes of [[0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    pair(Buffer.from(bytes).toString('hex'), bytes);
  }
  for (const surrogate of ['\\ud800', '\\udfff', '\\ud800\\ud800', '\\ud800x']) pair(surrogate, surrogate);
  row('header: a byte order mark', withTexts(`\ufeff${header}`), MALFORMED);
  row('payload: a byte order mark', withTexts(undefined, `\ufeff${payload}`), 'ERR_JWT_INVALID');
  row('text that is not ASCII', withTexts(undefined, more(payload, 'é🦁\\ud83e\\udd81')), 'accepted');
});

input('nesting 200,000 deep; token of 8 MB', (row) => {
  const nested = (depth) => withMembers(`"x":${'['.repeat(depth)}${']'.repeat(depth)}`);
  row('31 levels', nested(31), 'accepted');
  row('32 levels', nested(32), 'ERR_JWT_INVALID');
  row('40 levels around a number', withMembers(`"x":${'['.repeat(40)}1${']'.repeat(40)}`), 'ERR_JWT_INVALID');
  const deep = nested(200_000);
  row('200,000 levels', deep, MALFORMED);
  row('200,000 levels in a token of the longest length', deep, 'ERR_JWT_INVALID', { options: { maxTokenBytes: 1_048_576 } });
  row('8 MB', `${mint()}${'A'.repeat(8 << 20)}`, MALFORMED);
  row('8 MB of dots', '.'.repeat(8_000_000), MALFORMED);
  const token = mint();
  row('as long as allowed', token, 'accepted', { options: { maxTokenBytes: token.length } });
  row('a byte longer', token, MALFORMED, { options: { maxTokenBytes: token.length - 1 } });
});

input('claims or header not an object (null, array, string); what is not a token', (row) => {
  const claims = JSON.stringify(CLAIMS);
  for (const payload of ['null', '[]', '"x"', '1', 'true', '', ' ', '{', 'undefined', `[${claims}]`, `${claims}${claims}`]) {
    row(`payload ${payload.slice(0, 20)}`, withTexts(undefined, payload), 'ERR_JWT_INVALID');
  }
  for (const header of ['null', '[]', '"x"', '1', '', '{']) row(`header ${header}`, withTexts(header), MALFORMED);
  const [header, payload, signature] = mint().split('.');
  row('no payload', `${header}..${signature}`, 'ERR_JWT_INVALID');
  const shapes = ['', '.', '..', 'a.b.c', `${header}.${payload}`, `${header}.${payload}.`, `.${payload}.${signature}`];
  for (const text of [...shapes, `${mint()}.`, `${mint()}.x.y`, `Bearer ${mint()}`, `"${mint()}"`, mint().toUpperCase()]) {
    row(`${text.length} characters in ${text.split('.').length} parts`, text, MALFORMED);
  }
});

input('`crit` unknown / [] / string / null', (row) => {
  for (const crit of [['x'], ['exp'], ['b64'], ['alg', 'x']]) {
    row(JSON.stringify(crit), mint({}, { crit, x: 1, b64: true }), 'ERR_JOSE_NOT_SUPPORTED');
  }
  for (const crit of [[], 'exp', null, {}, 1]) row(JSON.stringify(crit), mint({}, { crit }), MALFORMED);
});

input('`b64:false` with or without `crit`', (row) => {
  for (const header of [{ b64: false }, { b64: false, crit: ['b64'] }, { b64: 'false' }, { b64: null }]) {
    row(JSON.stringify(header), mint({}, header), 'ERR_JOSE_NOT_SUPPORTED');
    // As RFC 7797 has it: the payload is signed and sent as it is.
    const text = `${base64url(JSON.stringify({ ...HEADER, alg: 'RS256', ...header }))}.${JSON.stringify(CLAIMS)}`;
    row(`${JSON.stringify(header)}, a payload that is not encoded`, resign(text), MALFORMED);
  }
});

input('`jwk`, `jku`, `x5u`, `x5c` headers', (row) => {
  const attacker = KEYS.rsa[1];
  const own = publicJwk(attacker, { kid: 'key-1' });
  const evil = 'https://evil.example';
  const all = { jku: `${evil}/jwks`, jwk: own, x5u: evil, x5c: ['MIIC'] };
  row('beside a signature of the issuer', mint({}, all), 'accepted');
  for (const header of [{ jwk: own }, { jku: `${evil}/jwks` }, { x5u: `${evil}/x5u` }, { x5c: ['MIIC'] }, all]) {
    row(`${Object.keys(header)} of the attacker`, mint({}, header, 'RS256', attacker), BAD_SIGNATURE);
  }
  row("the attacker's name of a key", mint({}, { ...all, kid: `${evil}/kid` }, 'RS256', attacker), NO_KEY);
});

input('`typ` of another token kind (`at+jwt`, `logout+jwt`)', (row) => {
  const refused = refusedClaim('typ', 'check_failed');
  const others = ['at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JWS', 'JWT ', 'JWTx', '', 'application/x/jwt', 'application/'];
  for (const typ of others) row(JSON.stringify(typ), mint({}, { typ }), refused);
  for (const typ of ['JWT', 'jwt', 'application/jwt', undefined]) row(`${typ}`, mint({}, { typ }), 'accepted');
  row('a number', mint({}, { typ: 1 }), MALFORMED);
  const access = { options: { typ: ['at+jwt'] } };
  row('an access token where one is expected', mint({}, { typ: 'application/at+jwt' }), 'accepted', access);
  row('an access token in other letters', mint({}, { typ: 'application/at+JWT' }), 'accepted', access);
  row('JWT where an access token is expected', mint(), refused, access);
  row('none where an access token is expected', mint({}, { typ: undefined }), refusedClaim('typ', 'missing'), access);
});

input('a signature of other bytes', (row) => {
  const [header, payload, signature] = mint().split('.');
  const flipped = Buffer.from(signature, 'base64url');
  flipped[9] ^= 1;
  row('a bit of the signature', `${header}.${payload}.${base64url(flipped)}`, BAD_SIGNATURE);
  row('other claims', `${header}.${base64url(JSON.stringify({ ...CLAIMS, sub: 'admin' }))}.${signature}`, BAD_SIGNATURE);
  row('another header', `${base64url(JSON.stringify({ ...HEADER, alg: 'RS256', x: 1 }))}.${payload}.${signature}`, BAD_SIGNATURE);
  row('of another key', mint({}, {}, 'RS256', KEYS.rsa[1]), BAD_SIGNATURE);
  row('of one byte', `${header}.${payload}.AA`, BAD_SIGNATURE);
  for (const [alg, kind] of [
    ['RS256', 'rsa'],
    ['PS256', 'rsa'],
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
    ['EdDSA', 'Ed25519'],
  ]) {
    const jwk = KEYS[kind][0];
    const good = mint({}, {}, alg, jwk);
    const options = { algorithms: [alg], jwks: keySet(publicJwk(jwk, { kid: 'key-1' })) };
    row(`${alg}, as it should be`, good, 'accepted', { options });
    row(`${alg}, of another text`, `${good.split('.', 2).join('.')}.${signed(alg, jwk, 'x').split('.')[1]}`, BAD_SIGNATURE, { options });
  }
});
