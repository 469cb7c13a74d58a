import { algorithmName, type KnownIssuer } from 'countersign/explain';
import { CopyButton } from './copy-button';
import type { SignatureCheck } from './check-signature';
import { decodedLength, type Json } from './reading';

type Props = { header: Json; claims: Json; issuer: KnownIssuer | undefined; check: SignatureCheck; signature: string };

/** The two signatures of the page's name: the issuer's, which is there, and the reader's, which is not. */
export function Countersignature({ header, claims, issuer, check, signature }: Props): React.JSX.Element {
  const bytes = decodedLength(signature);
  const code = verifierFor(header, claims, issuer);
  return (
    <section className="signatures" id="verifier" aria-labelledby="signatures-title">
      <h2 id="signatures-title">Before you believe it</h2>
      <div className="lines">
        <div className="line ink-signature">
          <p className="mark">
            {signature.slice(0, 14)}…{signature.slice(-6)}
          </p>
          <p className="caption">
            <strong>Signature</strong>
            <span>
              {bytes} bytes{algorithmName(header['alg']) ? `, ${algorithmName(header['alg'])}` : ''}
            </span>
          </p>
        </div>
        <div className="line">
          <p className="mark empty">{check.state === 'fits' ? 'the keys above' : 'nobody yet'}</p>
          <p className="caption">
            <strong>Countersignature</strong>
            <span>your server, once it has checked</span>
          </p>
        </div>
      </div>
      <div className="bar">
        <h3>The verifier that this token needs</h3>
        <CopyButton text={code} what="verifier code" />
      </div>
      <pre className="code-block" role="region" tabIndex={0} aria-label="Verifier code">
        <code>{code}</code>
      </pre>
      <p className="aside">Hold these values against your own project’s: whoever wrote the token also wrote them.</p>
    </section>
  );
}

/** Code that accepts tokens like this one and no others. Only ids and addresses go in, quoted as JSON is. */
function verifierFor(header: Json, claims: Json, issuer: KnownIssuer | undefined): string {
  const { iss, aud, project_id: projectId, environment } = claims;
  const quote = (value: unknown): string =>
    `'${JSON.stringify(value ?? '…')
      .slice(1, -1)
      .replaceAll('\\"', '"')
      .replaceAll("'", "\\'")}'`;
  const use = 'const { claims } = await verifier.verify(token);';

  if (issuer?.name === 'Vercel' && typeof projectId === 'string') {
    const owner = issuer.mode === 'team' ? issuer.team : claims['owner'];
    const usual = aud === `https://vercel.com/${String(owner)}`;
    const lines = [
      `  team: ${quote(owner)},`,
      ...(issuer.mode === 'global' ? [`  issuerMode: 'global',`, `  ownerId: ${quote(claims['owner_id'])},`] : []),
      `  projectId: ${quote(projectId)},`,
      `  environment: ${quote(environment)},`,
      ...(usual || typeof aud !== 'string' ? [] : [`  audience: ${quote(aud)},`]),
    ];
    return [
      `import { createVercelVerifier } from 'countersign';`,
      '',
      'const verifier = createVercelVerifier({',
      ...lines,
      '});',
      use,
    ].join('\n');
  }
  const audience = Array.isArray(aud) ? aud[0] : aud;
  const alg = header['alg'];
  const lines = [
    `  issuer: ${quote(typeof iss === 'string' ? iss : '…')},`,
    `  audience: ${quote(typeof audience === 'string' ? audience : '…')},`,
    ...(alg === 'RS256' || !algorithmName(alg) ? [] : [`  algorithms: [${quote(alg)}],`]),
    ...(typeof header['typ'] === 'string' && header['typ'].toLowerCase() !== 'jwt' ? [`  typ: [${quote(header['typ'])}],`] : []),
  ];
  return [`import { createVerifier } from 'countersign';`, '', 'const verifier = createVerifier({', ...lines, '});', use].join('\n');
}
