import { Headers } from '../../../src/http/headers';
import { pause } from '../../support/running/eventually';
import type { Exchange, Fault, Rule } from '../../support/stores/faulty_store';

/** Something that can happen to requests on their way to the store. */
export interface Injected {
  readonly name: string;
  /** Its effect on the request with a number, and on those after it. */
  readonly rule: (at: number) => Rule;
  /** Whether it only delays, so that nothing fails. */
  readonly harmless?: boolean;
  /** Selects the requests it applies to; all by default. */
  readonly befalls?: (request: string) => boolean;
}

/** The body of a fault's responses. */
export const BROKEN = 'broken for a test';

/** Responds instead of the store, which never gets the request. */
export const answered =
  (status: number): Fault =>
  (exchange) =>
    exchange.answer({ status, body: Buffer.from(BROKEN) });

export const doneButAnswered =
  (status: number): Fault =>
  async (exchange) => {
    await exchange.pass();
    exchange.answer({ status, body: Buffer.from(BROKEN) });
  };

export const silent: Fault = () => undefined;

export const doneButSilent: Fault = async (exchange) => {
  await exchange.pass();
};

export const reset: Fault = (exchange) => exchange.reset();

export const doneButReset: Fault = async (exchange) => {
  await exchange.pass();
  exchange.reset();
};

export const cut: Fault = async (exchange) => exchange.cut(await exchange.pass());

/**
 * The delay before and after, in milliseconds; even on slow machines far less than the
 * proxy waits for a response (upstream_timeout of the bench).
 */
const SLOW = 100;

const slow: Fault = async (exchange) => {
  await pause(SLOW);
  const passed = await exchange.pass();
  await pause(SLOW);
  exchange.answer(passed);
};

const once =
  (fault: Fault) =>
  (at: number): Rule =>
  (_, index) =>
    index === at ? fault : undefined;

const fromThenOn =
  (fault: Fault, later = fault) =>
  (at: number): Rule =>
  (_, index) =>
    index === at ? fault : index > at ? later : undefined;

/** Whether a request adds to the archive, where a store may legitimately refuse. */
const addsToArchive = (request: string) => /^(PUT|POST) .*-a\//.test(request);

export const FAULTS: readonly Injected[] = [
  ...[500, 503, 507].map((status) => ({
    name: `${status}, not done`,
    rule: once(answered(status)),
  })),
  ...[502, 503].map((status) => ({
    name: `${status}, but done`,
    rule: once(doneButAnswered(status)),
  })),
  { name: 'no answer, not done', rule: once(silent) },
  { name: 'no answer, but done', rule: once(doneButSilent) },
  { name: 'a reset, not done', rule: once(reset) },
  { name: 'a reset, but done', rule: once(doneButReset) },
  { name: 'an answer cut short', rule: once(cut) },
  { name: 'a slow answer', rule: once(slow), harmless: true },
  { name: 'all slow', rule: fromThenOn(slow), harmless: true },
  { name: '503 from then on', rule: fromThenOn(answered(503)) },
  { name: 'done, and resets from then on', rule: fromThenOn(doneButReset, reset) },
  { name: 'done, and no answers from then on', rule: fromThenOn(doneButSilent, silent) },
  ...[403, 404, 413].map((status) => ({
    name: `${status} of the archive`,
    rule: once(answered(status)),
    befalls: addsToArchive,
  })),
];

/** Refuses to remove an entry; a DELETE in stack mode restores before it removes. */
export const REMOVAL_REFUSED: Injected = {
  name: '403 to the removal of an entry',
  rule: () => (exchange) => (removesFromArchive(exchange) ? answered(403) : undefined),
};

/** The same, but the right still existed when the client's rights were checked. */
export const REMOVAL_REFUSED_LATER: Injected = {
  name: '403 to the removal of an entry that was restored',
  rule: () => (exchange) =>
    removesFromArchive(exchange) && !exchange.headers.has('x-if-delete-at')
      ? answered(403)
      : undefined,
};

function removesFromArchive({ method, path }: Exchange): boolean {
  return method === 'DELETE' && path.includes('-a/');
}

/** Passes a listing on with its entries changed. */
export function relisted(
  change: (entries: { name: string }[]) => unknown[],
  query?: string,
): Fault {
  return async (exchange: Exchange) => {
    const { status, headers, body } = await exchange.pass(query);
    const entries =
      body.length === 0 ? [] : (JSON.parse(body.toString('utf8')) as { name: string }[]);
    const changed = Buffer.from(JSON.stringify(change(entries)));
    exchange.answer({
      status,
      headers: headers.with('Content-Length', String(changed.length)),
      body: changed,
    });
  };
}

/** Responds to a listing request with an invalid listing. */
export const listedAs =
  (body: string, status = 200): Fault =>
  (exchange) =>
    exchange.answer({
      status,
      headers: Headers.of({ 'Content-Type': 'application/json' }),
      body: Buffer.from(body),
    });
