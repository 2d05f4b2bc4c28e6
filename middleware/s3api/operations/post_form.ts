import { PayloadError } from '../../../src/buckets/payload_error';
import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import { checksumHeaders } from '../../../src/buckets/metadata';
import { tagHeaders } from '../../../src/buckets/tags';
import { writeObject, type Written } from '../../../src/buckets/writes';
import { streamOf } from '../../../src/http/body';
import { isText, type ByteString } from '../../../src/http/bytes';
import { formBoundary, parseParameters } from '../../../src/formats/form';
import { FieldBounds, FieldsTooLong } from '../../../src/formats/form_fields';
import { LIMITS } from '../../../src/swift_api/constraints';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Response } from '../../../src/swift_api/message';
import { InvalidForm, readParts, type Part } from '../../../src/formats/multipart';
import type { Call } from '../../../src/dialects/s3/call';
import type { AdmittedForm, FormOperation, S3Form } from '../form';
import { SPELLING } from '../spelling';
import { declaredDigests, readChecksums } from '../../../src/dialects/payload/declared';
import { verifyStream, type Bounds } from '../../../src/dialects/payload/verifying_stream';
import { readXml, xml, xmlAnswer } from '../../../src/dialects/xml';
import { checksumFields, describedBy, etagGiven } from '../../../src/dialects/s3/object_headers';
import { withRefusals } from '../../../src/dialects/s3/refusal';
import { tagsOf } from '../../../src/dialects/s3/tagging';
import { locationOf } from '../../../src/dialects/s3/uploads';
import { idOf } from '../../../src/dialects/s3/writes';

/** So many bytes all fields of a form may have, the file left out. */
const MAX_FIELDS = 20 * 1024;

type Fields = ReadonlyMap<string, ByteString>;

/** `POST Object`: a file that a browser sends in a form. What comes behind the file does not count. */
export const postForm: FormOperation = async (form) => {
  checkBucketName(form.bucket);
  try {
    return await received(form);
  } catch (error) {
    if (error instanceof FieldsTooLong) throw tooLong();
    if (!(error instanceof InvalidForm)) throw error;
    throw malformed(error.message);
  }
};

async function received(form: S3Form): Promise<Response> {
  const { request } = form;
  request.sendContinue?.();
  const fields = new Map<string, ByteString>();
  const bounds = new FieldBounds();
  let left = MAX_FIELDS;
  for await (const part of readParts(request.body, formBoundary(request) ?? '')) {
    const { parameters } = parseParameters(part.headers.get('content-disposition') ?? '');
    const name = parameters.get('name')?.toLowerCase();
    if (name === undefined) throw malformed('A part has no name.');
    if (name === 'file')
      return await put(form, named(fields, parameters.get('filename') ?? ''), part);
    const value = await bounds.valueOf(name, part);
    left -= name.length + value.length;
    if (left < 0) throw tooLong();
    if (fields.has(name)) throw malformed(`The field ${name} is there twice.`);
    fields.set(name, value);
  }
  throw new BucketError('invalid-argument', 'POST requires exactly one file upload per request.', {
    fields: { ArgumentName: 'file', ArgumentValue: '0' },
  });
}

const FILENAME = '${filename}';

/** What a form is signed by: it means what it says, whatever the file is called. */
const OF_SIGNATURE: ReadonlySet<string> = new Set([
  'policy',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
]);

/**
 * The fields with the name of the file in them: without the folders that some browsers tell.
 *
 * @throws BucketError `key-too-long` for a name that no key can have in it: fields with it would grow before anybody has signed them
 */
function named(fields: Fields, filename: ByteString): Fields {
  const name = filename.replace(/^.*[/\\]/, '');
  const naming = [...fields].filter(
    ([field, value]) => !OF_SIGNATURE.has(field) && value.includes(FILENAME),
  );
  if (naming.length > 0 && name.length > LIMITS.max_object_name_length)
    throw new BucketError('key-too-long', 'Your key is too long', {
      fields: { Size: String(name.length), MaxSizeAllowed: String(LIMITS.max_object_name_length) },
    });
  // a replacement that is a text has patterns of its own
  return new Map([
    ...fields,
    ...naming.map(([field, value]) => [field, value.replaceAll(FILENAME, () => name)] as const),
  ]);
}

