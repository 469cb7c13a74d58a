// `pulumi up`.

import * as aws from '@pulumi/aws';
import * as vercel from '@pulumiverse/vercel';
import { settings } from './settings';
import { deploy } from './stack';

export const { AWS_ROLE_ARN, AWS_REGION, S3_BUCKET_NAME, S3_BUCKET_ARN } = deploy({ aws, vercel }, settings());
