import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from './child.mjs';

/** Returns why this Node cannot run the project; undefined if it can. */
export function nodeMistake() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const oldest = engines.node.replace('>=', '');
  const version = process.versions.node;
  if (!isOlder(version, oldest)) return undefined;
  return `Hindsight needs Node ${oldest} or newer; this is Node ${version}.`;
}

function isOlder(version, than) {
  const [one, other] = [version, than].map((each) => each.split('.').map(Number));
  const at = other.findIndex((number, i) => one[i] !== number);
  return at >= 0 && one[at] < other[at];
}

/**
 * Returns what would keep a server with this configuration from starting, as far as that
 * can be known without a parser: a port or a data folder that it cannot have. The server
 * itself checks everything, but only after minutes in a fresh clone.
 */
export async function startMistakes(file, env) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return [`${file}: ${reasonOf(error)}`];
  }
  const read = (name, byDefault) => readOption(text, name, byDefault, env);
  const data = read('data');
  const mistakes = [
    await portMistake(read('bind_ip', '127.0.0.1'), read('bind_port', '8080'), file),
    data.value && (await dataMistake(data, file)),
  ];
  return mistakes.filter(Boolean);
}

/**
 * Returns the value of an option that the file has once, on a line of its own, and the
 * variable that sets it. Anything else is left to the server.
 */
function readOption(text, name, byDefault, env) {
  const lines = [...text.matchAll(new RegExp(`^(?:set\\s+)?${name}\\s*[=:](.*)$`, 'gm'))];
  if (lines.length === 0) return { name, value: byDefault };
  const written = lines[0][1].replace(/\s[;#].*$/, '').trim();
  const [, variable, fallback] = /^\$\{(\w+)(?::-([^}]*))?\}$/.exec(written) ?? [];
  const value = variable === undefined ? written : env[variable] || fallback;
  const isPlain = lines.length === 1 && value && !value.includes('${');
  return { name, variable, value: isPlain ? value : undefined };
}

/** Says how to choose another value: by the variable that sets it, or in the file. */
function means({ name, variable }, example, file) {
  return variable ? `${variable}=${example} (${name} in ${file})` : `${name} in ${file}`;
}

async function portMistake(ip, port, file) {
  const number = Number(port.value);
  // another value is a mistake that the server explains; 0 is any free port
  if (ip.value === undefined || !Number.isInteger(number) || number < 1 || number > 65_535)
    return undefined;
  const code = await bindError(ip.value, number);
  const address = `${ip.value}:${number}`;
  const choose = (example) => `choose another port by ${means(port, example, file)}`;
  const correct = `correct it by ${means(ip, '127.0.0.1', file)}`;
  const reasons = {
    EADDRINUSE: `is in use: stop the program that listens there, or ${choose((number % 65_535) + 1)}`,
    EACCES: `is reserved for root: ${choose(8080)}`,
    EADDRNOTAVAIL: `is not an address of this machine: ${correct}`,
    ENOTFOUND: `has an unknown host name: ${correct}`,
  };
  return code && reasons[code] && `${address} ${reasons[code]}`;
}

/** Returns the code of the error of listening at an address; undefined if that works. */
function bindError(host, port) {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', ({ code }) => done(code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

async function dataMistake(option, file) {
  const folder = resolve(ROOT, option.value);
  const choose = `choose another folder by ${means(option, 'FOLDER', file)}`;
  const blocked = folderMistake(folder);
  if (blocked) return `${option.value} cannot hold the data: ${blocked}; ${choose}`;
  const pid = await serverIn(join(folder, 'sessions'));
  if (pid === undefined) return undefined;
  return `${option.value} is in use by another server, process ${pid}: stop it, or ${choose}`;
}

/** Returns why files in a folder, which is created if necessary, cannot be written. */
function folderMistake(folder) {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { R_OK, W_OK, X_OK } = constants;
  try {
    if (!statSync(existing).isDirectory()) return `${existing} is not a folder`;
    for (const [path, mode] of [
      [existing, R_OK | W_OK | X_OK],
      [join(folder, 'sessions'), R_OK | W_OK | X_OK],
      [join(folder, 'data.mdb'), R_OK | W_OK],
    ])
      if (existsSync(path)) accessSync(path, mode);
    return undefined;
  } catch (error) {
    return `${error.path ?? existing}: ${reasonOf(error)}`;
  }
}

/**
 * Returns the process of a living server that has a data folder open. It listens on a
 * socket there, which backups also do, under another name.
 */
async function serverIn(sessions) {
  const names = existsSync(sessions) ? readdirSync(sessions) : [];
  for (const name of names) {
    const [, pid] = /^(\d+)-[0-9a-f]+\.sock$/.exec(name) ?? [];
    if (pid !== undefined && (await accepts(join(sessions, name)))) return pid;
  }
  return undefined;
}

/** Whether a process listens on a socket, whose path the system limits to 107 bytes. */
function accepts(path) {
  const socket = connect(relative(process.cwd(), path));
  return new Promise((done) => {
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  }).finally(() => socket.destroy());
}

/** Returns the system's reason for an error, without its number and the call. */
function reasonOf({ code, message }) {
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'a folder, not a file';
  return message.replace(`${code}: `, '').split(',')[0];
}
