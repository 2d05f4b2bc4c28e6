// A real nginx, as the store behind the proxies that are measured, and as one of them.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePorts, temporaryFolder } from './support.mjs';

/** Starts an nginx that serves the given bodies by their paths. Returns its URL. */
export async function startFiles(bodies) {
  const folder = temporaryFolder();
  for (const [path, body] of Object.entries(bodies)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), body);
  }
  return start(`root ${folder}; location / { }`);
}

/** Starts an nginx that passes everything on to `upstream`. Returns its URL. */
export function startProxy(upstream) {
  const { host } = new URL(upstream);
  const forward = 'proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection "";';
  return start(
    `location / { ${forward} }`,
    `upstream back { server ${host}; keepalive 1024; keepalive_requests 1000000000; }`,
  );
}

async function start(inServer, outside = '') {
  const folder = temporaryFolder();
  const [port] = await freePorts(1);
  writeFileSync(
    join(folder, 'nginx.conf'),
    // its workers must be able to read the folder
    `${process.getuid?.() === 0 ? 'user root;' : ''}
     daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr emerg;
     events { worker_connections 4096; }
     http {
       access_log off; sendfile off; tcp_nodelay on; keepalive_requests 1000000000;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       ${outside}
       server { listen 127.0.0.1:${port} backlog=4096; ${inServer} }
     }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.once('error', (error) => {
    throw new Error(`nginx cannot be started (apt-get install nginx-light): ${error.message}`);
  });
  process.prependOnceListener('exit', () => child.kill());
  while (!(await accepts(port))) await setTimeout(20);
  return { url: `http://127.0.0.1:${port}`, pid: child.pid };
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
