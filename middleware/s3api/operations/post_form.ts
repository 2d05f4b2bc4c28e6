import { PayloadError } from '../../../src/buckets/payload_error';
import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import { checksumHeaders } from '../../../src/buckets/metadata';
import { keepTags } from '../../../src/buckets/kept_tags';
import { writeObject, type WriteResult } from '../../../src/buckets/writes';
import { streamOf } from '../../../src/http/body';
import { isText, type ByteString } from '../../../src/http/bytes';
import { formBoundary, parseParameters } from '../../../src/formats/form';
import { FieldLimits, FieldsTooLong } from '../../../src/formats/form_fields';
import { LIMITS } from '../../../src/swift_api/constraints';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Response } from '../../../src/swift_api/message';
import { InvalidForm, readParts, type Part } from '../../../src/formats/multipart';
import { X_AMZ_ACL } from '../../../src/dialects/s3/arguments';
import type { Call, Route } from '../../../src/dialects/s3/call';
import { checkNewObjectAcl } from '../../../src/dialects/s3/requested_acl';
import { BODY, NEW_OBJECT } from '../../../src/dialects/s3/vocabulary';
import { vocabulary } from '.';
import type { AdmittedForm, FormOperation, S3Form } from '../form';
import { WIRE_FORMAT } from '../wire_format';
import { declaredDigests, readChecksums } from '../../../src/dialects/payload/declared';
import {
  BodyVerifier,
  verifyStream,
  type Bounds,
} from '../../../src/dialects/payload/verifying_stream';
import { readXml, xml, xmlAnswer } from '../../../src/dialects/xml';
import {
  checksumFields,
  contentHeadersOf,
  etagFromContentMd5,
} from '../../../src/dialects/s3/object_headers';
import { keyOf } from '../../../src/dialects/s3/arguments';
import { withRefusals } from '../../../src/dialects/s3/refusal';
import { tagsOf } from '../../../src/dialects/s3/tagging';
import { locationOf } from '../../../src/dialects/s3/uploads';
import { idOf } from '../../../src/dialects/s3/writes';

/** Max bytes of all fields of a form, without the file. */
const MAX_FIELDS_BYTES = 20 * 1024;

type Fields = ReadonlyMap<string, ByteString>;

/** A form sets what a PUT does, but has no conditions, and its tags in a document. */
const POST_OBJECT: Route = {
  name: 'PostObject',
  method: 'POST',
  on: 'bucket',
  vocabulary: { headers: [...NEW_OBJECT, ...BODY].filter((name) => name !== 'x-amz-tagging') },
  run: () => Promise.reject(new Error('forms are recognised by their bodies')),
};

/**
 * `POST Object`: a file that a browser sends in a form. Fields after the file are
 * ignored.
 */
export const postForm: FormOperation = async (form) => {
  checkBucketName(form.bucket);
  try {
    return await receiveForm(form);
  } catch (error) {
    if (error instanceof FieldsTooLong) throw tooLong();
    if (!(error instanceof InvalidForm)) throw error;
    throw malformed(error.message);
  }
};

async function receiveForm(form: S3Form): Promise<Response> {
  const { request } = form;
  request.sendContinue?.();
  const fields = new Map<string, ByteString>();
  const bounds = new FieldLimits();
  let remaining = MAX_FIELDS_BYTES;
  for await (const part of readParts(request.body, formBoundary(request) ?? '')) {
    const { parameters } = parseParameters(part.headers.get('content-disposition') ?? '');
    const name = parameters.get('name')?.toLowerCase();
    if (name === undefined) throw malformed('A part has no name.');
    if (name === 'file')
      return await putFile(form, withFilename(fields, parameters.get('filename') ?? ''), part);
    const value = await bounds.readValue(name, part);
    remaining -= name.length + value.length;
    if (remaining < 0) throw tooLong();
    if (fields.has(name)) throw malformed(`The field ${name} appears twice.`);
    fields.set(name, value);
  }
  throw new BucketError('invalid-argument', 'POST requires exactly one file upload per request.', {
    fields: { ArgumentName: 'file', ArgumentValue: '0' },
  });
}

const FILENAME = '${filename}';

/** Fields of the signature: used verbatim, whatever the name of the file. */
const SIGNATURE_FIELDS: ReadonlySet<string> = new Set([
  'awsaccesskeyid',
  'policy',
  'signature',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
]);

/**
 * Returns the fields with `${filename}` replaced by the name of the file, without the
 * folders that some browsers send.
 *
 * @throws BucketError `key-too-long` for a name too long for any key: the fields with it
 *   would grow before their signature is checked
 */
function withFilename(fields: Fields, filename: ByteString): Fields {
  const name = filename.replace(/^.*[/\\]/, '');
  const templates = [...fields].filter(
    ([field, value]) => !SIGNATURE_FIELDS.has(field) && value.includes(FILENAME),
  );
  if (templates.length > 0 && name.length > LIMITS.max_object_name_length)
    throw new BucketError('key-too-long', 'Your key is too long', {
      fields: { Size: String(name.length), MaxSizeAllowed: String(LIMITS.max_object_name_length) },
    });
  // a replacement string would have patterns of its own
  return new Map([
    ...fields,
    ...templates.map(([field, value]) => [field, value.replaceAll(FILENAME, () => name)] as const),
  ]);
}

