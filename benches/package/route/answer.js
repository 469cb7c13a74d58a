/** What each of the routes answers. */
export const answer = () => Response.json({ orders: ['a-1', 'a-2', 'a-3'] }, { headers: { 'cache-control': 'no-store' } });
