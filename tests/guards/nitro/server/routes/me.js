import { eventHandler } from 'h3';

export default eventHandler((event) => [event.context.token.claims.note, event.context.token.claims.note]);
