// Claims that look like the expected ones and are not, in type, in place, in time or in spelling.
import { CLAIMS, EXPIRED, ISSUER, NOW, input, mint, refusedClaim, withMembers, withTexts } from '../setting.mjs';

const options = (more) => ({ options: more });

input('`exp` missing', (row) => row('missing', mint({ exp: undefined }), refusedClaim('exp', 'missing')));

input('`exp` string / null / bool / array / 1e400', (row) => {
  for (const exp of [String(NOW + 60), null, true, [NOW + 60], { exp: NOW + 60 }]) {
    row(JSON.stringify(exp), mint({ exp }), refusedClaim('exp'));
  }
  for (const claim of ['nbf', 'iat']) {
    for (const value of [String(NOW), true, [NOW], {}])
      row(`${claim} ${JSON.stringify(value)}`, mint({ [claim]: value }), refusedClaim(claim));
  }
  const written = (digits) => withTexts(undefined, JSON.stringify(CLAIMS).replace(/"exp":\d+/, `"exp":${digits}`));
  row('1e400', written('1e400'), refusedClaim('exp'));
  row('other digits of the same time', written(`${(NOW + 600) / 1e9}e9`), 'accepted');
});

input('`exp` -1e300, `nbf` 1e300', (row) => {
  for (const claim of ['exp', 'nbf', 'iat']) {
    for (const value of [-1e300, 1e300, 1e20]) row(`${claim} ${value}`, mint({ [claim]: value }), refusedClaim(claim));
  }
});

input('`exp` 1e20', (row) => {
  for (const exp of [253_402_300_800, 1e11 * 1000]) row(exp, mint({ exp }), refusedClaim('exp'));
  row('the last second of the year 9999', mint({ exp: 253_402_300_799 }), 'accepted');
});

input('`exp` fraction', (row) => {
  const strict = options({ clockTolerance: 0 });
  row('half a second left', mint({ exp: NOW + 0.5 }), 'accepted', strict);
  row('half a second ago', mint({ exp: NOW - 0.5 }), EXPIRED, strict);
});

input('now == `exp`', (row) => {
  const strict = options({ clockTolerance: 0 });
  row('a second left', mint({ exp: NOW + 1 }), 'accepted', strict);
  row('now', mint({ exp: NOW }), EXPIRED, strict);
  for (const tolerance of [undefined, 5]) {
    row(`4 s ago, tolerance ${tolerance}`, mint({ exp: NOW - 4 }), 'accepted', options({ clockTolerance: tolerance }));
    row(`5 s ago, tolerance ${tolerance}`, mint({ exp: NOW - 5 }), EXPIRED, options({ clockTolerance: tolerance }));
  }
});

input('`nbf`, `iat` in the future beyond tolerance', (row) => {
  const strict = options({ clockTolerance: 0, maxTokenAge: 600 });
  const tolerant = options({ maxTokenAge: 600 });
  for (const claim of ['nbf', 'iat']) {
    const early = refusedClaim(claim, 'check_failed');
    row(`${claim} now`, mint({ [claim]: NOW }), 'accepted', strict);
    row(`${claim} in 1 s`, mint({ [claim]: NOW + 1 }), early, strict);
    row(`${claim} in 5 s, tolerance 5`, mint({ [claim]: NOW + 5 }), 'accepted', tolerant);
    row(`${claim} in 6 s, tolerance 5`, mint({ [claim]: NOW + 6 }), early, tolerant);
    // A time between two microseconds has not begun before the later one.
    const late = withTexts(undefined, JSON.stringify(CLAIMS).replace(new RegExp(`"${claim}":\\d+`), `"${claim}":${NOW}.0000005`));
    row(`${claim} in half a microsecond`, late, early, strict);
    row(`${claim} in half a microsecond, a second later`, late, 'accepted', { ...strict, now: NOW + 1 });
  }
  // Without an age limit `iat` says nothing about validity (RFC 7519 section 4.1.6).
  row('iat in 60 s, no age limit', mint({ iat: NOW + 60 }), 'accepted');
  row('neither is there', mint({ iat: undefined, nbf: undefined }), 'accepted');
});

