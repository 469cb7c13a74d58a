// The guards of Next.js, where only Request and Response are needed; tests/guards has Next.js itself.

const URL_ = 'https://app.example/api';

async function verifierOf({ countersign, testing }) {
  const issuer = await testing.createTestIssuer();
  const verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks });
  const request = (authorization) => new Request(URL_, authorization === undefined ? {} : { headers: { authorization } });
  return { issuer, verifier, request };
}

export const cases = [
  {
    name: 'next: a handler runs for a verified token only',
    async run(env) {
      const { issuer, verifier, request } = await verifierOf(env);
      let runs = 0;
      const handler = env.next.withVerifiedToken(verifier, (_request, { token }) => {
        runs += 1;
        return Response.json({ owner: token.claims.owner });
      });
      const answer = await handler(request(`Bearer ${await issuer.mint()}`), {});
      env.assert.equal(answer.status, 200);
      env.assert.equal((await answer.json()).owner, 'acme');
      for (const authorization of [undefined, 'Basic eA==', 'Bearer x.y.z', `Bearer ${await issuer.mint({}, { expiresIn: -60 })}`]) {
        const refusal = await handler(request(authorization), {});
        env.assert.equal(refusal.status, 401, `the status for ${authorization}`);
        env.assert.match(refusal.headers.get('www-authenticate'), /^Bearer/);
      }
      env.assert.equal(runs, 1, 'the number of runs');
    },
  },
  {
    name: 'next: a guard lets a verified request through',
    async run(env) {
      const { issuer, verifier, request } = await verifierOf(env);
      const guard = env.next.guard(verifier);
      env.assert.equal(await guard(request(`Bearer ${await issuer.mint()}`)), undefined);
      env.assert.equal((await guard(request('Bearer  '))).status, 400);
    },
  },
];
