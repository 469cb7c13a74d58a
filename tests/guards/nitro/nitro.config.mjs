// `experimental.wasm` is what the presets for edge runtimes need: without it their builds end in an error.
export default {
  srcDir: 'server',
  compatibilityDate: '2026-11-01',
  logLevel: 1,
  experimental: { wasm: true },
};
