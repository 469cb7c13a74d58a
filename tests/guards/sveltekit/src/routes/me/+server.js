export const GET = ({ locals }) => Response.json([locals.token.claims.note, locals.token.claims.note]);
export const OPTIONS = () => new Response(null, { status: 204 });
