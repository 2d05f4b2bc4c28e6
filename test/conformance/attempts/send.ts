import type { Answer } from '../../support/clients/client';
import {
  formForS3,
  presignedForS3,
  signedForm,
  signedForS3,
  temporaryQuery,
} from '../../support/clients/signatures';
import type { Attacker } from './clients';
import type { Attempt } from './routes';
import { OBJECT, SECRETS } from './world';

/** The key of a client that has to guess one. */
const GUESS = { key: 'a guess' };
const S3_USER = ['test:tester3', 'testing3'] as const;

/** Sends an attempt in the name of an attacker. */
export function send({ client, headers, signer }: Attacker, attempt: Attempt): Promise<Answer> {
  const { method, account = client.account, query, body } = attempt;
  const path = account + attempt.path;
  const allHeaders = { ...attempt.headers, ...headers };
  if (attempt.signed === 'form') {
    const form = signedForm(signer ?? GUESS, path, OBJECT, 'after');
    return client.send(method, path, { ...allHeaders, ...form.headers }, form.body);
  }
  if (attempt.signed === 's3 form') {
    const form = formForS3(S3_USER, path.slice(1), OBJECT, 'after');
    return client.send(method, path, { ...allHeaders, ...form.headers }, form.body);
  }
  const target = query === undefined ? path : `${path}?${query}`;
  if (attempt.signed === 's3')
    return client.send(method, target, signedForS3(S3_USER, method, target, allHeaders), body);
  if (attempt.signed === 's3 url')
    return client.send(method, presignedForS3(S3_USER, method, target), allHeaders, body);
  const signed = signer && temporaryQuery(signer, method, path);
  return client.send(
    method,
    signed ? `${target}${query === undefined ? '?' : '&'}${signed}` : target,
    allHeaders,
    body,
  );
}

/**
 * Whether a response is a refusal: by its status or, for a bulk request, by a report of
 * nothing done.
 */
export function isRefused({ status, body }: Answer, statuses: readonly number[]): boolean {
  if (statuses.includes(status)) return true;
  const report = status === 200 ? body.toString() : '';
  const done = /"Number (?:Deleted|Files Created)": ?(\d+)/.exec(report)?.[1];
  return done === '0' && /"Response Status": ?"4\d\d /.test(report);
}

/** Whether a response reveals what only readers may know. */
export function isTelling({ headers, body }: Answer): boolean {
  const visible = [...headers.entries()].map(([, value]) => value).join('\n') + body.toString();
  return SECRETS.some((secret) => visible.includes(secret)) || headers.has('x-object-meta-kept');
}

/** Summarizes a response. */
export function told({ status, body }: Answer): string {
  return `${status} ${body.toString().replace(/\s+/g, ' ').slice(0, 160)}`;
}
