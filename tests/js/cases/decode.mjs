// Reading without verifying, strictly.

const segment = (value) => btoa(typeof value === 'string' ? value : JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
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
    name: 'decode: text that is not ASCII survives',
    run({ countersign, assert }) {
      // btoa takes bytes: these are é, 😀 and a byte order mark in UTF-8.
      const claims = '{"name":"\xc3\xa9\xf0\x9f\x98\x80\xef\xbb\xbf"}';
      assert.equal(countersign.decode(token({ alg: 'RS256' }, claims)).claims.name, '\u00e9\u{1f600}\ufeff');
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
      for (const bad of ['', '.', '..', 'a.b.c', `${good}=`, `${good}.`, ` ${good}`, good.slice(0, good.indexOf('.')), good.replace('.', '.é')]) {
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
];
