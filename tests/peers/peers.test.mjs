// Others' tokens are accepted here and ours elsewhere, and what one refuses the others refuse too.
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, mock, test } from 'node:test';
import { verifyVercelOidcToken } from '@vercel/oidc';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import { SignJWT, createLocalJWKSet, createRemoteJWKSet, importJWK, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { ALGORITHMS, KEYS, publicJwk } from './keys.mjs';
import { importPackage } from './package-under-test.mjs';

const { countersign, testing } = await importPackage('peers');

const ISSUER = 'https://oidc.vercel.com/acme';
const AUDIENCE = 'https://vercel.com/acme';
const ALGS = Object.keys(ALGORITHMS);

/** A verifier of each peer for one test issuer: token to claims, or it throws or rejects. */
const PEERS = {
  'jose, keys in hand': {
    algs: ALGS,
    make: ({ issuer, alg }) => {
      const keys = createLocalJWKSet(issuer.jwks);
      return async (token) => (await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] })).payload;
    },
  },
  'jose, keys over HTTP': {
    algs: ALGS,
    make: ({ listener, alg }) => {
      const keys = createRemoteJWKSet(new URL(listener.jwksUrl));
      return async (token) => (await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] })).payload;
    },
  },
  jsonwebtoken: {
    algs: ALGS.filter((alg) => ALGORITHMS[alg].kind !== 'Ed25519'),
    make: ({ issuer, alg }) => {
      const key = createPublicKey({ key: issuer.jwks.keys[0], format: 'jwk' });
      return (token) => jsonwebtoken.verify(token, key, { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] });
    },
  },
  'aws-jwt-verify': {
    algs: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
    make: ({ issuer }) => {
      const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/.well-known/jwks` });
      verifier.cacheJwks(issuer.jwks);
      return (token) => verifier.verifySync(token);
    },
  },
  'fast-jwt': {
    algs: ALGS.filter((alg) => alg !== 'Ed25519'),
    make: ({ issuer, alg }) => {
      const key = createPublicKey({ key: issuer.jwks.keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' });
      return createFastVerifier({ key, algorithms: [alg], allowedIss: ISSUER, allowedAud: AUDIENCE });
    },
  },
  countersign: {
    algs: ALGS,
    make: ({ issuer, alg }) => {
      const verifier = countersign.createVerifier({ issuer: ISSUER, audience: AUDIENCE, algorithms: [alg], jwks: issuer.jwks });
      return (token) => verifier.verifySync(token).claims;
    },
  },
};

/** The token with one bit of its signature flipped; not in the last character, where it may be padding. */
function tampered(token) {
  const at = token.lastIndexOf('.') + 10;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** The token with another subject, under the old signature. */
function forged(token) {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), sub: 'owner:evil:project:x:environment:production' };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const REFUSED = {
  'an expired token': (issuer) => issuer.mint({}, { expiresIn: -60 }),
  'a token that is not valid yet': (issuer) => issuer.mint({ nbf: Math.floor(Date.now() / 1000) + 3000 }),
  'another audience': (issuer) => issuer.mint({ aud: 'https://vercel.com/other' }),
  'another issuer': (issuer) => issuer.mint({ iss: 'https://oidc.vercel.com/other' }),
  'a changed signature': async (issuer) => tampered(await issuer.mint()),
  'changed claims': async (issuer) => forged(await issuer.mint()),
  'alg none': async (issuer) => {
    const [, payload] = (await issuer.mint()).split('.');
    return `${Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url')}.${payload}.`;
  },
};

for (const alg of ALGS) {
  describe(`a token of the test issuer, ${alg}`, () => {
    let context;
    before(async () => {
      const issuer = await testing.createTestIssuer({ alg });
      context = { issuer, alg, listener: await issuer.listen() };
    });
    after(() => context.listener.close());

    for (const [peer, { algs, make }] of Object.entries(PEERS)) {
      if (!algs.includes(alg)) continue;
      test(`${peer} accepts it and refuses the bad ones`, async () => {
        const verify = make(context);
        const token = await context.issuer.mint();
        assert.deepEqual(await verify(token), countersign.decode(token).claims);
        for (const [name, mint] of Object.entries(REFUSED)) {
          const bad = await mint(context.issuer);
          await assert.rejects(async () => verify(bad), undefined, name);
        }
      });
    }
  });

  test(`a token that jose signed is accepted here, ${alg}`, async () => {
    const jwk = KEYS[ALGORITHMS[alg].kind][0];
    const key = await importJWK({ ...jwk, alg }, alg);
    const mint = (issuer, audience, expires = '10m') =>
      new SignJWT({ repository: 'acme/site' })
        .setProtectedHeader({ alg, kid: 'jose', typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('someone')
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime(expires)
        .sign(key);
    const jwks = { keys: [publicJwk(jwk, { kid: 'jose', alg, use: 'sig' })] };
    const verifier = countersign.createVerifier({ issuer: 'https://jose.example', audience: 'api', algorithms: [alg], jwks });

    const good = await mint('https://jose.example', ['other', 'api']);
    assert.equal((await verifier.verify(good)).claims.repository, 'acme/site');
    assert.equal(verifier.verifySync(good).header.alg, alg);
    const refused = (token, code, claim) =>
      assert.throws(
        () => verifier.verifySync(token),
        (error) => error.code === code && error.claim === claim,
      );
    refused(await mint('https://jose.example', 'other'), 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'aud');
    refused(await mint('https://jose.example/', 'api'), 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'iss');
    refused(await mint('https://jose.example', 'api', '-60s'), 'ERR_JWT_EXPIRED', 'exp');
    refused(tampered(good), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });
}

test('both names of Ed25519 are one algorithm, whichever is configured', async () => {
  for (const alg of ['EdDSA', 'Ed25519']) {
    const issuer = await testing.createTestIssuer({ alg });
    for (const allowed of ['EdDSA', 'Ed25519']) {
      const verifier = countersign.createVerifier({ issuer: ISSUER, audience: AUDIENCE, algorithms: [allowed], jwks: issuer.jwks });
      assert.equal(verifier.verifySync(await issuer.mint()).header.alg, alg);
    }
  }
});

describe('@vercel/oidc, its key fetch pointed at the test issuer', () => {
  let issuer;
  let listener;
  before(async () => {
    issuer = await testing.createTestIssuer();
    // It asks the global issuer, also for tokens of a team's issuer; both answer the same here.
    const global = await testing.createTestIssuer({ issuer: 'https://oidc.vercel.com' });
    listener = await global.listen();
    mock.method(https, 'get', (url, options) => {
      assert.equal(String(url), 'https://oidc.vercel.com/.well-known/jwks');
      return http.get(listener.jwksUrl, options);
    });
  });
  after(async () => {
    mock.restoreAll();
    await listener.close();
  });

  const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
  const options = { projectId, environment: 'production', audience: AUDIENCE, issuer: ISSUER };
  const verify = (token) => verifyVercelOidcToken(token, options);
  const here = (token) =>
    countersign.createVercelVerifier({ team: 'acme', projectId, environment: 'production', jwks: issuer.jwks }).verify(token);

  test('both accept a token of the test issuer and read the same claims', async () => {
    const token = await issuer.mint();
    assert.deepEqual((await verify(token)).payload, (await here(token)).claims);
  });

  const other = {
    ...REFUSED,
    'another project': () => issuer.mint({ project_id: 'prj_other' }),
    'another environment': () => issuer.mint({ environment: 'preview' }),
  };
  for (const [name, mint] of Object.entries(other)) {
    test(`both refuse ${name}`, async () => {
      const token = await mint(issuer);
      await assert.rejects(verify(token));
      await assert.rejects(here(token), countersign.CountersignError);
    });
  }
});
