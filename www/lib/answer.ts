import type { VercelClaims } from 'countersign';

/** What the guarded routes tell a caller they let in: who it is, as the verified token says. */
export function welcome(runtime: string, claims: Readonly<VercelClaims>): Response {
  return Response.json(
    {
      runtime,
      caller: {
        subject: claims.sub,
        ownerId: claims.owner_id,
        projectId: claims.project_id,
        environment: claims.environment,
      },
      expiresAt: new Date(claims.exp * 1000).toISOString(),
    },
    { headers: { 'Cache-Control': 'no-store' } },
  );
}
