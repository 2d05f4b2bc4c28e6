import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { DIGESTS, verifySignature, parseSignature } from '../../../src/http/digest';
import { isInRange } from '../../../middleware/tempurl/ip_range';
import '../../support/running/runs';

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
});

test("a signature is the key's that made it, in each of its forms, and nobody else's", () => {
  const forms = fc.constantFrom('hex', 'base64', 'base64url');
  fc.assert(
    fc.property(
      fc.constantFrom(...DIGESTS),
      forms,
      bytes,
      bytes,
      bytes,
      (digest, form, key, other, message) => {
        const mac = createHmac(digest, Buffer.from(key, 'latin1'))
          .update(message, 'latin1')
          .digest(form as 'hex');
        const signature = parseSignature(form === 'hex' ? mac : `${digest}:${mac}`);
        if (!signature) throw new Error('not read');
        expect(signature.digest).toBe(digest);
        expect(verifySignature(key, message, signature)).toBe(true);
        expect(verifySignature(key, `${message}x`, signature)).toBe(false);
        // HMAC pads keys with zeros
        const isSame = key.replace(/\0+$/, '') === other.replace(/\0+$/, '');
        expect(verifySignature(other, message, signature)).toBe(isSame);
      },
    ),
  );
});

test('an invalid signature is never accepted', () => {
  fc.assert(
    fc.property(bytes, (text) => {
      const signature = parseSignature(text);
      if (signature) expect(signature.hex).toMatch(/^([0-9a-fA-F]{2})*$/);
    }),
  );
  const none = ['', 'abc', 'g'.repeat(40), 'sha256:a', 'sha256:a*b=', 'sha1:a-b/c'];
  expect(none.map(parseSignature)).toEqual(none.map(() => undefined));
});

test.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['10.1.2.3', '10.1.0.0/16', true],
  ['10.2.2.3', '10.1.0.0/16', false],
  ['10.1.2.3', '10.1.0.0/255.255.0.0', true],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['10.1.2.3', '10.1.2.0/33', false],
  ['10.1.2.3', '10.1.2.3/16', false],
  ['10.1.2.3', '10.1.0.0/255.0.255.0', false],
  ['::ffff:10.1.2.3', '10.1.2.3', true],
  ['::1', '::1', true],
  ['2001:db8::5', '2001:db8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['fe80::1%eth0', 'fe80::/10', false],
  ['10.1.2.3', '::/0', false],
  ['10.1.2.3', 'nonsense', false],
  [undefined, '0.0.0.0/0', false],
])('%s in %s: %s', (address, range, expected) => expect(isInRange(address, range)).toBe(expected));
