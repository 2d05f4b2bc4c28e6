import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentialOptions } from '../../src/auth/credential_sections';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { apps, filters } from '../../src/pipeline/registry';
import { serverOptions } from '../../src/pipeline/server_options';
import {
  CHECKING,
  CREDENTIALS,
  FILE,
  INTRODUCTION,
  PIPELINE,
  PIPELINE_RULES,
  PLACES,
  SECTIONS,
} from './configuration_text';
import { code, pageOf, tableOf } from './markdown';
import { optionTable, type OptionSet } from './schema_rows';

/** What filters are for. All of them are here, also those without options. */
const PURPOSES: Readonly<Record<string, string>> = {
  catch_errors: 'Turns errors into responses, and gives each response a transaction id.',
  gatekeeper: 'Hides the notes of Hindsight from clients, and refuses them in requests.',
  healthcheck: 'Responds to `/healthcheck` while the process lives.',
  'proxy-logging': 'Logs each request.',
  s3api: 'The API of Amazon S3.',
  cosapi: 'The API of Tencent COS.',
  qsapi: 'The API of QingStor.',
  bulk: 'Bulk delete and archive extraction.',
  tempauth: 'Users and their logins. Only for the embedded store.',
  tempurl: 'Temporary URLs. A Swift has its own.',
  formpost: 'Uploads by web forms.',
  container_quotas: 'Quotas of containers. A Swift has its own.',
  account_quotas: 'Quotas of accounts. A Swift has its own.',
  versioned_writes: 'Versions of objects.',
};

/** What apps are for. */
const STORES: Readonly<Record<string, string>> = {
  swift: 'A Swift behind Hindsight.',
  embedded: 'A store of its own, in a folder of this machine. See [embedded.md](embedded.md).',
};

/** Returns the page with all options. */
export function configurationPage(): string {
  return pageOf([
    '# Configuration',
    INTRODUCTION,
    CHECKING,
    FILE,
    SECTIONS,
    ...pipelineParts(),
    '## Options of the server',
    section('[DEFAULT]', { options: serverOptions }),
    '## Options of the filters',
    ...filters.filter(hasOptions).map((filter) => section(`[filter:${filter.name}]`, filter)),
    withoutOptions(),
    '## Options of the stores',
    ...apps.map((app) =>
      section(`[app:NAME], use = ${app.name}`, app, purposeOf(app.name, STORES)),
    ),
    '## Credentials',
    CREDENTIALS,
    optionTable({ options: credentialOptions }),
  ]);
}

function section(
  name: string,
  options: OptionSet,
  purpose = PURPOSES[name.slice('[filter:'.length, -1)],
): string {
  return [`### ${code(name)}`, ...(purpose ? [purpose] : []), optionTable(options)].join('\n\n');
}

function hasOptions({ options, moreOptions }: FilterPlugin): boolean {
  return Object.keys(options.shape).length > 0 || moreOptions !== undefined;
}

function withoutOptions(): string {
  const names = filters.filter((filter) => !hasOptions(filter)).map(({ name }) => code(name));
  return `These filters have no options:\n${names.join(', ')}.`;
}

/** @throws Error for a plugin that this page does not know */
function purposeOf(name: string, purposes: Readonly<Record<string, string>>): string {
  const purpose = purposes[name];
  if (purpose === undefined) throw new Error(`say what ${name} is for, in ${__filename}`);
  return purpose;
}

function pipelineParts(): string[] {
  const samples = ['embedded', 'swift'].map(
    (name) => `; config/${name}.conf\n${pipelineOf(`config/${name}.conf`)}`,
  );
  const rows = filters.map((filter) => [
    code(filter.name),
    purposeOf(filter.name, PURPOSES),
    places(filter),
  ]);
  return [
    '## The pipeline',
    PIPELINE,
    ['```ini', samples.join('\n'), '```'].join('\n'),
    PLACES,
    tableOf(['filter', 'purpose', 'place'], rows),
    PIPELINE_RULES,
  ];
}

function pipelineOf(sample: string): string {
  const text = readFileSync(join(__dirname, '../..', sample), 'utf8');
  const line = /^pipeline = .*$/m.exec(text)?.[0];
  if (line === undefined) throw new Error(`${sample} has no pipeline`);
  return line;
}

/** The rules for the place of a filter, with their reasons. */
function places({ first, requires = {}, precedes = {} }: FilterPlugin): string {
  const rules = [
    ...(first === true ? ['The first of the pipeline.'] : []),
    ...grouped(requires).map(([names, why]) => `Requires ${names} before it: ${why}.`),
    ...grouped(precedes).map(([names, why]) => `Before ${names}: ${why}.`),
  ];
  return rules.join(' ') || 'Anywhere.';
}

/** Filters by the reason that they share. */
function grouped(rules: Readonly<Record<string, string>>): [names: string, why: string][] {
  const names = new Map<string, string[]>();
  for (const [name, why] of Object.entries(rules))
    names.set(why, [...(names.get(why) ?? []), code(name)]);
  return [...names].map(([why, each]) => [each.join(', '), why]);
}