async function putFile(form: S3Form, fields: Fields, file: Part): Promise<Response> {
  const admitted = await form.admit(fields);
  const key = fields.get('key') ?? '';
  if (key === '' || !isText(key))
    throw new BucketError('invalid-argument', 'Bucket POST must contain a field named key.', {
      fields: { ArgumentName: 'key', ArgumentValue: key },
    });
  const call = callOf(form, fields, key, admitted);
  return withRefusals(() => write(call, fields, file, admitted))(call);
}

/** Converts the form to the PUT that it stands for. */
function callOf(
  { request, bucket }: S3Form,
  fields: Fields,
  key: ByteString,
  { caller }: AdmittedForm,
): Call {
  const headers = Headers.of(Object.fromEntries(fields))
    .without(...SIGNATURE_FIELDS, 'acl')
    .withAll(Headers.of({ Host: request.host ?? '', [X_AMZ_ACL]: fields.get('acl') }));
  const payload = {
    body: NO_BODY,
    length: undefined,
    checksums: new Map(),
    trailing: () => new Map<string, string>(),
  };
  const context = {
    parameters: new Map<string, string>(),
    region: '',
    location: '',
    wireFormat: WIRE_FORMAT,
  };
  return { request: { ...request, headers }, caller, bucket, key, payload, ...context };
}

async function write(
  call: Call,
  fields: Fields,
  file: Part,
  admitted: AdmittedForm,
): Promise<Response> {
  const { headers } = call.request;
  const { inHeaders } = readChecksums(headers, false);
  const digests = declaredDigests(headers, inHeaders, '');
  vocabulary.check(call, POST_OBJECT);
  await checkNewObjectAcl(call);
  const metadata = contentHeadersOf(call)
    .withAll(etagFromContentMd5(call))
    .withAll(await taggedBy(call, fields));
  const body = streamOf(verifyStream(file.body, new BodyVerifier(boundsOf(admitted), digests)));
  const { bucket = '', key = '' } = call;
  const result = await writeObject(
    call.caller,
    { bucket, key },
    { headers: metadata.withAll(checksumHeaders(inHeaders)), body, length: undefined },
  ).catch((error: unknown) => {
    throw body.errored instanceof PayloadError || body.errored instanceof InvalidForm
      ? body.errored
      : error;
  });
  return formResponse(call, fields, result, checksumFields(inHeaders));
}

/** Reads the tags, which forms carry as a document. */
async function taggedBy(call: Call, fields: Fields): Promise<Headers> {
  const document = fields.get('tagging');
  if (document === undefined) return Headers.none;
  return keepTags(
    call.caller,
    keyOf(call),
    tagsOf(await readXml(Buffer.from(document, 'latin1'), MAX_FIELDS_BYTES, 'Tagging')),
  );
}

function boundsOf({ min, max }: AdmittedForm): Bounds {
  return {
    min,
    max,
    tooShort: () =>
      new BucketError(
        'too-small',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          fields: { MinSizeAllowed: String(min) },
        },
      ),
    tooLong: () =>
      new BucketError('too-large', 'Your proposed upload exceeds the maximum allowed size', {
        fields: { MaxSizeAllowed: String(max) },
      }),
  };
}

/** Sends the browser on to a page, or responds in the way that the form asks for. */
function formResponse(call: Call, fields: Fields, written: WriteResult, sums: Headers): Response {
  const { bucket = '', key = '' } = call;
  const etag = `"${written.etag}"`;
  const location = locationOf(call);
  const responseHeaders = Headers.of({
    ETag: etag,
    Location: location,
    'x-amz-version-id': idOf(written.versionId),
  }).withAll(sums);
  const redirect = redirectOf(fields);
  if (redirect !== undefined) {
    const parameters = { bucket, key, etag };
    for (const [name, value] of Object.entries(parameters))
      redirect.searchParams.append(name, Buffer.from(value, 'latin1').toString());
    return {
      status: 303,
      headers: responseHeaders.with('Location', redirect.href).with('Content-Length', '0'),
      body: NO_BODY,
    };
  }
  const status = fields.get('success_action_status');
  if (status === '201') {
    const content = [
      xml('Location', location),
      xml('Bucket', bucket),
      xml('Key', key),
      xml('ETag', etag),
    ];
    return xmlAnswer(call, 201, 'PostResponse', content, responseHeaders);
  }
  return { status: status === '200' ? 200 : 204, headers: responseHeaders, body: NO_BODY };
}

/** Returns the URL the form wants the browser to go to; an invalid one is ignored. */
function redirectOf(fields: Fields): URL | undefined {
  const target = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (!target || !/^https?:/i.test(target) || !URL.canParse(target)) return undefined;
  return new URL(target);
}

function tooLong(): BucketError {
  return new BucketError(
    'too-large',
    `The fields of the form have more than ${MAX_FIELDS_BYTES} bytes.`,
  );
}

function malformed(why: string): BucketError {
  return new BucketError(
    'invalid-request',
    `The body of your POST request is not well-formed multipart/form-data: ${why}`,
  );
}
