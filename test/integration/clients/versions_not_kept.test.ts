import { fourSpeakers } from '../../support/clients/dialects/four';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { swiftS3 } from '../../support/servers/s3_endpoint';
import { describeWithSwift } from '../../support/servers/swift';

const APIS = ['s3', 'cos', 'qs'] as const;

/** Without `allow_object_versioning` versions are the store's, if it has any. */
describeWithSwift('versions that Hindsight does not keep', ({ plain, versioned }) => {
  let proxies: { readonly without: ProxyProcess; readonly own: ProxyProcess };
  beforeAll(async () => {
    const configuration = (upstream: string) =>
      swiftS3(upstream).replace('allow_object_versioning = true', '');
    proxies = {
      without: await startProxyProcess(configuration(plain)),
      own: await startProxyProcess(configuration(versioned)),
    };
  });
  afterAll(async () => {
    await proxies.without.stop();
    await proxies.own.stop();
  });

  const speakerOf = async ({ url }: ProxyProcess, api: (typeof APIS)[number]) => {
    const endpoint = { url, region: 'us-east-1', accessKey: 'test:tester', secretKey: 'testing' };
    const speaker = (await fourSpeakers(endpoint, `not-kept-${api}-${Date.now()}-1250000000`))[api];
    await speaker.create();
    return speaker;
  };

  it.each(APIS)('are refused through %s if the store has none', async (api) => {
    const speaker = await speakerOf(proxies.without, api);
    for (const status of ['Enabled', 'Suspended'] as const)
      await expect(speaker.setVersioning(status)).rejects.toThrow(/501[^]*allow_object_versioning/);
    expect(await speaker.versioning()).toBe('never');
  });

  it.each(APIS)("are the store's own through %s", async (api) => {
    const speaker = await speakerOf(proxies.own, api);
    await speaker.setVersioning('Enabled');
    expect(await speaker.versioning()).toBe('Enabled');
  });
});