input('a token older than `maxTokenAge`', (row) => {
  const old = 'ERR_JWT_EXPIRED iat check_failed';
  const token = mint({ iat: NOW });
  const limited = options({ maxTokenAge: 60, clockTolerance: 0 });
  row('60 s old', token, 'accepted', { ...limited, now: NOW + 60 });
  row('61 s old', token, old, { ...limited, now: NOW + 61 });
  const tolerant = options({ maxTokenAge: 60 });
  row('65 s old, tolerance 5', token, 'accepted', { ...tolerant, now: NOW + 65 });
  row('66 s old, tolerance 5', token, old, { ...tolerant, now: NOW + 66 });
  row('without `iat`', mint({ iat: undefined }), refusedClaim('iat', 'missing'), limited);
  const early = withTexts(undefined, JSON.stringify(CLAIMS).replace(/"iat":\d+/, `"iat":${NOW - 1}.9999995`));
  row('60 s and half a microsecond old', early, old, { ...limited, now: NOW + 60 });
  row('59 s and half a microsecond old', early, 'accepted', { ...limited, now: NOW + 59 });
});

input('`aud` [] / object / [good, 1] / missing / substring', (row) => {
  for (const aud of [[], {}, ['api', 1], ['api', null], 1, null, [['api']]]) row(JSON.stringify(aud), mint({ aud }), refusedClaim('aud'));
  row('missing', mint({ aud: undefined }), refusedClaim('aud', 'missing'));
  for (const aud of ['ap', 'api2', 'API', ' api', 'api,other', ['other'], '']) {
    row(JSON.stringify(aud), mint({ aud }), refusedClaim('aud', 'check_failed'));
  }
  row('among others', mint({ aud: ['other', 'api'] }), 'accepted');
  const unchecked = options({ audience: null });
  row('unchecked: any', mint({ aud: 'anyone' }), 'accepted', unchecked);
  row('unchecked: missing', mint({ aud: undefined }), 'accepted', unchecked);
  row('unchecked: a number among them', mint({ aud: [1] }), refusedClaim('aud'), unchecked);
});

input('`iss` array, trailing slash, other case, prefix `https://oidc.vercel.com.evil.example`', (row) => {
  row('array', mint({ iss: [ISSUER] }), refusedClaim('iss'));
  row('missing', mint({ iss: undefined }), refusedClaim('iss', 'missing'));
  for (const iss of [
    `${ISSUER}/`,
    `${ISSUER}?x`,
    ISSUER.toUpperCase(),
    ISSUER.replace('tenant', 'Tenant'),
    ISSUER.slice(0, -1),
    'https://issuer.example',
    'https://issuer.example.evil.example/tenant',
    `${ISSUER}\u0000`,
    '',
  ]) {
    row(JSON.stringify(iss), mint({ iss }), refusedClaim('iss', 'check_failed'));
  }
});

input('`sub` number', (row) => {
  for (const sub of [1, null, ['someone'], {}]) row(JSON.stringify(sub), mint({ sub }), refusedClaim('sub'));
  row('jti 7', mint({ jti: 7 }), refusedClaim('jti'));
});

input('claims that the caller demands', (row) => {
  const repository = options({ claims: { repository: ['acme/site', 'acme/api'] } });
  row('one of two', mint({ repository: 'acme/api' }), 'accepted', repository);
  row('longer', mint({ repository: 'acme/api2' }), refusedClaim('repository', 'check_failed'), repository);
  row('an array', mint({ repository: ['acme/api'] }), refusedClaim('repository'), repository);
  row('missing', mint(), refusedClaim('repository', 'missing'), repository);
  row('the subject', mint(), 'accepted', options({ subject: 'someone' }));
  row('another subject', mint({ sub: 'someone2' }), refusedClaim('sub', 'check_failed'), options({ subject: 'someone' }));
  row('required and missing', mint(), refusedClaim('jti', 'missing'), options({ requiredClaims: ['jti'] }));
  row('required', mint({ jti: '1' }), 'accepted', options({ requiredClaims: ['jti'] }));
});

