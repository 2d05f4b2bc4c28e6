#!/usr/bin/env node
// Reports names in comments of src/ and middleware/ that nothing has any more: errors
// after @throws, and what stands between backticks and looks like a name of code or of a
// file.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

/** Names of other programs, which no file here has, by the program. */
const ELSEWHERE = {
  "the server of OpenStack's Swift": [
    'AccountController',
    'ACCEPTABLE_FORMATS',
    'ContainerBroker',
    'ContainerController',
    'ObjectController',
    'RESPONSE_REASONS',
    'StaticLargeObject',
    'SymlinkObjectContext',
  ],
  "Python's tarfile": ['TarInfo'],
  "COS's SDK": ['getAuth'],
  "QingStor's SDK": ['QSSignatureUtil'],
  "Swift's WSGI server": ['Content_Type'],
};

/** A comment, a literal, or a name. */
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/)`,
    String.raw`(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`,
    String.raw`(?<template>\`(?:[^\`\\]|\\[^])*\`)`,
    String.raw`(?<pattern>(?<=[=(,:;!&|?{}[+>\n]\s*|\breturn )\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/)`,
    String.raw`(?<name>[A-Za-z_$][\w$]*)`,
  ].join('|'),
  'g',
);
const NAME = /[A-Za-z_$][\w$]*/g;
const ONE_NAME = new RegExp(`^${NAME.source}$`);
const MEMBERS = new RegExp(`^#?${NAME.source}(?:[.#]${NAME.source})*(?:\\(\\))?$`);
const FILE = /^[\w./-]+\.(?:ts|mjs|cjs|js)$/;
/** The names directly after a tag: `@throws BucketError, S3Refusal for ...`. */
const THROWS = /@throws ((?:[A-Z]\w*[a-z]\w*(?:, (?:or )?| or )?)+)/g;

/** Files of a checkout, with those that are not yet committed. */
const LIST = ['ls-files', '--cached', '--others', '--exclude-standard', '--'];
const files = execFileSync('git', [...LIST, 'src', 'middleware', 'test'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => FILE.test(path) && existsSync(path));
const isChecked = (path) => /^(src|middleware)\//.test(path);

/** What code has: names, and string literals that are one. */
const names = new Set(Object.getOwnPropertyNames(globalThis));
/** Files and folders by the ends of their paths, and files without their extension. */
const paths = new Set();
/** The packages that the checked files import from; `node` for Node's own modules. */
const packages = new Set();
const comments = [];

for (const path of files) {
  const text = readFileSync(path, 'utf8');
  addPath(path);
  for (const { 0: token, index, groups } of text.matchAll(TOKEN)) {
    if (groups.comment && isChecked(path)) comments.push({ path, text, index, token });
    // a name that only tests have may be that of something that went
    else if (!isChecked(path)) continue;
    else if (groups.name) names.add(token);
    else if (groups.string && ONE_NAME.test(token.slice(1, -1))) names.add(token.slice(1, -1));
    else if (groups.template) addAll(token.match(/\$\{[^}]*\}/g)?.join() ?? '');
  }
  if (isChecked(path))
    for (const [, module] of text.matchAll(/\b(?:from |import\()'([^.'][^']*)'/g))
      packages.add(packageOf(module));
}

function addAll(code) {
  for (const [name] of code.matchAll(NAME)) names.add(name);
}

function addPath(path) {
  for (let folder = path; folder !== '.'; folder = dirname(folder))
    for (let end = folder; ; end = end.slice(end.indexOf('/') + 1)) {
      paths.add(end);
      if (!end.includes('/')) break;
    }
  paths.add(basename(path, extname(path)));
}

function packageOf(module) {
  if (module.startsWith('node:')) return 'node';
  return module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The names in a comment that something must have, with their offsets. */
function* namesIn(comment) {
  for (const { 1: list, index } of comment.matchAll(THROWS))
    for (const [name] of list.matchAll(NAME)) if (/[A-Z]/.test(name)) yield { name, at: index };
  for (const { 1: quoted, index } of comment.matchAll(/`([^`\n]+)`/g))
    for (const name of namesInQuotes(quoted)) yield { name, at: index };
}

/** The names in a text between backticks: of a file, or of code if they have capitals. */
function namesInQuotes(quoted) {
  if (FILE.test(quoted)) return [quoted];
  if (!MEMBERS.test(quoted)) return [];
  return quoted
    .match(NAME)
    .filter((name) => /[a-z][A-Z]|^[A-Z][A-Z\d]*[a-z]|^[A-Z]+_[A-Z_]+$/.test(name));
}

/** Returns those of some names that the types of imported packages do not have. */
function withoutImported(unknown) {
  const rest = new Set(unknown);
  for (const name of packages)
    for (const folder of [`node_modules/${name}`, `node_modules/@types/${name}`]) {
      if (rest.size === 0) return rest;
      if (!existsSync(folder)) continue;
      for (const path of readdirSync(folder, { recursive: true })) {
        if (!/\.d\.[cm]?ts$/.test(path) || /(^|\/)node_modules\//.test(path)) continue;
        const text = readFileSync(join(folder, path), 'utf8');
        for (const each of rest) if (text.includes(each) && isNameIn(each, text)) rest.delete(each);
      }
    }
  return rest;
}

function isNameIn(name, text) {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$&')}(?![\\w$])`).test(text);
}

const elsewhere = new Set(Object.values(ELSEWHERE).flat());
const unknown = comments.flatMap(({ path, text, index, token }) =>
  [...namesIn(token)]
    .filter(({ name }) => !names.has(name) && !paths.has(name))
    .map(({ name, at }) => ({ name, path, line: text.slice(0, index + at).split('\n').length })),
);
const suspects = unknown.filter(({ name }) => !elsewhere.has(name));
const missing = withoutImported(suspects.map(({ name }) => name));
const faults = [
  ...suspects
    .filter(({ name }) => missing.has(name))
    .map(({ name, path, line }) => `${path}:${line}: nothing is called ${name}`),
  ...[...elsewhere]
    .filter((name) => !unknown.some((each) => each.name === name))
    .map((name) => `tools/names.mjs: no comment needs the exception ${name}`),
];
if (faults.length > 0) {
  console.log(`${faults.join('\n')}\nNames of other programs belong in ELSEWHERE of names.mjs.`);
  process.exitCode = 1;
}
