import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import { ClientGone } from '../../../src/swift_api/message';

const FOUND = { hasHad: true, isEnabled: false };

describe('what is remembered of parts in buckets', () => {
  it('is asked for once by all who want it at once', async () => {
    const memory = new PartsMemory();
    const find = jest.fn(() => Promise.resolve(FOUND));
    expect(await Promise.all([memory.of('a', 'b', find), memory.of('a', 'b', find)])).toEqual([
      FOUND,
      FOUND,
    ]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('is asked for once more where the client has gone who asked for it', async () => {
    const memory = new PartsMemory();
    let leave = (): void => undefined;
    const gone = memory.of(
      'a',
      'b',
      () => new Promise((_, reject) => (leave = () => reject(new ClientGone()))),
    );
    const find = jest.fn(() => Promise.resolve(FOUND));
    const others = [memory.of('a', 'b', find), memory.of('a', 'b', find)];
    leave();
    await expect(gone).rejects.toThrow(ClientGone);
    expect(await Promise.all(others)).toEqual([FOUND, FOUND]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('is told of no failure but the last', async () => {
    const memory = new PartsMemory();
    const failing = () => Promise.reject(new Error('away'));
    await expect(memory.of('a', 'b', failing)).rejects.toThrow('away');
    expect(await memory.of('a', 'b', () => Promise.resolve(FOUND))).toEqual(FOUND);
  });
});
