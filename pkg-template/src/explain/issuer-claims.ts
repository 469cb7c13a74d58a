// The claims that well-known issuers add, each in words.

import type { Explanation, Source } from './claims.js';
import type { KnownIssuer } from './issuers.js';

const VERCEL: Source = { label: 'Vercel OIDC', href: 'https://vercel.com/docs/oidc/reference' };
const GITHUB: Source = { label: 'GitHub OIDC', href: 'https://docs.github.com/en/actions/reference/security/oidc' };
const GITLAB: Source = { label: 'GitLab ID tokens', href: 'https://docs.gitlab.com/ci/secrets/id_token_authentication/' };

const caller = (source: Source, words: string): Explanation => ({ topic: 'caller', source, words: () => words });

const vercel: Record<string, Explanation> = {
  owner: {
    topic: 'caller',
    source: VERCEL,
    words: () => 'The team’s slug. It changes when the team is renamed, and somebody else can then take it: decide on `owner_id`.',
  },
  owner_id: { topic: 'caller', source: VERCEL, words: () => 'The team’s permanent id. Renaming the team does not change it.' },
  project: {
    topic: 'caller',
    source: VERCEL,
    words: () => 'The project’s name. It changes when the project is renamed: decide on `project_id`.',
  },
  project_id: { topic: 'caller', source: VERCEL, words: () => 'The project’s permanent id. This is the one to authorise.' },
  environment: {
    topic: 'caller',
    source: VERCEL,
    words: (value) => {
      switch (value) {
        case 'production':
          return 'A production deployment.';
        case 'preview':
          return 'A preview deployment: anyone who can open a pull request may be able to make one.';
        case 'development':
          return 'Somebody’s own machine, signed in through the Vercel command line.';
        default:
          return 'An environment that the team named itself.';
      }
    },
  },
  user_id: { topic: 'caller', source: VERCEL, words: () => 'The developer whose machine this is. Only development tokens have it.' },
  plan: { topic: 'caller', source: VERCEL, words: () => 'The team’s plan with Vercel. Nothing to decide on.' },
  external_sub: { topic: 'caller', source: VERCEL, words: () => 'A subject from outside Vercel. Optional, and rarely seen.' },
};

const github: Record<string, Explanation> = {
  repository: caller(GITHUB, 'The repository that the workflow runs in, by name. Names change hands: decide on `repository_id`.'),
  repository_id: caller(GITHUB, 'The repository’s permanent id.'),
  repository_owner: caller(GITHUB, 'The organisation or user that owns the repository, by name.'),
  repository_owner_id: caller(GITHUB, 'The owner’s permanent id.'),
  repository_visibility: caller(GITHUB, 'Whether the repository is public, private or internal.'),
  ref: {
    topic: 'caller',
    source: GITHUB,
    words: (value) =>
      typeof value === 'string' && value.startsWith('refs/pull/')
        ? 'The git ref that the workflow runs for: a pull request, whose author may be anybody.'
        : 'The git ref that the workflow runs for.',
  },
  ref_type: caller(GITHUB, 'Whether `ref` is a branch or a tag.'),
  ref_protected: caller(GITHUB, 'Whether rules protect the ref, as the text `true` or `false`.'),
  head_ref: caller(GITHUB, 'The branch that a pull request comes from.'),
  base_ref: caller(GITHUB, 'The branch that a pull request goes to.'),
  sha: caller(GITHUB, 'The commit that the workflow runs for.'),
  workflow: caller(GITHUB, 'The workflow’s name, which any commit can change.'),
  workflow_ref: caller(GITHUB, 'The workflow file, and the ref it was read from.'),
  workflow_sha: caller(GITHUB, 'The commit of the workflow file.'),
  job_workflow_ref: caller(
    GITHUB,
    'The workflow that the job is defined in; for a reusable one, that one. The claim to pin a release process by.',
  ),
  job_workflow_sha: caller(GITHUB, 'The commit of that workflow.'),
  environment: caller(GITHUB, 'The deployment environment of the job. Its protection rules were met.'),
  event_name: {
    topic: 'caller',
    source: GITHUB,
    words: (value) =>
      value === 'pull_request_target'
        ? 'What started the workflow. `pull_request_target` runs with the rights of the base branch: make sure that it runs no code of the pull request.'
        : 'What started the workflow.',
  },
  actor: caller(GITHUB, 'The account that started the run, by name.'),
  actor_id: caller(GITHUB, 'The account’s permanent id.'),
  run_id: caller(GITHUB, 'The workflow run.'),
  run_number: caller(GITHUB, 'Which run of the workflow this is.'),
  run_attempt: caller(GITHUB, 'Which attempt at the run this is.'),
  runner_environment: caller(GITHUB, 'Whether GitHub or the repository’s owner hosts the runner.'),
  enterprise: caller(GITHUB, 'The enterprise that the repository belongs to.'),
  enterprise_id: caller(GITHUB, 'The enterprise’s permanent id.'),
};

const gitlab: Record<string, Explanation> = {
  namespace_id: caller(GITLAB, 'The permanent id of the group or user that owns the project.'),
  namespace_path: caller(GITLAB, 'The group or user that owns the project, by path.'),
  project_id: caller(GITLAB, 'The project’s permanent id.'),
  project_path: caller(GITLAB, 'The project by path. Paths change hands: decide on `project_id`.'),
  user_id: caller(GITLAB, 'The permanent id of the user who started the job.'),
  user_login: caller(GITLAB, 'The name of the user who started the job.'),
  pipeline_id: caller(GITLAB, 'The pipeline.'),
  pipeline_source: caller(GITLAB, 'What started the pipeline.'),
  job_id: caller(GITLAB, 'The job.'),
  ref: caller(GITLAB, 'The git ref that the job runs for.'),
  ref_type: caller(GITLAB, 'Whether `ref` is a branch or a tag.'),
  ref_protected: caller(GITLAB, 'Whether the ref is protected, as the text `true` or `false`.'),
  environment: caller(GITLAB, 'The environment that the job deploys to.'),
  ci_config_ref_uri: caller(GITLAB, 'The pipeline’s definition, and the ref it was read from.'),
};

/** By the issuer's name; they take precedence over registered claims of the same name. */
export const ISSUER_CLAIMS: Partial<Record<KnownIssuer['name'], Record<string, Explanation>>> = {
  Vercel: vercel,
  'GitHub Actions': github,
  GitLab: gitlab,
};
