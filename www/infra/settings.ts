import type { Settings } from './stack';

/** The settings, from the environment of whoever deploys. */
export function settings(env: Record<string, string | undefined> = process.env): Settings {
  const required = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set; www/infra/README.md says what it is`);
    return value;
  };
  return {
    team: required('VERCEL_TEAM'),
    project: required('VERCEL_PROJECT_NAME'),
    projectId: required('VERCEL_PROJECT_ID'),
    region: env['AWS_REGION'] || 'eu-central-1',
  };
}
