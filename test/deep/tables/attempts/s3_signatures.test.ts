import { isTelling, told } from '../../../conformance/attempts/send';
import {
  changes,
  look,
  makeWorld,
  OBJECT,
  type AttemptStore,
  type World,
} from '../../../conformance/attempts/world';
import { Client, type Answer } from '../../../support/clients/client';
import type { Recorded } from '../../../support/clients/captures';
import { presignedV2, signedV2 } from '../../../support/clients/s3/signing_v2';
import { formForS3, type S3User } from '../../../support/clients/signatures';
import { describeOurs, storesWith } from '../../../support/servers/s3_endpoint';
import { login } from '../../../support/servers/swift';
import { Headers } from '../../../../src/http/headers';

const OWNER: S3User = ['test:tester', 'testing'];
const NOBODY: S3User = ['test:tester3', 'testing3'];
const STRANGER: S3User = ['test2:tester2', 'testing2'];

const request = (
  method: string,
  target: string,
  fields: Recorded['fields'] = [],
  body = '',
): Recorded => ({ method, target, fields, body: Buffer.from(body) });

/** What is attempted: all of S3 that reads or changes what only the owner may. */
const requestsOn = ({ ids, places: [place], closed, writable }: World): Recorded[] => {
  const bucket = `/${ids.container}`;
  const key = `${bucket}/${OBJECT}`;
  return [
    request('GET', key),
    request('HEAD', key),
    request('GET', `${key}?versionId=${ids.oldest}`),
    request('GET', `${key}?tagging`),
    request('PUT', key, [], 'after'),
    request('PUT', key, [['x-amz-copy-source', `${key}?versionId=${ids.oldest}`]]),
    request('PUT', `/${writable}/stolen`, [['x-amz-copy-source', key]]),
    request('POST', `${key}?uploads`),
    request('DELETE', key),
    request('DELETE', `${key}?versionId=${ids.oldest}`),
    request('GET', bucket),
    request('GET', `${bucket}?versions`),
    request('GET', `${bucket}?acl`),
    request('PUT', `${bucket}?acl`, [['x-amz-acl', 'public-read']]),
    request(
      'PUT',
      `${bucket}?versioning`,
      [],
      '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
    ),
    request(
      'POST',
      `${bucket}?delete`,
      [],
      `<Delete><Object><Key>${OBJECT}</Key></Object></Delete>`,
    ),
    request('DELETE', `/${closed}`),
    request('GET', `/${place?.container ?? ''}/${OBJECT}`),
    request('PUT', `/${place?.container ?? ''}/${OBJECT}`, [], 'after'),
    request('DELETE', `/${place?.container ?? ''}/${OBJECT}`),
  ];
};

/** How a request is signed: in its URL, or in its header. */
interface Way {
  readonly name: string;
  sign(unsigned: Recorded, by: S3User, seconds?: number): Recorded;
}

const WAYS: readonly Way[] = [
  {
    name: 'a URL',
    sign: (unsigned, [accessKey, secretKey], seconds = 600) =>
      presignedV2(unsigned, Math.floor(Date.now() / 1000) + seconds, { accessKey, secretKey }),
  },
  {
    name: 'a header',
    sign: (unsigned, [accessKey, secretKey], seconds = 0) => {
      const date = new Date(Date.now() + seconds * 1000).toUTCString();
      const dated = { ...unsigned, fields: [...unsigned.fields, ['Date', date] as const] };
      return signedV2(dated, { accessKey, secretKey });
    },
  },
];

/** Returns a request with the signature of another. */
function withSignatureOf(other: Recorded, { method, target, fields, body }: Recorded): Recorded {
  const signature = /[?&](AWSAccessKeyId=.*)$/.exec(other.target)?.[1];
  const own = other.fields.filter(([name]) => /^(date|authorization)$/i.test(name));
  const query = signature && `${target.includes('?') ? '&' : '?'}${signature}`;
  return { method, target: `${target}${query ?? ''}`, fields: [...fields, ...own], body };
}

/** Who attempts it, and with which signature. */
const ATTACKERS: Readonly<
  Record<string, (way: Way, unsigned: Recorded, world: World) => Recorded>
