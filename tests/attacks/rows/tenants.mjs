// Valid tokens of another tenant, project or environment of Vercel.
import { CLAIMS, JWKS, NOW, input, mint, refusedClaim } from '../setting.mjs';

const HOST = 'https://oidc.vercel.com';

/** The claims of a token of this owner; `undefined` removes one. */
const claims = (more = {}, owner = 'acme') => ({
  ...CLAIMS,
  iss: `${HOST}/${owner}`,
  aud: `https://vercel.com/${owner}`,
  sub: `owner:${owner}:project:site:environment:${more.environment ?? 'production'}`,
  owner,
  owner_id: `team_${owner}`,
  project: 'site',
  project_id: `prj_${more.project ?? 'site'}`,
  environment: 'production',
  ...more,
});

const vercel = (more = {}) => ({
  verifier: 'vercel',
  options: { team: 'acme', projectId: 'prj_site', environment: 'production', ownerId: 'team_acme', jwks: JWKS, ...more },
});

const failed = (claim, reason = 'check_failed') => refusedClaim(claim, reason);

input("another tenant's valid Vercel token", (row) => {
  row('of the team', mint(claims()), 'accepted', vercel());
  row('of another team', mint(claims({}, 'evil')), failed('iss'), vercel());
  // A team that took over the slug, and one that writes the expected names where it may.
  row('of a team with the same slug', mint(claims({ owner_id: 'team_evil' })), failed('owner_id'), vercel());
  for (const [claim, value] of [
    ['owner', 'evil'],
    ['project_id', 'prj_other'],
    ['aud', 'https://vercel.com/evil'],
    ['aud', 'https://vercel.com/acme2'],
    ['aud', 'https://vercel.com'],
    ['sub', 'owner:acme:project:site:environment:preview'],
  ]) {
    row(`${claim} ${value}`, mint(claims({ [claim]: value })), failed(claim), vercel());
  }
  row('of a preview', mint(claims({ environment: 'preview' })), failed('environment'), vercel());
  row('projects in an array', mint(claims({ project_id: ['prj_site'] })), failed('project_id', 'invalid'), vercel());
  row('environments in an array', mint({ ...claims(), environment: ['production'] }), failed('environment', 'invalid'), vercel());
  row('no project', mint(claims({ project_id: undefined })), failed('project_id', 'missing'), vercel());
  for (const iss of [`${HOST}/acme/`, `${HOST}/Acme`, HOST, `${HOST}/acme?x`, `${HOST}.evil.example/acme`]) {
    row(iss, mint(claims({ iss })), failed('iss'), vercel());
  }
});

input("the shared issuer of Vercel, another tenant's token", (row) => {
  const shared = { iss: HOST };
  const global = vercel({ issuerMode: 'global' });
  row('of the team', mint(claims(shared)), 'accepted', global);
  row('of another team', mint(claims(shared, 'evil')), failed('aud'), global);
  row('of another team, for this one', mint(claims({ ...shared, aud: 'https://vercel.com/acme' }, 'evil')), failed('owner'), global);
  for (const iss of [`${HOST}.evil.example`, `${HOST}/`, `${HOST}/acme`, 'https://oidc.vercel.com@evil.example']) {
    row(iss, mint(claims({ iss })), failed('iss'), vercel({ issuerMode: 'global', projectId: '*', environment: '*' }));
  }
});

input('a verifier for any team: the issuer is the shared one or the owner’s', (row) => {
  const any = vercel({ team: '*', ownerId: undefined, audience: null });
  const other = (iss) => mint(claims({ iss, project_id: 'prj_site' }, 'other'));
  row('of the team', mint(claims()), 'accepted', any);
  row('of the shared issuer', mint(claims({ iss: HOST })), 'accepted', any);
  row('of another team', other(`${HOST}/other`), 'accepted', any);
  for (const iss of [
    `${HOST}/acme`,
    `${HOST}/`,
    `${HOST}/other/`,
    `${HOST}/other/acme`,
    `${HOST}/Other`,
    `${HOST}.evil.example/other`,
    `${HOST}other`,
    'http://oidc.vercel.com/other',
    'https://evil.example',
  ]) {
    row(iss, other(iss), failed('iss'), any);
  }
  row('of another project', mint(claims({ project_id: 'prj_2' })), failed('project_id'), any);
  // A team that is named is not any team.
  row('of another team, where one is named', other(`${HOST}/other`), failed('iss'), vercel());
});

input("another pair's project or environment", (row) => {
  const { projectId: _, environment: __, ...named } = vercel().options;
  const projects = [
    { projectId: 'prj_1', environment: 'production' },
    { projectId: 'prj_2', environment: 'preview' },
  ];
  const pairs = { verifier: 'vercel', options: { ...named, projects } };
  for (const [project_id, environment, expected] of [
    ['prj_1', 'production', 'accepted'],
    ['prj_2', 'preview', 'accepted'],
    ['prj_1', 'preview', failed('environment')],
    ['prj_2', 'production', failed('environment')],
    ['prj_3', 'production', failed('project_id')],
    [['prj_1'], 'production', failed('project_id', 'invalid')],
    ['prj_1', ['production'], failed('environment', 'invalid')],
    [undefined, 'production', failed('project_id', 'missing')],
  ]) {
    row(JSON.stringify([project_id ?? null, environment]), mint(claims({ project_id, environment })), expected, pairs);
  }
});

input('a Vercel token outside of its time', (row) => {
  const strict = vercel({ clockTolerance: 0 });
  const token = mint(claims({ iat: NOW, nbf: NOW + 10, exp: NOW + 20 }));
  for (const [seconds, expected] of [
    [-1, failed('nbf')],
    [9, failed('nbf')],
    [10, 'accepted'],
    [19, 'accepted'],
    [20, 'ERR_JWT_EXPIRED exp check_failed'],
  ]) {
    row(`${seconds} s after its issue`, token, expected, { ...strict, now: NOW + seconds });
  }
});
