import { RememberedCredentials } from '../../src/auth/remembered_credentials';
import { StoreError } from '../../src/util/store_error';
import { eventually } from '../support/eventually';

const CREDENTIAL = { accessKey: 'AK', secretKey: 'SK', user: 'user', key: 'SK' };
const MINUTE = 60_000;

/** A service that records its requests, and answers when it is released. */
function service(time = MINUTE) {
  const asked: string[] = [];
  let let_: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (let_ = resolve));
  let answer = (accessKey: string) => (accessKey === 'AK' ? CREDENTIAL : undefined);
  const find = async (accessKey: string) => {
    asked.push(accessKey);
    await held;
    return answer(accessKey);
  };
  const fail = () => {
    answer = () => {
      throw new StoreError('unreachable', 'away');
    };
  };
  return { credentials: new RememberedCredentials({ find }, time), asked, goOn: let_, fail };
}

it('all who ask for an access key at once, and later, have one answer, also that it is nobody’s', async () => {
  const { credentials, asked, goOn } = service();
  const found = ['AK', 'AK', 'NO', 'NO'].map((accessKey) => credentials.find(accessKey));
  goOn();
  expect(await Promise.all(found)).toEqual([CREDENTIAL, CREDENTIAL, undefined, undefined]);
  expect(await credentials.find('AK')).toEqual(CREDENTIAL);
  expect(await credentials.find('NO')).toBeUndefined();
  expect(asked).toEqual(['AK', 'NO']);
});

it.each(['AK', 'NO'])('what was told of %s is asked again after its time', async (accessKey) => {
  const { credentials, asked, goOn } = service(1);
  goOn();
  await eventually('asked again', async () => {
    await credentials.find(accessKey);
    return asked.length === 3;
  });
});

it('a service that could not tell is asked again', async () => {
  const { credentials, asked, goOn, fail } = service();
  fail();
  goOn();
  for (let i = 0; i < 2; i++) await expect(credentials.find('AK')).rejects.toThrow('away');
  expect(asked).toEqual(['AK', 'AK']);
});

it('any number of access keys at random are asked for a few at a time, and refused where they are too many', async () => {
  const { credentials, asked, goOn } = service();
  const found = Array.from({ length: 1000 }, (_, i) => credentials.find(`random${i}`));
  await expect(credentials.find('one more')).rejects.toBeInstanceOf(StoreError);
  expect(asked.length).toBeLessThan(20);
  goOn();
  expect(new Set(await Promise.all(found))).toEqual(new Set([undefined]));
  expect(asked).toHaveLength(1000);
  expect(await credentials.find('one more')).toBeUndefined();
});

it('access keys at random push out none that is known; one that is none for its length is not asked for', async () => {
  const { credentials, asked, goOn } = service();
  goOn();
  await credentials.find('AK');
  for (let i = 0; i < 10_100; i++) await credentials.find(`random${i}`);
  expect(await credentials.find('AK')).toEqual(CREDENTIAL);
  expect(await credentials.find('A'.repeat(129))).toBeUndefined();
  expect(asked).toHaveLength(10_101);
});
