import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import { ClientGone } from '../../../src/swift_api/message';

const FOUND = { hasHad: true, isEnabled: false };

describe('the memory of parts in buckets', () => {
  it('is loaded once for all who need it at once', async () => {
    const memory = new PartsMemory();
    const find = jest.fn(() => Promise.resolve(FOUND));
    expect(await Promise.all([memory.of('a', 'b', find), memory.of('a', 'b', find)])).toEqual([
      FOUND,
      FOUND,
    ]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('is loaded once more if the client that requested it has left', async () => {
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

  it('reports no failure but the last', async () => {
    const memory = new PartsMemory();
    const failing = () => Promise.reject(new Error('away'));
    await expect(memory.of('a', 'b', failing)).rejects.toThrow('away');
    expect(await memory.of('a', 'b', () => Promise.resolve(FOUND))).toEqual(FOUND);
  });
});
