// Which source of the chain applies, and why the others do not.

import { type CredentialSource, type SourceReport, describeCredentials, getBearerToken } from '../../credentials/bearer-token.js';
import { decode } from '../../verify/verifier.js';
import { relative } from '../times.js';
import type { Check, Section } from './check.js';

/** The token that would be sent, with what it says. For use within this process alone. */
export interface FoundToken extends ReturnType<typeof decode> {
  readonly value: string;
}

const PLACES: Record<CredentialSource, string> = {
  'static-key': '`AI_GATEWAY_API_KEY`',
  captured: 'a token captured from a request',
  header: 'the request header `x-vercel-oidc-token`',
  context: 'Vercel’s request context',
  shared: 'a relay of tokens',
  file: 'the file of `VERCEL_OIDC_TOKEN_FILE`',
  env: '`VERCEL_OIDC_TOKEN`',
  refresh: 'the login of Vercel’s command line',
};

/** Examines the chain as the AI Gateway functions have it: the static key first. */
export async function examineCredentials(
  env: Record<string, string | undefined>,
  optional: boolean,
): Promise<Section & { token?: FoundToken }> {
  const options = { env, staticKey: { env: 'AI_GATEWAY_API_KEY' } };
  const { selected, sources } = await describeCredentials(options);
  const checks = sources.map((source) => explainSource(source, selected));
  if (selected === undefined && !sources.some(({ state }) => state === 'failed')) {
    checks.push({
      state: optional ? 'none' : 'failed',
      name: 'in use',
      message: 'no source has a credential',
      remedy:
        'run `vercel env pull .env.local`, or set `AI_GATEWAY_API_KEY`; on Vercel each request brings a token, which this command cannot see',
    });
  }
  const title = 'Credential chain';
  // What would be fetched is not fetched here: this command looks and changes nothing.
  const inHand = sources.some(({ source, state }) => source === selected && state === 'found');
  if (!inHand || selected === 'static-key') return { title, checks };
  const { value } = await getBearerToken(options);
  return { title, checks, token: { value, ...decode(value) } };
}

function explainSource({ source, state, reason, expiresAt }: SourceReport, selected: CredentialSource | undefined): Check {
  const place = PLACES[source];
  const when = expiresAt && relative(expiresAt.getTime() / 1000, Date.now() / 1000);
  switch (state) {
    case 'found':
      return source === selected
        ? { state: 'ok', name: source, message: `in use: ${place}${when ? `, expires ${when}` : ''}` }
        : { state: 'none', name: source, message: `${place} has a credential, and ${selected ?? 'an earlier source'} comes first` };
    case 'available':
      return { state: source === selected ? 'ok' : 'none', name: source, message: `${place} can fetch a token when one is needed` };
    case 'not-configured':
      return { state: 'none', name: source, message: absence(source, place, reason) };
    case 'other-project':
      return { state: 'warning', name: source, message: `${place} holds a token of another project` };
    case 'expired':
      return {
        state: 'warning',
        name: source,
        message: `${place} holds a token that expired ${when}`,
        ...(source === 'env' && { remedy: 'fetch a new one: `vercel env pull`' }),
      };
    case 'failed':
      return {
        state: 'failed',
        name: source,
        message: `${place} ${reason}`,
        remedy: 'mend or unset it: what is set and broken ends the search, so that nobody else’s identity is used in its place',
      };
  }
}

function absence(source: CredentialSource, place: string, reason: string | undefined): string {
  if (source === 'header' || source === 'context') return 'only within a request on Vercel';
  return source === 'refresh' && reason !== undefined ? reason : `${place} is not set`;
}
