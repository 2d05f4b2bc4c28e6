import * as sdk from '@aws-sdk/client-s3';

/** An operation in the model of the AWS SDK. */
export interface ModelOperation {
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** The query that is part of its URI: `?acl`. */
  readonly query: Readonly<Record<string, string>>;
  /** In lower case; one with `*` at its end stands for all that begin so. */
  readonly headers: readonly string[];
  readonly parameters: readonly string[];
}

/** The kind of a schema: an operation, and its place in it. */
const OPERATION = 9;

type Member = readonly [schema: unknown, traits?: Readonly<Record<string, unknown>>];
/** `[kind, namespace, name, traits, input]`. */
type OperationSchema = readonly [
  number,
  string,
  string,
  { http: readonly [string, string] },
  Input,
];
/** `[kind, namespace, name, traits, names of members, members]`. */
type StructureSchema = readonly [number, string, string, unknown, string[], readonly unknown[]];
type Input = StructureSchema | (() => StructureSchema);

/** Returns all operations of S3, as the SDK's own schemas have them. */
export function modelOperations(): readonly ModelOperation[] {
  return Object.values(sdk as Record<string, unknown>)
    .filter(isOperation)
    .map(operationOf);
}

function isOperation(value: unknown): value is OperationSchema {
  return Array.isArray(value) && value[0] === OPERATION;
}

function operationOf([, , name, { http }, input]: OperationSchema): ModelOperation {
  const [method, uri] = http;
  const [path = '', query = ''] = uri.split('?');
  const traits = membersOf(input).map((each) => each[1] ?? {});
  const named = (trait: string) =>
    traits.flatMap((each) => (typeof each[trait] === 'string' ? [each[trait]] : []));
  return {
    name,
    method,
    on: path.includes('{Key+}') ? 'object' : isOfService(name) ? 'service' : 'bucket',
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: [
      ...named('httpHeader'),
      ...named('httpPrefixHeaders').map((prefix) => `${prefix}*`),
    ].map((each) => each.toLowerCase()),
    parameters: named('httpQuery'),
  };
}

/** The SDK leaves the bucket out of all paths. */
function isOfService(name: string): boolean {
  return name === 'ListBuckets' || name === 'ListDirectoryBuckets';
}

function membersOf(input: Input): readonly Member[] {
  const [, , , , , members] = typeof input === 'function' ? input() : input;
  return members.filter(
    (member): member is Member =>
      Array.isArray(member) && member.length === 2 && typeof member[1] === 'object',
  );
}
