import type { S3Client } from '@aws-sdk/client-s3';
import type { Answer } from '../../clients/client';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { ANY, ModelBucket, NEW, NULL, type Change, type ModelAnswer } from './model';
import { objectsIn, versionsPage, type VersionsPage, type VersionsQuery } from './model_listing';
import { newBucket } from '../../clients/s3/sdk';
import { SignedClient, type SignedRequest } from '../../clients/s3/signed';
import type { Step, Which } from './steps';
import { pageOf, parametersOf } from '../../clients/s3/versions_document';
import { all, parseXml, textOf, type Element } from '../../clients/s3/xml';

const UNKNOWN = '1000000000.00000';

/**
 * A bucket of an endpoint with its model: every change is made to both, and they are
 * compared.
 */
export class Bucket {
  #model = new ModelBucket();
  readonly #ids = new Set<string>();

  private constructor(
    private readonly client: SignedClient,
    private readonly name: string,
  ) {}

  static async make(sdk: S3Client, endpoint: S3Endpoint): Promise<Bucket> {
    return new Bucket(new SignedClient(endpoint), await newBucket(sdk));
  }

  /** Takes a step on both. Throws if the responses differ. */
  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'read':
        return this.#read(step.key, this.#idOf(step.key, step.which));
      case 'list':
        return this.#list(step);
      case 'delete version':
        return this.#change({
          kind: 'delete',
          key: step.key,
          id: this.#idOf(step.key, step.which),
        });
      case 'copy': {
        // AWS refuses a copy of an object to itself that changes nothing, unless it is of
        // a version
        if (step.key === step.from && this.#model.versioning !== 'Enabled') return;
        const id = this.#idOf(step.from, step.key === step.from ? (step.which ?? 0) : step.which);
        return this.#change({ kind: 'copy', key: step.key, from: step.from, id });
      }
      default:
        return this.#change(step);
    }
  }

  /** Compares everything visible: listings, and the content of each version. */
  async compare(): Promise<void> {
    await this.#list({ prefix: '', delimiter: '', maxKeys: 1000 });
    for (const [key, versions] of this.#model.objects) {
      await this.#read(key);
      for (const { id } of versions) await this.#read(key, id);
    }
  }

  async #change(change: Change): Promise<void> {
    const expected = this.#model.answer(change);
    const answer =
      change.kind === 'multipart'
        ? await this.#multipart(change)
        : await this.#send(requestOf(change));
    const id = answer.headers.get('x-amz-version-id') ?? undefined;
    const source = answer.headers.get('x-amz-copy-source-version-id');
    const anySource = expected.source === ANY ? { source } : {};
    const expectedAnswer = { change, ...expected, ...asNew(expected, id), ...anySource };
    expect({ change, ...presentAnswer(answer, expected) }).toEqual(expectedAnswer);
    if (expected.versionId === NEW) this.#expectUnused(id);
    this.#model = this.#model.after(change, expected.versionId === NEW ? id : NULL);
  }

  #expectUnused(id: string | undefined): void {
    expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(id).not.toBe(NULL);
    expect([...this.#ids]).not.toContain(id);
    this.#ids.add(id ?? '');
  }

  async #read(key: string, id?: string): Promise<void> {
    const expected = this.#model.read(key, id);
    const answer = await this.#send({ method: 'GET', key, query: { versionId: id } });
    const what = { key, id };
    if ('code' in expected) {
      expect({ what, status: answer.status, code: codeOf(answer) }).toEqual({ what, ...expected });
      return;
    }
    expect({
      what,
      status: answer.status,
      body: answer.body.toString(),
      etag: answer.headers.get('etag'),
    }).toEqual({
      what,
      status: 200,
      ...expected.content,
    });
    const reported = answer.headers.get('x-amz-version-id');
    if (this.#model.versioning !== 'never')
      expect({ what, reported }).toEqual({ what, reported: expected.id });
  }

  async #list(query: VersionsQuery): Promise<void> {
    for (let next: VersionsPage['next'], first = true; first || next; first = false) {
      const pageQuery: VersionsQuery = {
        ...query,
        keyMarker: next?.key,
        versionIdMarker: next?.id,
      };
      const document = await this.#document('ListVersionsResult', parametersOf(pageQuery));
      const page = pageOf(document);
      expect({ pageQuery, ...page }).toEqual({
        pageQuery,
        ...versionsPage(this.#model, pageQuery),
      });
      next = page.next;
    }
    const { prefix, delimiter } = query;
    const objects = await this.#document('ListBucketResult', { 'list-type': 2, prefix, delimiter });
    const keys = all(objects, 'Contents').map((each) => textOf(each, 'Key'));
    const prefixes = all(objects, 'CommonPrefixes').map((each) => textOf(each, 'Prefix'));
    expect({ query, keys, prefixes }).toEqual({
      query,
      ...objectsIn(this.#model, prefix, delimiter),
    });
  }

  async #multipart({
    key,
    body,
  }: {
    readonly key: string;
    readonly body: string;
  }): Promise<Answer> {
    const begun = parseXml(
      (await this.#send({ method: 'POST', key, query: { uploads: '' } })).body,
    );
    const uploadId = textOf(begun, 'UploadId') ?? '';
    const part = await this.#send({ method: 'PUT', key, query: { partNumber: 1, uploadId }, body });
    const etag = part.headers.get('etag') ?? '';
    const list = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
    const complete = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
    return this.#send({ method: 'POST', key, query: { uploadId }, body: complete });
  }

  #idOf(key: string, which: Which | undefined): string | undefined {
    if (which === undefined) return undefined;
    if (which === 'null') return NULL;
    const versions = this.#model.objects.get(key) ?? [];
    if (which === 'unknown' || versions.length === 0) return UNKNOWN;
    return versions[which % versions.length]?.id;
  }

  #send(request: Omit<SignedRequest, 'bucket'>): Promise<Answer> {
    const source = request.headers?.['x-amz-copy-source'];
    const headers = {
      ...request.headers,
      ...(source ? { 'x-amz-copy-source': `/${this.name}/${source}` } : {}),
    };
    return this.client.send({ bucket: this.name, ...request, headers });
  }

  #document(root: string, query: Record<string, string | number | undefined>): Promise<Element> {
    return this.client.document(200, root, { method: 'GET', bucket: this.name, query });
  }
}

