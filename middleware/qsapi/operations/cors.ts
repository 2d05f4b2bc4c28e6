import { z } from 'zod';
import {
  checkCors,
  deleteCors,
  getCors,
  MAX_CORS_DOCUMENT,
  putCors,
  type CorsNames,
} from '../../../src/buckets/cors';
import { bucketOf } from '../../../src/dialects/arguments';
import type { Operation, Route } from '../../../src/dialects/call';
import { toBytes } from '../../../src/http/bytes';
import { CORS_METHODS, type CorsRule } from '../../../src/swift_api/cors/rules';
import { jsonAnswer, readJson } from '../json';
import { emptyResponse } from './names';

const route = { on: 'bucket', parameters: ['cors'] } as const;

const NAMES: CorsNames = {
  origin: 'allowed_origin',
  header: 'allowed_headers',
  exposed: 'expose_headers',
};

/** The routes for the CORS rules of a bucket. */
export const corsRoutes: readonly Route[] = [
  { ...route, name: 'GET Bucket CORS', method: 'GET', run: (call) => show(call) },
  { ...route, name: 'PUT Bucket CORS', method: 'PUT', run: (call) => change(call) },
  { ...route, name: 'DELETE Bucket CORS', method: 'DELETE', run: (call) => remove(call) },
];

/**
 * Without rules the list is empty: QingStor's documentation has no error for that. A rule
 * has one origin here, so one of S3 with several is shown as several.
 */
const show: Operation = async (call) => {
  const cors = await getCors(call.caller, bucketOf(call));
  const rules = (cors?.rules ?? []).flatMap(({ origins, methods, headers, exposed, maxAge }) =>
    origins.map((allowed_origin) => ({
      allowed_origin,
      allowed_methods: methods,
      allowed_headers: headers,
      expose_headers: exposed,
      max_age_seconds: maxAge,
    })),
  );
  return jsonAnswer(200, {
    cors_rules: rules,
    ...(cors?.varies ? { resp_vary: 'enabled' } : {}),
  });
};

const Rule = z.strictObject({
  allowed_origin: z.string(),
  allowed_methods: z.array(z.string()),
  allowed_headers: z.array(z.string()).optional(),
  expose_headers: z.array(z.string()).optional(),
  max_age_seconds: z.int().nonnegative().optional(),
});
/** The documented example has `enable`. */
const CorsDocument = z.strictObject({
  cors_rules: z.array(Rule),
  resp_vary: z
    .string()
    .regex(/^(enabled?|disabled?)$/i, 'must be enabled or disabled')
    .optional(),
});

const change: Operation = async (call) => {
  const bucket = bucketOf(call);
  const document = await readJson(call, CorsDocument, MAX_CORS_DOCUMENT);
  const rules = document.cors_rules.map(ruleOf);
  checkCors(rules, NAMES);
  const varies = /^enable/i.test(document.resp_vary ?? '');
  await putCors(call.caller, bucket, { rules, ...(varies ? { varies } : {}) });
  return emptyResponse(200);
};

function ruleOf(rule: z.infer<typeof Rule>): CorsRule {
  const { allowed_methods: methods, max_age_seconds: maxAge } = rule;
  return {
    origins: [toBytes(rule.allowed_origin)],
    methods: methods.includes('*') ? CORS_METHODS : methods.map(toBytes),
    headers: (rule.allowed_headers ?? []).map(toBytes),
    exposed: (rule.expose_headers ?? []).map(toBytes),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

const remove: Operation = async (call) => {
  await deleteCors(call.caller, bucketOf(call));
  return emptyResponse(204);
};
