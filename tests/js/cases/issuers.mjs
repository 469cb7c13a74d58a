// Issuers by template, by their metadata and over plain http; the presets for access tokens and for SPIFFE.

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const OTHER = '9188040d-6c67-4c5b-b112-36a304b66dad';
const KEYS = 'https://login.microsoftonline.com/common/discovery/v2.0/keys';

/** A fetch that serves these documents, and the addresses that it was asked for. */
function serving(documents) {
  const asked = [];
  const fetch = async (input) => {
    asked.push(String(input));
    if (!Object.hasOwn(documents, String(input))) throw new TypeError(`nothing is served at ${input}`);
    return Response.json(documents[String(input)]);
  };
  return { fetch, asked };
}

export const cases = [
  {
    name: 'issuers: a template is compared, and never fetched',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer({ issuer: 'https://login.microsoftonline.com' });
      const of = (tenant) => `https://login.microsoftonline.com/${tenant}/v2.0`;
      const make = (values) => {
        const { fetch, asked } = serving({ [KEYS]: issuer.jwks });
        const template = { template: of('{tenantid}'), claim: 'tid', values };
        return { verifier: countersign.createVerifier({ issuer: template, audience: 'api', jwks: KEYS, fetch }), asked };
      };
      const mint = (iss, tid) => issuer.mint({ iss, tid, aud: 'api' });
      const { verifier, asked } = make('any');
      for (const tenant of [TENANT, OTHER]) {
        const { claims } = await verifier.verify(await mint(of(tenant), tenant));
        assert.equal(claims.tid, tenant);
      }
      const refused = async (verifier, iss, tid, claim) => {
        const error = await assert.rejects(verifier.verify(await mint(iss, tid)), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
        assert.equal(error.claim, claim, iss);
      };
      await refused(verifier, of(TENANT), OTHER, 'iss');
      await refused(verifier, of('{tenantid}'), '{tenantid}', 'iss');
      await refused(verifier, of(TENANT).replace('.com/', '.com.evil.example/'), TENANT, 'iss');
      await refused(verifier, of('a/b'), 'a/b', 'iss');
      await refused(make([OTHER]).verifier, of(TENANT), TENANT, 'tid');
      assert.same(asked, [KEYS]);
      const refusedOptions = (options, option) => {
        const base = { issuer: { template: of('{t}'), claim: 'tid', values: 'any' }, audience: 'api', jwks: KEYS };
        assert.option(
          assert.throws(() => countersign.createVerifier({ ...base, ...options }), 'ERR_INVALID_OPTION'),
          option,
        );
      };
      refusedOptions({ audience: null }, 'audience');
      refusedOptions({ jwks: undefined }, 'jwks');
      refusedOptions({ issuer: { template: of('{t}'), claim: 'tid' } }, 'issuer.values');
      refusedOptions({ issuer: { template: of('{t}'), claim: 'tid', values: '*' } }, 'issuer.values');
      refusedOptions({ issuer: { template: 'https://{t}/v2.0', claim: 'tid', values: 'any' } }, 'issuer');
    },
  },
  {
    name: 'issuers: metadata of an authorization server, and plain http from hosts that are named',
    async run({ countersign, testing, assert }) {
      const url = 'http://keycloak:8080/realms/acme';
      const issuer = await testing.createTestIssuer({ issuer: 'https://keycloak.example' });
      const metadata = 'http://keycloak:8080/.well-known/oauth-authorization-server/realms/acme';
      const { fetch, asked } = serving({ [metadata]: { issuer: url, jwks_uri: `${url}/certs` }, [`${url}/certs`]: issuer.jwks });
      const options = {
        issuer: url,
        audience: 'api',
        discovery: 'oauth-authorization-server',
        dangerouslyAllowHttpHosts: ['keycloak'],
        fetch,
      };
      const { claims } = await countersign.createVerifier(options).verify(await issuer.mint({ iss: url, aud: 'api' }));
      assert.equal(claims.iss, url);
      assert.same(asked, [metadata, `${url}/certs`]);
      const elsewhere = serving({ [metadata]: { issuer: url, jwks_uri: 'http://other:8080/certs' } });
      const verifier = countersign.createVerifier({ ...options, fetch: elsewhere.fetch });
      await assert.rejects(verifier.verify(await issuer.mint({ iss: url, aud: 'api' })), 'ERR_DISCOVERY_INVALID');
      assert.same(elsewhere.asked, [metadata]);
      assert.throws(() => countersign.createVerifier({ ...options, dangerouslyAllowHttpHosts: ['sso'] }), 'ERR_INVALID_OPTION');
      assert.throws(() => countersign.createVerifier({ ...options, dangerouslyAllowHttpHosts: ['keycloak:8080'] }), 'ERR_INVALID_OPTION');
      assert.throws(() => countersign.createVerifier({ ...options, discovery: 'oauth' }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'issuers: an access token of RFC 9068 has its `typ` and its claims',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer({ issuer: 'https://idp.example' });
      const options = { issuer: 'https://idp.example', audience: 'https://api.example', jwks: issuer.jwks, requiredClaims: ['scope'] };
      const verifier = countersign.createAccessTokenVerifier(options);
      const claims = { aud: 'https://api.example', client_id: 'app', jti: '1', scope: 'read' };
      const mint = (change, typ = 'at+jwt') => issuer.mint({ ...claims, ...change }, { header: { typ } });
      for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT'])
        assert.equal(verifier.verifySync(await mint({}, typ)).claims.client_id, 'app');
      for (const [change, typ, claim] of [
        [{}, 'JWT', 'typ'],
        [{}, undefined, 'typ'],
        [{}, 'id+jwt', 'typ'],
        [{ client_id: undefined }, 'at+jwt', 'client_id'],
        [{ jti: undefined }, 'at+jwt', 'jti'],
        [{ iat: undefined }, 'at+jwt', 'iat'],
        [{ sub: undefined }, 'at+jwt', 'sub'],
        [{ scope: undefined }, 'at+jwt', 'scope'],
        [{ aud: 'https://other.example' }, 'at+jwt', 'aud'],
      ]) {
        const token = await issuer.mint({ ...claims, ...change }, { header: { typ } });
        assert.equal((await assert.rejects(verifier.verify(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED')).claim, claim);
      }
      for (const [change, option] of [
        [{ typ: ['JWT'] }, 'typ'],
        [{ audience: null }, 'audience'],
        [{ audience: undefined }, 'audience'],
        [{ requiredClaims: 'x' }, 'requiredClaims'],
        [{ audeince: 'x' }, 'audeince'],
      ]) {
        assert.option(
          assert.throws(() => countersign.createAccessTokenVerifier({ ...options, ...change }), 'ERR_INVALID_OPTION'),
          option,
        );
      }
      const lazy = countersign.createAccessTokenVerifier(() => options);
      assert.equal(lazy.verifySync(await mint()).claims.jti, '1');
    },
  },
  {
    name: 'issuers: a JWT-SVID is of the trust domain, whatever `iss` says',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer({ issuer: 'https://spire.example', alg: 'ES256' });
      const keys = issuer.jwks.keys.map((key) => ({ ...key, use: 'jwt-svid', alg: undefined }));
      const x509 = { kty: 'EC', crv: 'P-256', use: 'x509-svid', x: 'AA', y: 'AA', x5c: ['MIIC'] };
      const bundle = { keys: [x509, ...keys], spiffe_sequence: 1, spiffe_refresh_hint: 300 };
      const options = { trustDomain: 'acme.example', audience: 'checkout', bundle };
      const verifier = countersign.createSpiffeVerifier(options);
      const sub = 'spiffe://acme.example/ns/shop/sa/web';
      const mint = (change, header) => issuer.mint({ iss: undefined, aud: ['checkout'], sub, ...change }, { header });
      for (const [change, typ] of [
        [{}, 'JWT'],
        [{}, 'JOSE'],
        [{}, undefined],
        [{ iss: 'https://evil.example' }, 'JWT'],
      ]) {
        assert.equal(verifier.verifySync(await mint(change, { typ })).claims.sub, sub);
      }
      for (const [change, claim] of [
        [{ sub: 'spiffe://evil.example/ns/shop/sa/web' }, 'sub'],
        [{ sub: 'spiffe://acme.example.evil.example/web' }, 'sub'],
        [{ sub: 'spiffe://acme.example' }, 'sub'],
        [{ sub: 'spiffe://acme.example/a/../web' }, 'sub'],
        [{ sub: 'https://acme.example/web' }, 'sub'],
        [{ sub: undefined }, 'sub'],
        [{ iss: 7 }, 'iss'],
        [{ aud: 'other' }, 'aud'],
        [{ aud: undefined }, 'aud'],
        [{ exp: undefined }, 'exp'],
      ]) {
        assert.equal(
          (await assert.rejects(verifier.verify(await mint(change)), 'ERR_JWT_CLAIM_VALIDATION_FAILED')).claim,
          claim,
          JSON.stringify(change),
        );
      }
      assert.equal(
        (await assert.rejects(verifier.verify(await mint({}, { typ: 'at+jwt' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED')).claim,
        'typ',
      );
      const one = countersign.createSpiffeVerifier({ ...options, subject: 'spiffe://acme.example/other' });
      assert.throws(() => one.verifySync('x'), 'ERR_JWS_INVALID');
      assert.equal((await assert.rejects(one.verify(await mint()), 'ERR_JWT_CLAIM_VALIDATION_FAILED')).claim, 'sub');
      const next = await testing.createTestIssuer({ issuer: 'https://spire.example' });
      verifier.setKeys({ keys: next.jwks.keys.map((key) => ({ ...key, use: 'jwt-svid' })) });
      await assert.rejects(verifier.verify(await mint()), 'ERR_JWKS_NO_MATCHING_KEY');
      for (const [change, option] of [
        [{ bundle: undefined }, 'bundle'],
        [{ bundle: { keys: [x509] } }, 'bundle'],
        [{ bundle: issuer.jwks }, 'bundle'],
        [{ bundle: 'https://spire.example/bundle' }, 'bundle'],
        [{ trustDomain: 'spiffe://acme.example' }, 'trustDomain'],
        [{ audience: undefined }, 'audience'],
        [{ jwks: issuer.jwks }, 'jwks'],
        [{ issuer: 'https://spire.example' }, 'issuer'],
      ]) {
        assert.option(
          assert.throws(() => countersign.createSpiffeVerifier({ ...options, ...change }), 'ERR_INVALID_OPTION'),
          option,
        );
      }
    },
  },
];
