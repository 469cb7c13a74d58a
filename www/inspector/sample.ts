/** Made-up tokens in Vercel's shape, made in the browser. Their signatures are random bytes: no key signed them. */
export const SAMPLES = ['production', 'expired preview', 'edited by hand', 'not Vercel’s', 'cut off'] as const;
export type Sample = (typeof SAMPLES)[number];

const HOUR = 3600;

export function makeSample(sample: Sample, now: number): string {
  const header = { typ: 'JWT', alg: 'RS256', kid: 'mrk-4302ec1b670f48a98ad61dade4a23be7' };
  switch (sample) {
    case 'production':
      return token(header, vercel('production', now - 720, HOUR));
    case 'expired preview':
      return token(header, vercel('preview', now - 3 * HOUR - 1234, HOUR));
    case 'edited by hand':
      return token(header, { ...vercel('preview', now - 300, HOUR), environment: 'production', project: 'acme_billing' });
    case 'not Vercel’s':
      return token(
        { alg: 'ES256', typ: 'at+jwt', kid: '2026-11' },
        {
          iss: 'https://login.example.com/',
          sub: '5be86359-073c-434b-ad2d-a3932222dabe',
          aud: ['https://api.example.com', 'https://reports.example.com'],
          iat: now - 40,
          exp: now + 30 * 86_400,
          jti: 'dd8bae34-e5ae-4c0c-b4bd-cf4a4f8a0a52',
          client_id: 's6BhdRkqt3',
          scope: 'reports:read reports:write',
          tenant: { id: 42, region: 'eu' },
        },
      );
    case 'cut off':
      return token(header, vercel('production', now - 720, HOUR)).replace(/\.[^.]*$/, '');
  }
}

function vercel(environment: string, issued: number, lifetime: number): object {
  const subject = `owner:acme:project:acme_website:environment:${environment}`;
  return {
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    sub: subject,
    scope: subject,
    owner: 'acme',
    owner_id: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
    project: 'acme_website',
    project_id: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',
    environment,
    nbf: issued,
    iat: issued,
    exp: issued + lifetime,
  };
}

function token(header: { alg: string; typ: string; kid: string }, claims: object): string {
  const signature = crypto.getRandomValues(new Uint8Array(header.alg === 'RS256' ? 256 : 64));
  const bytes = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return [bytes(header), bytes(claims), signature].map(base64url).join('.');
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
