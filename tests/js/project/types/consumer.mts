// A user's code, as an ES module. It is only type-checked: what counts is that the declarations say what we document.
import { type BearerToken, type CapturedToken, CountersignError, aiGatewaySettings, captureToken, createVercelVerifier, createVerifier, decode, getAiGatewayHeaders, getBearerToken } from 'countersign';
