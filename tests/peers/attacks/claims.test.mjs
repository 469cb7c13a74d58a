// Rules about claims: what looks like the expected value and is not, in type, in place or in spelling.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signTexts } from '../keys.mjs';
import { CLAIMS, HEADER, JWKS, SIGNER, mint, setUp } from './setting.mjs';

const { countersign, verdict, verifierOf } = await setUp('peers-attacks-claims');

const refusedAs = (claim, reason) => `ERR_JWT_CLAIM_VALIDATION_FAILED ${claim} ${reason}`;

/** A token whose claim has exactly this JSON text. */
const withText = (name, json) =>
  signTexts(
    'RS256',
    SIGNER,
    JSON.stringify({ ...HEADER, alg: 'RS256' }),
    `${JSON.stringify(CLAIMS).slice(0, -1)},${JSON.stringify(name)}:${json}}`,
  );

test('a value of another type: nothing is coerced', () => {
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
    const verifier = verifierOf({ claims: { x: rule } });
    for (const json of refused) {
      assert.match(
        verdict(withText('x', json), verifier),
        /^ERR_JWT_CLAIM_VALIDATION_FAILED x (invalid|check_failed)$/,
        `${JSON.stringify(rule)} and ${json}`,
      );
    }
    assert.equal(verdict(mint(), verifier), refusedAs('x', 'missing'));
  }
});

test('a value in another spelling is the value', () => {
  for (const [rule, accepted] of [
    [1, ['1', '1.0', '1e0', '10E-1']],
    [0, ['0', '-0', '0.0', '0e9']],
    [2 ** 53 - 1, ['9007199254740991', '9007199254740991.0']],
    ['é', ['"é"', '"\\u00e9"']],
    [{ oneOf: ['admin'] }, ['["\\u0061dmin"]', '[null,["x"],{"y":1},"admin"]']],
    [{ allOf: ['a', 1] }, ['[1.0,"b","a"]']],
  ]) {
    const verifier = verifierOf({ claims: { x: rule } });
    for (const json of accepted) assert.equal(verdict(withText('x', json), verifier), 'accepted', `${JSON.stringify(rule)} and ${json}`);
  }
  // One character and two: equal to a reader, and not to a verifier.
  assert.equal(verdict(withText('x', '"e\\u0301"'), verifierOf({ claims: { x: 'é' } })), refusedAs('x', 'check_failed'));
});

test('a member that is named like a path does not take its place', () => {
  const verifier = verifierOf({ claims: { 'realm_access.roles': { oneOf: ['admin'] } } });
  assert.equal(verdict(mint({ realm_access: { roles: ['admin'] } }), verifier), 'accepted');
  assert.equal(verdict(mint({ 'realm_access.roles': ['admin'] }), verifier), 'accepted', 'alone, a name with dots is the claim');
  for (const [own, forged] of [
    [['viewer'], ['admin']],
    [['admin'], ['viewer']],
    [['admin'], ['admin']],
  ]) {
    assert.equal(
      verdict(mint({ realm_access: { roles: own }, 'realm_access.roles': forged }), verifier),
      refusedAs('realm_access.roles', 'invalid'),
    );
  }
  const deep = verifierOf({ claims: { 'a.b.c': 'x' } });
  for (const claims of [
    { a: { 'b.c': 'x' }, 'a.b': { c: 'x' } },
    { a: { b: { c: 'x' }, 'b.c': 'x' } },
    { 'a.b.c': 'x', a: { b: { c: 'x' } } },
  ]) {
    assert.equal(verdict(mint(claims), deep), refusedAs('a.b.c', 'invalid'), JSON.stringify(claims));
  }
  for (const claims of [
    { a: 'x' },
    { a: ['b', 'c', 'x'] },
    { a: { b: 'x' } },
    { a: { b: [{ c: 'x' }] } },
    { c: 'x' },
    { a: { b: { '': 'x' } } },
  ]) {
    assert.equal(verdict(mint(claims), deep), refusedAs('a.b.c', 'missing'), JSON.stringify(claims));
  }
});

test('a path through the prototype of an object finds nothing', () => {
  for (const path of ['__proto__.x', 'constructor.name', 'a.__proto__.x', 'a.constructor.name', 'a.length', 'toString']) {
    assert.equal(
      verdict(mint({ a: { b: 1 } }), verifierOf({ claims: { [path]: 'Object' }, requiredClaims: [path] })),
      refusedAs(path, 'missing'),
      path,
    );
  }
});

test('a token in which every reading of a path leads on: each member is visited once', () => {
  const names = 15;
  const path = Array(names).fill('a');
  const nest = (left) =>
    left === 0
      ? {}
      : Object.fromEntries(
          [1, 2, 3].filter((length) => length <= left).map((length) => [path.slice(-length).join('.'), nest(left - length)]),
        );
  const token = mint(nest(names));
  assert.ok(token.length > 100_000, `${token.length} bytes`);
  const verifier = verifierOf({ claims: { [`${path.join('.')}.b`]: 'x' }, maxTokenBytes: 1 << 20 });
  assert.equal(verdict(token, verifier), refusedAs(`${path.join('.')}.b`, 'missing'));
});

test("another pair's project or environment", () => {
  const pairs = [
    { projectId: 'prj_1', environment: 'production' },
    { projectId: 'prj_2', environment: 'preview' },
  ];
  const claims = (project_id, environment) => ({
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    owner: 'acme',
    owner_id: 'team_1',
    project: 'site',
    project_id,
    environment,
    sub: `owner:acme:project:site:environment:${environment}`,
  });
  const verifier = countersign.createVercelVerifier({ team: 'acme', projects: pairs, jwks: JWKS });
  for (const [project, environment, wanted] of [
    ['prj_1', 'production', 'accepted'],
    ['prj_2', 'preview', 'accepted'],
    ['prj_1', 'preview', refusedAs('environment', 'check_failed')],
    ['prj_2', 'production', refusedAs('environment', 'check_failed')],
    ['prj_3', 'production', refusedAs('project_id', 'check_failed')],
    [['prj_1'], 'production', refusedAs('project_id', 'invalid')],
    ['prj_1', ['production'], refusedAs('environment', 'invalid')],
    [undefined, 'production', refusedAs('project_id', 'missing')],
  ]) {
    assert.equal(verdict(mint(claims(project, environment)), verifier), wanted, `${project} ${environment}`);
  }
});
