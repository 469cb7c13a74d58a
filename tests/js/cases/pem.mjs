// Keys in PEM become JWK Sets in every runtime. tests/peers/pem.test.mjs has the other kinds of keys, and the attacks.

const SPKI = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAdMr+NDenYdVCPjFYeqWlIdERiGL1dBIej10T/iY60HQ=
-----END PUBLIC KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBbzCCASGgAwIBAgIUV2LJCVb6XQwyBKXAqZxOwbgNAAIwBQYDK2VwMCwxGDAW
BgNVBAMMD2VkMjU1MTkuZXhhbXBsZTEQMA4GA1UECgwHRml4dHVyZTAgFw0yNjEx
MjkwODU4NTZaGA8yMTI2MTEwNTA4NTg1NlowLDEYMBYGA1UEAwwPZWQyNTUxOS5l
eGFtcGxlMRAwDgYDVQQKDAdGaXh0dXJlMCowBQYDK2VwAyEAdMr+NDenYdVCPjFY
eqWlIdERiGL1dBIej10T/iY60HSjUzBRMB0GA1UdDgQWBBQWWgjGksDuK7h2BjOO
s+VPzn65zTAfBgNVHSMEGDAWgBQWWgjGksDuK7h2BjOOs+VPzn65zTAPBgNVHRMB
Af8EBTADAQH/MAUGAytlcANBALmmqBjBw+bufGg6L36URyzJwvT0Jm1Tb133mnZl
UYvSQMUG9z2T9Q0sp9uXOLAe91dYxpv8c576TXw9GLSyIgA=
-----END CERTIFICATE-----`;
const PRIVATE = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIH+dR2xyG7qshEDK16BDBHisb3yPnQs1hm7F+mIGhE/G
-----END PRIVATE KEY-----`;
const JWK = { kty: 'OKP', crv: 'Ed25519', x: 'dMr-NDenYdVCPjFYeqWlIdERiGL1dBIej10T_iY60HQ' };

export const cases = [
  {
    name: 'keys in PEM: a public key and a certificate are the same JWK',
    run({ keys, assert }) {
      assert.same(keys.jwksFromPem(SPKI), { keys: [JWK] });
      assert.same(keys.jwksFromPem(CERTIFICATE, { kid: 'a', alg: 'EdDSA' }), { keys: [{ ...JWK, kid: 'a', alg: 'EdDSA' }] });
      assert.same(keys.jwksFromCertificates({ a: SPKI, b: CERTIFICATE }), {
        keys: [
          { ...JWK, kid: 'a' },
          { ...JWK, kid: 'b' },
        ],
      });
    },
  },
  {
    name: 'keys in PEM: a verifier takes the set, from memory and from a URL',
    async run({ countersign, keys, assert }) {
      const options = { issuer: 'https://idp.example', audience: 'api', algorithms: ['EdDSA'] };
      countersign.createVerifier({ ...options, jwks: keys.jwksFromPem(SPKI) }).setKeys(keys.jwksFromPem(CERTIFICATE));
      const fetch = keys.certificateFetch({ fetch: async () => new Response(JSON.stringify({ a: CERTIFICATE })) });
      const verifier = countersign.createVerifier({ ...options, jwks: 'https://idp.example/certs', fetch });
      await verifier.loadKeys();
      const broken = keys.certificateFetch({ fetch: async () => new Response(JSON.stringify({ a: PRIVATE })) });
      const other = countersign.createVerifier({ ...options, jwks: 'https://idp.example/certs', fetch: broken });
      const error = await assert.rejects(other.loadKeys(), 'ERR_JWKS_FETCH_FAILED');
      assert.equal(error.cause.code, 'ERR_JWKS_INVALID');
    },
  },
  {
    name: 'keys in PEM: a private key is refused by name, and not printed',
    run({ keys, assert }) {
      const error = assert.throws(() => keys.jwksFromPem(PRIVATE), 'ERR_JWKS_INVALID');
      assert.match(error.keys[0].reason, /^is a private key/);
      assert.ok(
        !`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes(PRIVATE.split('\n')[1]),
        'the key is not in the error',
      );
      assert.option(
        assert.throws(() => keys.jwksFromPem(undefined), 'ERR_INVALID_OPTION'),
        'text',
      );
    },
  },
];
