import type { Client } from '../../support/clients/client';
import {
  describeAnswer,
  REQUESTS,
  sendSigned,
  SIGNERS,
  type SignerName,
  type Told,
} from '../../conformance/with_ids/signed_requests';
import {
  ACCOUNT_KEY,
  newScene,
  SCENES,
  type SceneRow,
} from '../../conformance/with_ids/signed_scenes';
import { partOf } from '../../support/running/depth';
import { suiteEmbedded } from '../../support/servers/embedded';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

/** All answers to signed requests for one object, by signer and request. */
type Sight = Readonly<Record<string, Told>>;

/** What a store answers differently than Swift, and may. */
type Accepted = (request: string, expected: Told, actual: Told) => boolean;

/** Rows of links that are too long for Swift, since its own link to a version counts. */
const TOO_LONG_FOR_SWIFT = ['a symlink to a symlink to a DLO', 'a symlink that leads out and back'];

/** Some of Swift's responses to HEAD have a body, which Node cannot read. */
const UNREADABLE: Told = { status: 0 };

async function look(owner: Client, row: SceneRow): Promise<Sight> {
  const place = await row.make(await newScene(owner));
  const sight: Record<string, Told> = {};
  for (const signer of Object.keys(SIGNERS) as SignerName[])
    for (const request of REQUESTS) {
      const told = sendSigned(owner, place, request, signer).then(describeAnswer, () => UNREADABLE);
      sight[`${signer}: ${request.name}`] = await told;
    }
  return sight;
}

const accepts =
  (scene: string): Accepted =>
  (request, expected, actual) => {
    if (expected === UNREADABLE) return actual.status < 500;
    if (scene === 'a DLO of SLOs') return actual.status === expected.status;
    if (expected.status === 500) return actual.status === 409 || actual.status === 401;
    if (expected.status !== 409) return false;
    return TOO_LONG_FOR_SWIFT.includes(scene)
      ? actual.status < 500
      : request.endsWith('bytes behind the end') && actual.status === 416;
  };

/**
 * Swift looks at conditions before it looks at segments. A response with several ranges
 * breaks off at the first segment that cannot be read.
 */
const acceptsOfEmbedded =
  (scene: string): Accepted =>
  (request, expected, actual) =>
    accepts(scene)(request, expected, actual) ||
    ([304, 412].includes(expected.status) && actual.status === 409) ||
    (request.endsWith('several ranges') && expected.status === 500 && actual.status === 0);

function differences(expected: Sight, actual: Sight, accepted: Accepted): object[] {
  return Object.entries(expected).flatMap(([request, told]) => {
    const other = actual[request] ?? { status: 0 };
    const isSame = JSON.stringify(told) === JSON.stringify(other);
    return isSame || accepted(request, told, other) ? [] : [{ request, expected: told, other }];
  });
}

describeWithSwift(
  'objects read by temporary URLs, as by Swift’s own versions',
  ({ plain, versioned }) => {
    const proxy = suiteProxy(plain, { filter: 'allow_object_versioning = true' });
    const withClientsToken = suiteProxy(plain, {
      filter: 'allow_object_versioning = true',
      service: false,
    });
    const embedded = suiteEmbedded();
    const owners: Client[] = [];
    beforeAll(async () => {
      owners.push(
        await login(versioned, 'tester'),
        await proxy.login('tester'),
        await embedded.login('test:tester', 'testing'),
        await withClientsToken.login('tester'),
      );
      for (const owner of owners)
        await owner.ask('POST', '', { 'X-Account-Meta-Temp-URL-Key': ACCOUNT_KEY });
    });
    afterAll(async () => {
      // the accounts of the Swift are those of other suites, too
      await owners[0]?.ask('POST', '', { 'X-Remove-Account-Meta-Temp-URL-Key': 'x' });
    });

    const rows = SCENES.map((row) => [row.name, row] as const);

    it.each(partOf(rows, { oneOf: 8 }))(
      '%s',
      async (name, row) => {
        const [native, ours, own] = owners;
        const expected = await look(native!, row);
        expect(differences(expected, await look(ours!, row), accepts(name))).toEqual([]);
        expect(differences(expected, await look(own!, row), acceptsOfEmbedded(name))).toEqual([]);
      },
      180_000,
    );

    it.each(partOf(rows, { oneOf: 20, from: 1 }))(
      '%s without a service user is read, or refused for good',
      async (name, row) => {
        const expected = await look(owners[0]!, row);
        const actual = await look(owners[3]!, row);
        // nobody knows the policy of the container, so ids are missing
        const mayRefuse: Accepted = (_, told, { status, body }) =>
          (status >= 400 && status < 500) || (status === told.status && body === told.body);
        expect(
          differences(expected, actual, (...all) => accepts(name)(...all) || mayRefuse(...all)),
        ).toEqual([]);
      },
      180_000,
    );
  },
);
