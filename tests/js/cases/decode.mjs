// Reading without verifying, strictly.

const segment = (value) =>
  btoa(typeof value === 'string' ? value : JSON.stringify(value))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
const token = (header, claims) => `${segment(header)}.${segment(claims)}.AAAA`;

export const cases = [
  {
    name: 'decode: header and claims come out as they are',
    run({ countersign, assert }) {
      const header = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
      const claims = { iss: 'https://issuer.example', sub: 'a', exp: 2_000_000_000, nested: { list: [1, 'two', null, true] } };
      assert.same(countersign.decode(token(header, claims)), { header, claims });
    },
  },
  {
    name: 'decode: two headers in turn stay apart, and nobody can change one for others',
    run({ countersign, assert }) {
      for (const kid of ['a', 'a', 'b', 'a', 'B']) {
        const { header } = countersign.decode(token({ alg: 'RS256', kid, nested: { kid } }, {}));
        assert.same(header, { alg: 'RS256', kid, nested: { kid } });
        assert.ok(Object.isFrozen(header) && Object.isFrozen(header.nested));
      }
    },
  },
  {
    name: 'decode: text that is not ASCII survives',
    run({ countersign, assert }) {
      // btoa takes bytes: these are é, 😀 and a byte order mark in UTF-8.
      const claims = '{"name":"\xc3\xa9\xf0\x9f\x98\x80\xef\xbb\xbf"}';
      assert.equal(countersign.decode(token({ alg: 'RS256' }, claims)).claims.name, '\u00e9\u{1f600}\ufeff');
    },
  },
  {
    name: 'decode: a foreign character is refused at whichever place, whatever is beside it',
    run({ countersign, assert }) {
      // Read in blocks of sixteen: three of them, and what is left.
      const claims = `{"a":"${'x~?>'.repeat(9)}"}`;
      const good = token({ alg: 'RS256' }, claims);
      assert.equal(countersign.decode(good).claims.a, JSON.parse(claims).a);
      for (let at = good.indexOf('.') + 1; at < good.lastIndexOf('.'); at += 1) {
        for (const foreign of ['+', '/', '=', ' ', '@', '[', '`', '{', ':', ',', '\x00', '\x7f', '\u00e9']) {
          assert.throws(() => countersign.decode(good.slice(0, at) + foreign + good.slice(at + 1)), 'ERR_JWS_INVALID');
        }
      }
    },
  },
  {
    name: 'decode: a control character is refused at whichever place of a string, and an escape is read there',
    run({ countersign, assert }) {
      for (let at = 0; at < 40; at += 1) {
        const claims = (inside) => `{"a":"${'x'.repeat(at)}${inside}${'y'.repeat(40 - at)}"}`;
        for (const control of ['\x00', '\n', '\x1f'])
          assert.throws(() => countersign.decode(token({ alg: 'RS256' }, claims(control))), 'ERR_JWT_INVALID');
        for (const escaped of ['\\"', '\\\\', '\\u00e9', ' '])
          assert.equal(countersign.decode(token({ alg: 'RS256' }, claims(escaped))).claims.a, JSON.parse(claims(escaped)).a);
      }
    },
  },
  {
    name: 'decode: duplicate members are refused',
    run({ countersign, assert }) {
      assert.throws(() => countersign.decode(token({ alg: 'RS256' }, '{"iss":"a","iss":"b"}')), 'ERR_JWT_INVALID');
    },
  },
  {
    name: 'decode: what is not a compact JWS is refused',
    run({ countersign, assert }) {
      const good = token({ alg: 'RS256' }, { iss: 'a' });
      for (const bad of [
        '',
        '.',
        '..',
        'a.b.c',
        `${good}=`,
        `${good}.`,
        ` ${good}`,
        good.slice(0, good.indexOf('.')),
        good.replace('.', '.é'),
      ]) {
        assert.throws(() => countersign.decode(bad), 'ERR_JWS_INVALID');
      }
      for (const bad of [undefined, null, 7, {}, ['a.b.c']]) assert.throws(() => countersign.decode(bad), 'ERR_JWS_INVALID');
    },
  },
  {
    name: 'decode: a token of more than 16 KiB is refused, and the next one is read',
    run({ countersign, assert }) {
      const long = token({ alg: 'RS256' }, { filler: 'x'.repeat(20_000) });
      assert.throws(() => countersign.decode(long), 'ERR_JWS_INVALID');
      assert.equal(countersign.decode(token({ alg: 'RS256' }, { iss: 'a' })).claims.iss, 'a');
    },
  },
  {
    name: 'decode: accidents of copying and wrong values are named, and a limit says both numbers',
    run({ countersign, assert }) {
      const token = 'eyJhbGciOiJSUzI1NiJ9.e30.AQ';
      for (const [text, message] of [
        [`Bearer ${token}`, 'the token begins with `Bearer `: pass what follows it'],
        [`${token}\n`, 'the token ends with a line break: trim it'],
        [`"${token}"`, 'the token stands in quotes: pass it without them'],
        ['a.b.c.d.e', 'the token has five parts, so it is encrypted (a JWE): only signed tokens are read'],
        ['', 'the token is empty'],
        ['x'.repeat(20_000), 'the token is 20000 bytes long, and `maxTokenBytes` allows 16384'],
        [undefined, 'the token is not a string but undefined'],
        [null, 'the token is not a string but null'],
        [7, 'the token is not a string but a number'],
        [[token], 'the token is not a string but an array'],
        [Promise.resolve(token), 'the token is not a string but a Promise: await it'],
        [new Headers(), 'the token is not a string but a Headers'],
      ]) {
        assert.equal(assert.throws(() => countersign.decode(text), 'ERR_JWS_INVALID').message, message);
      }
    },
  },
];
