import type { Problem } from './check';
import type { Call, Content, History, Operation } from './history';

/** Describes a request in a few words. */
export function nameOf(call: Call): string {
  switch (call.do) {
    case 'put':
      return `PUT ${call.object} = ${call.content}${call.way === 'whole' ? '' : ` (${call.way})`}`;
    case 'copy':
      return call.spelled === 'COPY'
        ? `COPY ${call.from} to ${call.to}`
        : `PUT ${call.to} with X-Copy-From ${call.from}`;
    case 'restore':
      return call.spelled === 'COPY'
        ? `COPY ${call.entry} to ${call.object}`
        : `PUT ${call.object} with X-Copy-From ${call.entry}`;
    case 'delete':
    case 'post':
    case 'get':
    case 'head':
      return `${call.do.toUpperCase()} ${call.object}`;
    case 'set':
      return `set ${call.setting}`;
    case 'show':
      return 'GET of the container';
  }
}

/** Describes a request with its instants and its response. */
export function lineOf({
  client,
  through,
  call,
  began,
  ended,
  status,
  content,
  setting,
}: Operation): string {
  const when = `${began.toFixed(2)} to ${ended.toFixed(2)} ms`;
  const read = [content, setting].filter((each) => each !== undefined).join(' ');
  return `client ${client} through ${through}, ${when}: ${nameOf(call)} -> ${status ?? 'no answer'} ${read}`.trimEnd();
}

/** Returns all that is needed to understand a wrong history, and to judge it again. */
export function report({ history, lines }: Problem, whole: History, file?: string): string {
  const { seed, where, initially, operations, finally: last } = history;
  const state = Object.entries(last.objects).map(([name, { current, archive }]) =>
    [
      `  ${name}: ${current ?? 'not there'}; archived, oldest first:`,
      ...archive.map((entry) => `    ${entry.name}: ${entry.content ?? 'a delete marker'}`),
    ].join('\n'),
  );
  return [
    `A history of seed ${seed} ${where} is wrong.`,
    ...lines.map((line) => `  ${line}`),
    `Its container was at first: ${initially}. Operations, without answers that do not matter:`,
    ...operations.map((operation, i) => `  ${i + 1}. ${lineOf(operation)}`),
    `Found at last, with the setting ${last.setting}:`,
    ...state,
    `The same requests again: HISTORIES=1 HISTORIES_SEED=${seed} HISTORIES_REPEAT=100 npm run explore:histories`,
    ...(file === undefined
      ? []
      : [
          `To judge this history again: HISTORY=${file} npx jest test/unit/support/histories/checker`,
        ]),
    `All of it: ${JSON.stringify(whole)}`,
  ].join('\n');
}

/**
 * Names bodies that were acknowledged but are missing, and those that exist in more
 * places than they were written to.
 */
export function hints({ operations, finally: { objects } }: History): string[] {
  const there = Object.values(objects).flatMap(({ current, archive }) => [
    current,
    ...archive.map(({ content }) => content),
  ]);
  const contents = operations.flatMap(({ call, status, content }): Content[] => {
    if (call.do === 'put') return status === 201 ? [call.content] : [];
    return ['copy', 'restore'].includes(call.do) && content !== undefined ? [content] : [];
  });
  const count = (all: readonly unknown[], content: Content) =>
    all.filter((each) => each === content).length;
  const isOpen = operations.some(({ status }) => status === undefined || status === 503);
  return [...new Set(contents)].flatMap((content) => {
    const [times, places] = [count(contents, content), count(there, content)];
    if (places === 0) return [`nowhere at last: ${content}`];
    return places > times && !isOpen
      ? [`in ${places} places, and written ${times} times: ${content}`]
      : [];
  });
}
