import { createGuard } from 'countersign/guard';
import { headers } from 'next/headers';
import { verifier } from '../../verifier';

const { checkHeaders } = createGuard(verifier);

async function save() {
  'use server';
  const { token, refusal } = await checkHeaders(headers());
  if (refusal) throw new Error(refusal.description);
  console.log(token.claims.project);
}

export default async function Page() {
  const { token, refusal } = await checkHeaders(headers());
  return (
    <form action={save}>
      <p id="who">{token ? token.claims.project : refusal.error}</p>
    </form>
  );
}
