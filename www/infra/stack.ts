// What the app in www needs of AWS, and the variables that tell it so. SST and Pulumi run the same program: each hands in
// the provider packages in its own way.

import type * as Aws from '@pulumi/aws';
import type * as Vercel from '@pulumiverse/vercel';
import { awsTrust } from 'countersign/infra';

/** The packages of the providers. */
export interface Providers {
  aws: typeof Aws;
  vercel: typeof Vercel;
}

/** What is different for every team. */
export interface Settings {
  /** The team's slug, as in `https://vercel.com/<team>`. */
  team: string;
  /** The project's name, as it stands in the subject of its tokens. */
  project: string;
  /** The project's id, `prj_…`. */
  projectId: string;
  /** The AWS region of the bucket. */
  region: string;
  /** Whose deployments may take the role. Default: production and preview; local development uses an AWS profile. */
  environments?: string[];
}

/** Where objects lie in the bucket, and the only place where the role may read and write. */
const PREFIX = 'uploads/';

/** Declares every resource; the result is what the stack puts out. */
export function deploy({ aws, vercel }: Providers, settings: Settings) {
  const { team, project, projectId, region, environments = ['production', 'preview'] } = settings;
  const trust = (accountId: string) => awsTrust({ team, project, environment: environments, accountId });

  // One for a team: if the account has it already, import it.
  const { accountId } = aws.getCallerIdentityOutput();
  const provider = new aws.iam.OpenIdConnectProvider('vercel', {
    url: accountId.apply((id) => trust(id).provider.url),
    clientIdLists: accountId.apply((id) => [...trust(id).provider.clientIds]),
  });

  const role = new aws.iam.Role(
    'app',
    {
      description: `Deployments of ${team}/${project} on Vercel`,
      assumeRolePolicy: accountId.apply((id) => JSON.stringify(trust(id).trustPolicy)),
      maxSessionDuration: 3600,
    },
    { dependsOn: provider },
  );

  const bucket = new aws.s3.Bucket('uploads');
  new aws.s3.BucketPublicAccessBlock('uploads', {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });

  new aws.iam.RolePolicy('uploads', {
    role: role.id,
    policy: bucket.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `${arn}/${PREFIX}*` }],
      }),
    ),
  });

  const variables = {
    AWS_ROLE_ARN: role.arn,
    AWS_REGION: region,
    S3_BUCKET_NAME: bucket.bucket,
    S3_BUCKET_ARN: bucket.arn,
  };
  new vercel.ProjectEnvironmentVariables('app', {
    projectId,
    teamId: team,
    variables: Object.entries(variables).map(([key, value]) => ({
      key,
      value,
      targets: ['production', 'preview', 'development'],
      // Names of resources: whoever may see the project may read them.
      sensitive: false,
      comment: 'Set by the program in www/infra',
    })),
  });

  return variables;
}
