import { createVercelVerifier } from 'countersign';
import { isTrustworthy } from './trust';

/** The verifier that every guarded route of this app shares. */
export type AppVerifier = ReturnType<typeof createVercelVerifier>;

/** One thing to mend in the environment. */
export type Problem = { variable: string; problem: string };

type Setup = { verifier: AppVerifier; problems?: never } | { verifier?: never; problems: Problem[] };

let made: Setup | undefined;

/**
 * The verifier, made from the environment on first use, or what is wrong with the environment.
 *
 * It is not made when the module loads: `next build` loads every route, and a build needs no configuration.
 */
export function setup(): Setup {
  return (made ??= fromEnvironment());
}

function fromEnvironment(): Setup {
  // Each name is written out, so that bundlers for the Edge runtime see it.
  const team = process.env.COUNTERSIGN_TEAM || 'acme';
  const projectId = process.env.COUNTERSIGN_PROJECT_ID || process.env.VERCEL_PROJECT_ID;
  const environment = process.env.COUNTERSIGN_ENVIRONMENT || process.env.VERCEL_TARGET_ENV || process.env.VERCEL_ENV;
  const jwks = process.env.COUNTERSIGN_JWKS_URL || undefined;

  const problems: Problem[] = [];
  if (!projectId) {
    problems.push({
      variable: 'COUNTERSIGN_PROJECT_ID',
      problem: 'is not set: give the project whose tokens may call, such as prj_…',
    });
  }
  if (!environment) {
    problems.push({
      variable: 'COUNTERSIGN_ENVIRONMENT',
      problem: 'is not set: give the environment whose tokens may call, such as production',
    });
  }
  if (jwks !== undefined && !isTrustworthy(jwks)) {
    problems.push({
      variable: 'COUNTERSIGN_JWKS_URL',
      problem: 'must be an https URL, or http on a loopback address: whoever answers there decides who may call',
    });
  }
  if (problems.length > 0 || !projectId || !environment) return { problems };

  try {
    return { verifier: createVercelVerifier({ team, projectId, environment, ...(jwks !== undefined && { jwks }) }) };
  } catch (error) {
    return { problems: [{ variable: 'COUNTERSIGN_*', problem: (error as Error).message }] };
  }
}

/**
 * Wraps a handler that needs the verifier. While the environment is incomplete it answers 503 and names the variables to set.
 */
export function whenConfigured<Args extends unknown[], Result>(
  make: (verifier: AppVerifier) => (...args: Args) => Result | Promise<Result>,
): (...args: Args) => Promise<Result | Response> {
  let handler: ((...args: Args) => Result | Promise<Result>) | undefined;
  return async (...args) => {
    const { verifier, problems } = setup();
    if (!verifier) return notConfigured(problems);
    handler ??= make(verifier);
    return handler(...args);
  };
}

function notConfigured(problems: Problem[]): Response {
  return Response.json(
    {
      error: 'not_configured',
      message: 'this app does not know yet whose tokens to accept; www/README.md lists its environment variables',
      problems,
    },
    { status: 503, headers: { 'Cache-Control': 'no-store' } },
  );
}
