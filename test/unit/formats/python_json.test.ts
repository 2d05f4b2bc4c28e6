import fc from 'fast-check';
import { toPythonJson } from '../../../src/formats/python_json';
import '../../support/running/runs';

describe('JSON as Python writes it', () => {
  it('is what was written, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = toPythonJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).toMatch(/^[ -~]*$/);
      }),
    );
  });

  it('has blanks after commas and colons, and no fields without a value', () => {
    const entry = {
      name: 'a"b\\é\u007f\n',
      bytes: 1,
      is_latest: true,
      none: undefined,
      nothing: null,
    };
    expect(toPythonJson([entry, []])).toBe(
      String.raw`[{"name": "a\"b\\\u00e9\u007f\n", "bytes": 1, "is_latest": true, "nothing": null}, []]`,
    );
  });
});
