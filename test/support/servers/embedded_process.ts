import { readFileSync } from 'node:fs';
import type { Client } from '../clients/client';
import { login } from './embedded';
import { startProxyProcess, type ProxyProcess } from './proxy_process';

/** The configuration of a server with an embedded store, by default on a free port. */
export function embeddedConfiguration(data: string, workers = 1, port = 0): string {
  return `
[DEFAULT]
bind_port = ${port}
workers = ${workers}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging tempauth versioned_writes embedded
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${data}
`;
}

/** Starts such a server in a process of its own, or as one with workers. */
export function startEmbeddedProcess(data: string, workers = 1): Promise<ProxyProcess> {
  return startProxyProcess(embeddedConfiguration(data, workers));
}

/** Logs its only user in. */
export function loginTo(url: string): Promise<Client> {
  return login(url, 'test:tester', 'testing');
}

/** The living child processes of a process. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** The umask of a process, in octal digits. */
export function umaskOf(pid: number): string | undefined {
  return /^Umask:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

/** Whether a process exists. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
