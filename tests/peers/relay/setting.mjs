// What the tests of the relay and their workers share.

export const OWNER = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
export const IDENTITIES = ['prj_one', 'prj_two'].flatMap((projectId) =>
  ['production', 'preview', 'development'].map((environment) => ({ ownerId: OWNER, projectId, environment })),
);
export const PRODUCTION = IDENTITIES[0];

/** The claims of a token of this identity. */
export const claimsOf = ({ ownerId, projectId, environment }) => ({
  owner_id: ownerId,
  project_id: projectId,
  project: `slug-of-${projectId}`,
  environment,
});

/** Whether claims are of this identity. */
export const isOf = (claims, { ownerId, projectId, environment }) =>
  claims.owner_id === ownerId && claims.project_id === projectId && claims.environment === environment;

/** As a request handler has it. */
export const requestWith = (token) => new Headers({ 'x-vercel-oidc-token': token });

/** As a step, a job or a worker looks for a token: with the relay and nothing else. */
export const ALONE = { env: {}, request: new Headers(), refresh: false };