async function put(form: S3Form, fields: Fields, file: Part): Promise<Response> {
  const admitted = await form.admit(fields);
  const key = fields.get('key') ?? '';
  if (key === '' || !isText(key))
    throw new BucketError('invalid-argument', 'Bucket POST must contain a field named key.', {
      fields: { ArgumentName: 'key', ArgumentValue: key },
    });
  const call = callOf(form, fields, key, admitted);
  return withRefusals(() => write(call, fields, file, admitted))(call);
}

/** The form as the PUT that it stands for. */
function callOf(
  { request, bucket }: S3Form,
  fields: Fields,
  key: ByteString,
  { caller }: AdmittedForm,
): Call {
  const headers = Headers.of(Object.fromEntries(fields)).with('Host', request.host ?? '');
  const payload = {
    body: NO_BODY,
    length: undefined,
    checksums: new Map(),
    trailing: () => new Map<string, string>(),
  };
  const beside = {
    parameters: new Map<string, string>(),
    region: '',
    location: '',
    spelling: SPELLING,
  };
  return { request: { ...request, headers }, caller, bucket, key, payload, ...beside };
}

async function write(
  call: Call,
  fields: Fields,
  file: Part,
  admitted: AdmittedForm,
): Promise<Response> {
  const { headers } = call.request;
  const { given } = readChecksums(headers, false);
  const promised = declaredDigests(headers, given, '');
  const described = describedBy(call)
    .withAll(etagGiven(call))
    .withAll(await taggedBy(fields));
  const content = verifyStream(file.body, boundsOf(admitted), promised, () => [], undefined);
  const body = streamOf(content);
  const { bucket = '', key = '' } = call;
  const written = await writeObject(
    call.caller,
    { bucket, key },
    { headers: described.withAll(checksumHeaders(given)), body, length: undefined },
  ).catch((error: unknown) => {
    throw body.errored instanceof PayloadError || body.errored instanceof InvalidForm
      ? body.errored
      : error;
  });
  return answered(call, fields, written, checksumFields(given));
}

/** Tags are a document in forms. */
async function taggedBy(fields: Fields): Promise<Headers> {
  const given = fields.get('tagging');
  if (given === undefined) return Headers.none;
  return tagHeaders(tagsOf(await readXml(Buffer.from(given, 'latin1'), MAX_FIELDS, 'Tagging')));
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

/** The browser goes on to a page, or is told in the way that the form asks for. */
function answered(call: Call, fields: Fields, written: Written, sums: Headers): Response {
  const { bucket = '', key = '' } = call;
  const etag = `"${written.etag}"`;
  const location = locationOf(call);
  const own = Headers.of({
    ETag: etag,
    Location: location,
    'x-amz-version-id': idOf(written.versionId),
  }).withAll(sums);
  const next = redirectOf(fields);
  if (next !== undefined) {
    const told = { bucket, key, etag };
    for (const [name, value] of Object.entries(told))
      next.searchParams.append(name, Buffer.from(value, 'latin1').toString());
    return {
      status: 303,
      headers: own.with('Location', next.href).with('Content-Length', '0'),
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
    return xmlAnswer(call, 201, 'PostResponse', content, own);
  }
  return { status: status === '200' ? 200 : 204, headers: own, body: NO_BODY };
}

/** Where the form wants the browser to go; what is no address does not count. */
function redirectOf(fields: Fields): URL | undefined {
  const given = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (!given || !/^https?:/i.test(given) || !URL.canParse(given)) return undefined;
  return new URL(given);
}

function tooLong(): BucketError {
  return new BucketError('too-large', `The fields of the form have more than ${MAX_FIELDS} bytes.`);
}

function malformed(why: string): BucketError {
  return new BucketError(
    'invalid-request',
    `The body of your POST request is not well-formed multipart/form-data: ${why}`,
  );
}