input('a value of another type: nothing is coerced', (row) => {
  for (const [rule, refused] of [
    ['true', ['true', '1', '["true"]', '{"true":"true"}', 'null', '"True"', '"true "', '"true\\u0000"']],
    [true, ['"true"', '1', '"1"', '[true]', 'null', 'false', '{}']],
    [false, ['"false"', '0', '""', '[]', 'null', 'true']],
    ['1', ['1', '1.0', 'true', '["1"]', '"1.0"', '"01"']],
    [1, ['"1"', 'true', '[1]', 'null', '1.5', '-1', '1.0000000000000000001', '1e-1', '1e400']],
    [0, ['""', 'false', 'null', '[]', '"0"', '1e-400', '-1']],
    [2 ** 53 - 1, ['9007199254740992', '9007199254740993', '"9007199254740991"', '9007199254740991.5']],
    [
      { oneOf: ['admin'] },
      [
        '"admin"',
        '{"admin":true}',
        '{"0":"admin"}',
        '[["admin"]]',
        '[{"admin":1}]',
        '["Admin"]',
        '["admin "]',
        '[]',
        'null',
        'true',
        '["administrator"]',
        '["not","ad","min"]',
      ],
    ],
    [{ oneOf: [1, true] }, ['["1"]', '["true"]', '[[1]]', '[null]', '[1.5]', '1', 'true']],
    [{ allOf: ['a', 'b'] }, ['["a"]', '["b"]', '["a","a"]', '["ab"]', '["a,b"]', '["a b"]', '"a b"', '[["a","b"]]', '[]']],
  ]) {
    const rules = options({ claims: { x: rule } });
    const kind = typeof rule === 'object' ? 'list' : typeof rule;
    for (const json of refused) {
      row(`${JSON.stringify(rule)} and ${json}`, withMembers(`"x":${json}`), refusedClaim('x', failure(kind, json)), rules);
    }
    row(`${JSON.stringify(rule)} and none`, mint(), refusedClaim('x', 'missing'), rules);
  }
});

/** How a value of the right type is refused, and one of another type. */
function failure(kind, json) {
  const value = json === '1e400' || json === '1e-400' ? 0.5 : JSON.parse(json);
  if (kind === 'list') return Array.isArray(value) ? 'check_failed' : 'invalid';
  return typeof value === kind ? 'check_failed' : 'invalid';
}

input('a value in another spelling is the value', (row) => {
  for (const [rule, accepted] of [
    [1, ['1', '1.0', '1e0', '10E-1']],
    [0, ['0', '-0', '0.0', '0e9']],
    [2 ** 53 - 1, ['9007199254740991', '9007199254740991.0']],
    ['é', ['"é"', '"\\u00e9"']],
    [{ oneOf: ['admin'] }, ['["\\u0061dmin"]', '[null,["x"],{"y":1},"admin"]']],
    [{ allOf: ['a', 1] }, ['[1.0,"b","a"]']],
  ]) {
    for (const json of accepted) {
      row(`${JSON.stringify(rule)} and ${json}`, withMembers(`"x":${json}`), 'accepted', options({ claims: { x: rule } }));
    }
  }
  // One character and two look the same to a reader.
  row('a combining accent', withMembers('"x":"e\\u0301"'), refusedClaim('x', 'check_failed'), options({ claims: { x: 'é' } }));
});

input('a member that is named like a path', (row) => {
  const path = 'realm_access.roles';
  const rules = options({ claims: { [path]: { oneOf: ['admin'] } } });
  row('the path', mint({ realm_access: { roles: ['admin'] } }), 'accepted', rules);
  row('the name', mint({ [path]: ['admin'] }), 'accepted', rules);
  for (const [own, forged] of [
    [['viewer'], ['admin']],
    [['admin'], ['viewer']],
    [['admin'], ['admin']],
  ]) {
    row(`both: ${own} and ${forged}`, mint({ realm_access: { roles: own }, [path]: forged }), refusedClaim(path), rules);
  }
  const deep = options({ claims: { 'a.b.c': 'x' } });
  for (const claims of [
    { a: { 'b.c': 'x' }, 'a.b': { c: 'x' } },
    { a: { b: { c: 'x' }, 'b.c': 'x' } },
    { 'a.b.c': 'x', a: { b: { c: 'x' } } },
  ]) {
    row(JSON.stringify(claims), mint(claims), refusedClaim('a.b.c'), deep);
  }
  for (const claims of [
    { a: 'x' },
    { a: ['b', 'c', 'x'] },
    { a: { b: 'x' } },
    { a: { b: [{ c: 'x' }] } },
    { c: 'x' },
    { a: { b: { '': 'x' } } },
  ]) {
    row(JSON.stringify(claims), mint(claims), refusedClaim('a.b.c', 'missing'), deep);
  }
});

input('a path through the prototype of an object', (row) => {
  for (const path of ['__proto__.x', 'constructor.name', 'a.__proto__.x', 'a.constructor.name', 'a.length', 'toString']) {
    const rules = options({ claims: { [path]: 'Object' }, requiredClaims: [path] });
    row(path, mint({ a: { b: 1 } }), refusedClaim(path, 'missing'), rules);
  }
});
