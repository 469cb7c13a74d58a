// The functions of at-first-use.ts, and what is made of them, for the loader `inline`. A bundler leaves out each that is not used.

import { gatewayWith } from '../ai-gateway-provider.js';
import { settingsWith } from '../ai-gateway-settings.js';
import { deferred } from '../deferred.js';

const load = () => import('../../load/credentials/inline.js');

export const describeCredentials = /* @__PURE__ */ deferred(load, 'describeCredentials');
export const getAiGatewayBearerToken = /* @__PURE__ */ deferred(load, 'getAiGatewayBearerToken');
export const getAiGatewayBearerTokenOptional = /* @__PURE__ */ deferred(load, 'getAiGatewayBearerTokenOptional');
export const getAiGatewayHeaders = /* @__PURE__ */ deferred(load, 'getAiGatewayHeaders');
export const getBearerToken = /* @__PURE__ */ deferred(load, 'getBearerToken');
export const getBearerTokenOptional = /* @__PURE__ */ deferred(load, 'getBearerTokenOptional');
export const aiGatewaySettings = /* @__PURE__ */ settingsWith(getAiGatewayHeaders);
export const createAiGateway = /* @__PURE__ */ gatewayWith({ getToken: getAiGatewayBearerToken, getHeaders: getAiGatewayHeaders });
