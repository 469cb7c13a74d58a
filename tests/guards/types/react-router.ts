import type { VercelClaims, Verifier } from 'countersign';
import { guard } from 'countersign/react-router';
import type { LoaderFunctionArgs, MiddlewareFunction, RouterContextProvider } from 'react-router';

declare const verifier: Verifier<VercelClaims>;

const auth = guard(verifier);
export const middleware: MiddlewareFunction<Response>[] = [auth];
export const loader = ({ context }: LoaderFunctionArgs<RouterContextProvider>): string => context.get(auth.tokenContext).claims.owner_id;
