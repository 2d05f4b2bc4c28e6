import fc from 'fast-check';
import { signedMessage } from '../../../../middleware/formpost/fields';
import { formpost } from '../../../../middleware/formpost';
import { signMessage } from '../../../../src/http/digest';
import { Headers } from '../../../../src/http/headers';
import { NO_BODY, type Request } from '../../../../src/swift_api/message';
import { createLog } from '../../../../src/util/log';
import { formBody, FORM_TYPE } from '../../../support/clients/forms';
import { runs } from '../../../support/running/runs';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const NAMES = ['redirect', 'max_file_size', 'max_file_count', 'expires'] as const;

const line = fc.string({ unit: fc.constantFrom('a', '1', '\n', ' '), maxLength: 3 });

it('two forms with one message never mean two things', () => {
  fc.assert(
    fc.property(
      line,
      fc.tuple(line, line, line, line),
      fc.array(fc.nat(10)),
      (path, values, cuts) => {
        const messageOf = (first: string, fields: readonly string[]): string | undefined => {
          try {
            return signedMessage(first, new Map(NAMES.map((name, i) => [name, fields[i] ?? ''])));
          } catch {
            return undefined;
          }
        };
        // the same lines, divided differently into a path and four fields
        const lines = [path, ...values].join('\n').split('\n');
        const ends = [...new Set(cuts.map((cut) => 1 + (cut % lines.length)))]
          .sort((a, b) => a - b)
          .slice(0, 4);
        const bounds = [0, ...ends, lines.length];
        const [first = '', ...others] = bounds
          .slice(1)
          .map((end, i) => lines.slice(bounds[i], end).join('\n'));
        const [one, other] = [messageOf(path, values), messageOf(first, others)];
        if (one === undefined || one !== other) return;
        expect(first).toBe(path);
        const meaning = (fields: readonly string[]) =>
          fields.map((each, i) => each || (i === 0 ? '' : '0'));
        expect(meaning(others)).toEqual(meaning(values));
      },
    ),
    { numRuns: runs(20_000) },
  );
});

it('a form that is signed for a page with a line break is good for no other path', async () => {
  const path = '/v1/AUTH_a/c/in';
  const limits = { max_file_size: '9', max_file_count: '1', expires: '4000000000' };
  const message = [path, 'evil\nhttp://page.example/', ...Object.values(limits)].join('\n');
  const signature = signMessage('key', message, 'sha256');
  const written: Request[] = [];
  const app = {
    handler: () => Promise.reject(new Error('not asked')),
    power: 'service',
    close: () => undefined,
  };
  const filter = formpost.create({ allowed_digests: ['sha256'] }, {
    app,
    log: createLog('silent'),
  } as unknown as Parameters<typeof formpost.create>[1])((request) => {
    if (request.method === 'PUT') written.push(request);
    const headers = Headers.of({ 'X-Account-Meta-Temp-Url-Key': 'key' });
    return Promise.resolve({ status: 200, headers, body: NO_BODY });
  });
  const post = async (target: string, redirect: string) => {
    const body = Buffer.from(formBody({ redirect, ...limits, signature }, [['f', 'x']]));
    const fields = Object.entries(FORM_TYPE);
    return textOf(await filter(asRequest({ method: 'POST', target, fields, body })));
  };
  expect(await post(path, 'evil\nhttp://page.example/')).toBe(
    'FormPost: redirect is not a valid URL',
  );
  expect(await post(`${path}%0Aevil`, 'http://page.example/')).toBe(
    'FormPost: the path has a line break',
  );
  expect(written).toEqual([]);
});
