// What sst.config.ts uses of SST's globals. SST writes all of them into .sst/platform on its first run, which downloads
// its providers; with these lines the program type-checks without that.

interface SstConfig {
  app(input: { stage: string }): {
    name: string;
    home: 'aws' | 'cloudflare' | 'local';
    removal?: 'remove' | 'retain' | 'retain-all';
    providers?: Record<string, string | Record<string, unknown>>;
  };
  run(): Promise<Record<string, unknown> | void>;
}

declare const $config: (config: SstConfig) => SstConfig;
declare const aws: typeof import('@pulumi/aws');
declare const vercel: typeof import('@pulumiverse/vercel');
