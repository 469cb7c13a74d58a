export default { output: 'server', devToolbar: { enabled: false }, vite: { server: { cors: false } } };
