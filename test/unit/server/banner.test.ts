import { formatBanner } from '../../../src/server/banner';

const URL = 'http://127.0.0.1:8080';
const DOCUMENTS = ['README.md', 'docs/'];
const user = { name: 'test:tester', key: 'testing', account: 'AUTH_test' };

it('shows no commands without a user whose key may be shown', () => {
  const text = formatBanner(URL, { data: '/var/data', dialects: ['s3'] }, DOCUMENTS);
  expect(text).toBe(
    `\nHindsight listens on ${URL}\nand stores its data in /var/data\n\nDocuments: README.md, docs/\n\n`,
  );
});

it.each(['', 's3', 's3 cos qingstor'])('has one block for each API (%s)', (words) => {
  const dialects = words.split(' ');
  const text = formatBanner(URL, { data: 'data', user, dialects }, DOCUMENTS);
  expect(text.includes('--aws-sigv4')).toBe(dialects.includes('s3'));
  expect(text.includes('SecretId test:tester')).toBe(dialects.includes('cos'));
  expect(text.includes('QingStor')).toBe(dialects.includes('qingstor'));
});

it('has commands without comments, which some shells do not know', () => {
  const text = formatBanner(URL, { data: 'data', user, dialects: ['s3'] }, DOCUMENTS);
  const commands = text.split('\n').filter((line) => line.startsWith('  '));
  expect(commands.length).toBeGreaterThan(6);
  for (const command of commands) expect(command).not.toMatch(/ #/);
});
