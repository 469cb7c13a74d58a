import { fileURLToPath } from 'node:url';

/** @type {import('next').NextConfig} */
export default {
  distDir: process.env.DIST_DIR,
  turbopack: { root: fileURLToPath(new URL('..', import.meta.url)) },
};
