import { isIPv4, isIPv6 } from 'node:net';

/**
 * Whether an address is in a range, written as one address or as `ADDRESS/BITS`. False if
 * either cannot be parsed, or if the address of the range has bits beyond the mask, as in
 * Python's `ipaddress`.
 */
export function isInRange(address: string | undefined, range: string): boolean {
  const [network = '', mask] = range.split('/', 2);
  const networkBits = bitsOf(network);
  const addressBits =
    address === undefined ? undefined : bitsOf(address.replace(/^::ffff:(?=[\d.]+$)/i, ''));
  if (
    networkBits === undefined ||
    addressBits === undefined ||
    addressBits.length !== networkBits.length
  )
    return false;
  const length = mask === undefined ? networkBits.length : maskLength(mask, networkBits.length);
  if (length === undefined || networkBits.slice(length).includes('1')) return false;
  return addressBits.startsWith(networkBits.slice(0, length));
}

/** Parses a mask: `24`, or `255.255.255.0`. */
function maskLength(mask: string, max: number): number | undefined {
  if (/^\d+$/.test(mask)) return Number(mask) <= max ? Number(mask) : undefined;
  const bits = isIPv4(mask) && max === 32 ? bitsOf(mask) : undefined;
  return bits !== undefined && /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** Returns an address as a string of zeros and ones: 32 or 128 of them. */
function bitsOf(address: string): string | undefined {
  if (isIPv4(address)) return bits(address.split('.').map(Number), 8);
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const last = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - groups(head).length - last.length }, () => '0');
  return bits(
    [...groups(head), ...zeros, ...last].map((group) => parseInt(group, 16)),
    16,
  );
}

function bits(numbers: readonly number[], width: number): string {
  return numbers.map((each) => each.toString(2).padStart(width, '0')).join('');
}
