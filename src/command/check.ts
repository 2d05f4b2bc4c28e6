import { loadConfig } from '../pipeline/load';

/**
 * Reads a configuration, and prints its pipeline and remarks.
 *
 * @throws ConfigError with all mistakes
 */
export function runCheck(file: string): void {
  const { pipeline, remarks } = loadConfig(file);
  process.stdout.write(`${file} is valid: ${pipeline.join(' ')}\n`);
  for (const remark of remarks) process.stdout.write(`note: ${remark}\n`);
}
