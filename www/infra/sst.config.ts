// `npx sst deploy`. SST installs the providers itself and makes them global; see sst.d.ts.

export default $config({
  app() {
    return {
      name: 'countersign-www',
      home: 'aws',
      providers: { aws: { region: process.env.AWS_REGION ?? 'eu-central-1' }, vercel: '5.4.1' },
    };
  },
  async run() {
    const [{ deploy }, { settings }] = await Promise.all([import('./stack.js'), import('./settings.js')]);
    return deploy({ aws, vercel }, settings());
  },
});
