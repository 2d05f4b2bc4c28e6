import {
  checkCors,
  deleteCors,
  getCors,
  MAX_CORS_DOCUMENT,
  putCors,
  type CorsNames,
} from '../../buckets/cors';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { CorsRule, CorsRules } from '../../swift_api/cors/rules';
import { child, childrenOf, readXml, xml, xmlAnswer, type XmlElement } from '../xml';
import { bodyOf, bucketOf, malformed } from './arguments';
import { emptyResponse } from './buckets';
import type { Call, Operation, Route } from './call';
import { S3Refusal } from './refusal';
import { BODY } from './vocabulary';

const route = { on: 'bucket', parameters: ['cors'] } as const;

const NAMES: CorsNames = {
  origin: 'AllowedOrigin',
  header: 'AllowedHeader',
  exposed: 'ExposeHeader',
};

/** The routes for the CORS rules of a bucket. */
export const corsRoutes: readonly Route[] = [
  { ...route, name: 'GetBucketCors', method: 'GET', run: (call) => get(call) },
  {
    ...route,
    name: 'PutBucketCors',
    method: 'PUT',
    vocabulary: { headers: BODY },
    run: (call) => put(call),
  },
  { ...route, name: 'DeleteBucketCors', method: 'DELETE', run: (call) => remove(call) },
];

const get: Operation = async (call) => {
  const cors = await getCors(call.caller, bucketOf(call));
  if (cors === undefined)
    throw new S3Refusal(404, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist', {
      BucketName: bucketOf(call),
    });
  return xmlAnswer(call, 200, 'CORSConfiguration', [
    ...cors.rules.map(ruleElement),
    call.wireFormat.hasResponseVary && cors.varies ? xml('ResponseVary', true) : undefined,
  ]);
};

const put: Operation = async (call) => {
  const bucket = bucketOf(call);
  const body = await bodyOf(call, MAX_CORS_DOCUMENT);
  const cors = corsOf(await readXml(body, MAX_CORS_DOCUMENT, 'CORSConfiguration'), call);
  checkCors(cors.rules, NAMES);
  await putCors(call.caller, bucket, cors);
  return emptyResponse(200);
};

const remove: Operation = async (call) => {
  await deleteCors(call.caller, bucketOf(call));
  return { status: 204, headers: Headers.none, body: NO_BODY };
};

function ruleElement({ id, origins, methods, headers, exposed, maxAge }: CorsRule): string {
  return xml('CORSRule', [
    id === undefined ? undefined : xml('ID', id),
    ...origins.map((value) => xml('AllowedOrigin', value)),
    ...methods.map((value) => xml('AllowedMethod', value)),
    ...headers.map((value) => xml('AllowedHeader', value)),
    maxAge === undefined ? undefined : xml('MaxAgeSeconds', maxAge),
    ...exposed.map((value) => xml('ExposeHeader', value)),
  ]);
}

const IN_RULE = new Set([
  'ID',
  'AllowedOrigin',
  'AllowedMethod',
  'AllowedHeader',
  'MaxAgeSeconds',
  'ExposeHeader',
]);

/** Reads the rules. @throws BucketError `malformed-body` if it has anything else */
function corsOf(root: XmlElement, { wireFormat }: Pick<Call, 'wireFormat'>): CorsRules {
  const known = ['CORSRule', ...(wireFormat.hasResponseVary ? ['ResponseVary'] : [])];
  if (root.children.some(({ name }) => !known.includes(name))) throw malformed();
  const vary = child(root, 'ResponseVary')?.text.trim();
  if (vary !== undefined && !/^(true|false)$/i.test(vary)) throw malformed();
  return {
    rules: childrenOf(root, 'CORSRule').map(ruleOf),
    ...(vary?.toLowerCase() === 'true' ? { varies: true } : {}),
  };
}

function ruleOf(element: XmlElement): CorsRule {
  if (element.children.some(({ name }) => !IN_RULE.has(name))) throw malformed();
  const values = (name: string) => childrenOf(element, name).map(({ text }) => text.trim());
  const id = child(element, 'ID')?.text;
  const age = child(element, 'MaxAgeSeconds')?.text.trim();
  if (age !== undefined && !/^\d{1,10}$/.test(age)) throw malformed();
  return {
    ...(id === undefined || id === '' ? {} : { id }),
    origins: values('AllowedOrigin'),
    methods: values('AllowedMethod'),
    headers: values('AllowedHeader'),
    exposed: values('ExposeHeader'),
    ...(age === undefined ? {} : { maxAge: Number(age) }),
  };
}
