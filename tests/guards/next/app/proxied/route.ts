export const dynamic = 'force-dynamic';
export const GET = () => Response.json('let in');
export const OPTIONS = () => new Response(null, { status: 204 });
