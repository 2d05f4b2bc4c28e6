import { CachedCredentials } from '../../../src/auth/cached_credentials';
import { StoreError } from '../../../src/util/store_error';
import { eventually } from '../../support/running/eventually';

const CREDENTIAL = { accessKey: 'AK', secretKey: 'SK', user: 'user', key: 'SK' };
const MINUTE = 60_000;

/** A service that records its requests, and answers when it is released. */
function service(time = MINUTE) {
  const lookups: string[] = [];
  let let_: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (let_ = resolve));
  let answer = (accessKey: string) => (accessKey === 'AK' ? CREDENTIAL : undefined);
  const find = async (accessKey: string) => {
    lookups.push(accessKey);
    await gate;
    return answer(accessKey);
  };
  const fail = () => {
    answer = () => {
      throw new StoreError('unreachable', 'away');
    };
  };
  return { credentials: new CachedCredentials({ find }, time), lookups, goOn: let_, fail };
}

it('all requests for an access key, simultaneous or later, share one answer, even if nobody has it', async () => {
  const { credentials, lookups, goOn } = service();
  const results = ['AK', 'AK', 'NO', 'NO'].map((accessKey) => credentials.find(accessKey));
  goOn();
  expect(await Promise.all(results)).toEqual([CREDENTIAL, CREDENTIAL, undefined, undefined]);
  expect(await credentials.find('AK')).toEqual(CREDENTIAL);
  expect(await credentials.find('NO')).toBeUndefined();
  expect(lookups).toEqual(['AK', 'NO']);
});

it.each(['AK', 'NO'])(
  'the answer for %s is requested again once it has expired',
  async (accessKey) => {
    const { credentials, lookups, goOn } = service(1);
    goOn();
    await eventually('asked again', async () => {
      await credentials.find(accessKey);
      return lookups.length === 3;
    });
  },
);

it('a service that could not answer is asked again', async () => {
  const { credentials, lookups, goOn, fail } = service();
  fail();
  goOn();
  for (let i = 0; i < 2; i++) await expect(credentials.find('AK')).rejects.toThrow('away');
  expect(lookups).toEqual(['AK', 'AK']);
});

it('any number of random access keys are looked up a few at a time, and refused if they are too many', async () => {
  const { credentials, lookups, goOn } = service();
  const results = Array.from({ length: 1000 }, (_, i) => credentials.find(`random${i}`));
  await expect(credentials.find('one more')).rejects.toBeInstanceOf(StoreError);
  expect(lookups.length).toBeLessThan(20);
  goOn();
  expect(new Set(await Promise.all(results))).toEqual(new Set([undefined]));
  expect(lookups).toHaveLength(1000);
  expect(await credentials.find('one more')).toBeUndefined();
});

it('random access keys displace no known one; one of invalid length is not looked up', async () => {
  const { credentials, lookups, goOn } = service();
  goOn();
  await credentials.find('AK');
  for (let i = 0; i < 10_100; i++) await credentials.find(`random${i}`);
  expect(await credentials.find('AK')).toEqual(CREDENTIAL);
  expect(await credentials.find('A'.repeat(129))).toBeUndefined();
  expect(lookups).toHaveLength(10_101);
});