> = {
  'a user without any right': (way, unsigned) => way.sign(unsigned, NOBODY),
  'the owner of another account': (way, unsigned) => way.sign(unsigned, STRANGER),
  "nobody, with the owner's access key": (way, unsigned) =>
    way.sign(unsigned, [OWNER[0], 'a guess']),
  'nobody, with an empty secret': (way, unsigned) => way.sign(unsigned, [OWNER[0], '']),
  "nobody, with the owner's signature for another object": (way, unsigned, { shared }) =>
    withSignatureOf(way.sign(request('GET', `/${shared}/source`), OWNER), unsigned),
  "nobody, with the owner's signature for another method": (way, unsigned) =>
    withSignatureOf(way.sign({ ...unsigned, method: 'OPTIONS' }, OWNER), unsigned),
  "nobody, with the owner's signature of a time that is over": (way, unsigned) =>
    way.sign(unsigned, OWNER, -3600),
  "nobody, with the owner's signature of a time far ahead": (way, unsigned) =>
    way.sign(unsigned, OWNER, 30 * 86_400),
  "nobody, with the owner's signature, and a parameter that it does not cover": (way, unsigned) => {
    const signed = way.sign(unsigned, OWNER);
    return { ...signed, target: `${signed.target}${signed.target.includes('?') ? '&' : '?'}a=b` };
  },
  "nobody, with the owner's signature, and a header that reads like a signed one": (
    way,
    unsigned,
  ) => {
    const signed = way.sign(unsigned, OWNER);
    return { ...signed, fields: [...signed.fields, ['X_Amz_Copy_Source', 'a/b']] };
  },
  "nobody, with the owner's signature, and one of version 4": (way, unsigned) => {
    const signed = way.sign(unsigned, OWNER);
    const other = 'X-Amz-Algorithm=AWS4-HMAC-SHA256';
    return {
      ...signed,
      target: `${signed.target}${signed.target.includes('?') ? '&' : '?'}${other}`,
    };
  },
};

describeOurs(
  'signatures of version 2',
  (store) => {
    const attempted: AttemptStore = {
      kind: store.name === 'embedded' ? 'embedded' : 'service user',
      login: (user) => login(store.endpoint.url, user),
    };
    const send = ({ method, target, fields, body }: Recorded): Promise<Answer> =>
      new Client(store.endpoint.url, Headers.none).send(
        method,
        target,
        Object.fromEntries(fields),
        body.length > 0 ? body : undefined,
      );
    const isRefused = ({ status }: Answer) => status >= 400 && status < 500;

    it.each(Object.keys(ATTACKERS))(
      '%s is refused whatever it tries',
      async (name) => {
        const attacker = ATTACKERS[name]!;
        const world = await makeWorld(attempted, {});
        const before = await look(world);
        const wrong: string[] = [];
        for (const way of WAYS)
          for (const unsigned of requestsOn(world)) {
            const answer = await send(attacker(way, unsigned, world));
            if (!isRefused(answer) || isTelling(answer))
              wrong.push(`${way.name} | ${unsigned.method} ${unsigned.target}: ${told(answer)}`);
          }
        expect([...wrong, ...changes(before, await look(world))]).toEqual([]);
        await world.end();
      },
      180_000,
    );

    it('forms of others, or with other keys, are refused', async () => {
      const world = await makeWorld(attempted, {});
      const { container } = world.ids;
      const before = await look(world);
      const statuses: number[] = [];
      const post = async (form: ReturnType<typeof formForS3>, bucket = container) => {
        const client = new Client(store.endpoint.url, Headers.none);
        statuses.push((await client.send('POST', `/${bucket}`, form.headers, form.body)).status);
      };
      await post(formForS3(NOBODY, container, OBJECT, 'after'));
      await post(formForS3(STRANGER, container, OBJECT, 'after'));
      await post(formForS3([OWNER[0], 'a guess'], container, OBJECT, 'after'));
      await post(formForS3(OWNER, world.writable, OBJECT, 'after'));
      await post(formForS3(OWNER, container, OBJECT, 'after'), world.closed);
      const form = formForS3(OWNER, container, 'other', 'after');
      await post({ ...form, body: form.body.replace('\r\nother\r\n', `\r\n${OBJECT}\r\n`) });
      expect(statuses.map((status) => status >= 400 && status < 500)).toEqual(
        statuses.map(() => true),
      );
      expect(changes(before, await look(world))).toEqual([]);
      await post(formForS3(OWNER, container, OBJECT, 'after'));
      expect(statuses.at(-1)).toBe(204);
      expect(changes(before, await look(world))).not.toEqual([]);
      await world.end();
    }, 180_000);

    it.each(WAYS)(
      'the owner would be noticed, by $name',
      async (way) => {
        const world = await makeWorld(attempted, {});
        const before = await look(world);
        for (const unsigned of requestsOn(world).slice(0, 5)) {
          const answer = await send(way.sign(unsigned, OWNER));
          expect([unsigned.target, isRefused(answer)]).toEqual([unsigned.target, false]);
        }
        expect(changes(before, await look(world))).not.toEqual([]);
        await world.end();
      },
      180_000,
    );
  },
  storesWith('embedded'),
  'signature_v2 = all',
);
