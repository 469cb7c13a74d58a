import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  // Node.js packages with connections of their own: loaded as they are, not bundled.
  serverExternalPackages: ['@vercel/sandbox', 'redis'],
  // The pages of the documentation are read from the package when they are first asked for.
  outputFileTracingIncludes: { '/docs/**': ['./node_modules/countersign/{docs/**/*,*}.md'] },
  // The content security policy needs a fresh nonce for each page, so it is made in proxy.ts. These never change.
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'Referrer-Policy', value: 'no-referrer' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), clipboard-read=()' },
      ],
    },
  ],
};

export default config;