function requestOf(change: Exclude<Change, { kind: 'multipart' }>): Omit<SignedRequest, 'bucket'> {
  switch (change.kind) {
    case 'versioning': {
      const body = `<VersioningConfiguration><Status>${change.status}</Status></VersioningConfiguration>`;
      return { method: 'PUT', query: { versioning: '' }, body };
    }
    case 'put':
      return { method: 'PUT', key: change.key, body: change.body };
    case 'delete':
      return { method: 'DELETE', key: change.key, query: { versionId: change.id } };
    case 'copy': {
      const from = change.from.split('/').map(encodeURIComponent).join('/');
      const source = change.id === undefined ? from : `${from}?versionId=${change.id}`;
      return { method: 'PUT', key: change.key, headers: { 'x-amz-copy-source': source } };
    }
  }
}

/** The parts of a response that the model predicts, in the model's form. */
function presentAnswer(answer: Answer, expected: ModelAnswer): ModelAnswer {
  const code = answer.status >= 300 ? codeOf(answer) : undefined;
  if (code !== undefined) return { status: answer.status, code };
  const { headers, body } = answer;
  const etag =
    expected.etag === undefined
      ? undefined
      : (headers.get('etag') ?? textOf(parseXml(body), 'ETag'));
  const [versionId, source] = [
    headers.get('x-amz-version-id'),
    headers.get('x-amz-copy-source-version-id'),
  ];
  return {
    status: answer.status,
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(headers.get('x-amz-delete-marker') === 'true' ? { deleteMarker: true } : {}),
    ...(source === undefined ? {} : { source }),
  };
}

/** Replaces the model's placeholders for an id by the id of the response. */
function asNew(
  { versionId }: ModelAnswer,
  id: string | undefined,
): { readonly versionId?: string | undefined } {
  if (versionId === ANY) return { versionId: id };
  return versionId === NEW ? { versionId: id ?? 'a new id' } : {};
}

const codeOf = ({ body }: Answer) =>
  body.length === 0 ? undefined : textOf(parseXml(body), 'Code');
