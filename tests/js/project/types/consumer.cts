// The same in CommonJS, where TypeScript reads the declarations under `require`.
import countersign = require('countersign');
import explain = require('countersign/explain');
import guard = require('countersign/guard');
import inspect = require('countersign/inspect');
import keys = require('countersign/keys');
import next = require('countersign/next');
import refresh = require('countersign/refresh');
import testing = require('countersign/testing');

async function use(): Promise<string> {
  const issuer: testing.TestIssuer = await testing.createTestIssuer();
  const verifier: countersign.Verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: 'a', jwks: issuer.jwks });
  const reading: inspect.TokenReading = inspect.readToken(await issuer.mint());
  if (reading.vercel?.issuerMode === 'global') throw new Error(reading.vercel.owner);
  next.guard(verifier);
  verifier.setKeys(keys.jwksFromPem(''));
  const refusal: guard.CheckedHeaders<countersign.VerifiedClaims> = await guard.createGuard(verifier).checkHeaders(new Headers());
  if (refusal.refusal) return refusal.refusal.description;
  const { sentence }: explain.Explanation = explain.explain(countersign.decode(await issuer.mint()));
  if (sentence === '') return sentence;
  const registry: refresh.TargetRegistry = refresh.createMemoryRegistry();
  await refresh.refreshAll(registry, ({ id }) => void id.length);
  return verifier.verifySync(await issuer.mint()).claims.iss;
}

// @ts-expect-error no such thing is exported: the declarations are not `any`
countersign.nothing;

export = use;
