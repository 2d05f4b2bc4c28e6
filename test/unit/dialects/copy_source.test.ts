import { parseCopySource } from '../../../src/dialects/copy_source';

const parse = (value: string) => parseCopySource(value, 'x-amz-copy-source', 'versionId');

it('a source of a copy is decoded once', () => {
  expect(parse('/bucket/a%2Fb%2520c')).toEqual({ bucket: 'bucket', key: 'a/b%20c' });
});

it.each(['bucket/%ff', 'bucket/\xff', 'bucket/a%00', 'bucket/%C0%AE', 'bucket/%ED%A0%80'])(
  '%j is no source of a copy',
  (value) => {
    expect(() => parse(value)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }) as Error,
    );
  },
);
