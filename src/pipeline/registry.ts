import { accountQuotas } from '../../middleware/account_quotas';
import { bulk } from '../../middleware/bulk';
import { catchErrors } from '../../middleware/catch_errors';
import { containerQuotas } from '../../middleware/container_quotas';
import { cosapi } from '../../middleware/cosapi';
import { formpost } from '../../middleware/formpost';
import { gatekeeper } from '../../middleware/gatekeeper';
import { healthcheck } from '../../middleware/healthcheck';
import { proxyLogging } from '../../middleware/proxy-logging';
import { qsapi } from '../../middleware/qsapi';
import { s3api } from '../../middleware/s3api';
import { tempauth } from '../../middleware/tempauth';
import { tempurl } from '../../middleware/tempurl';
import { versionedWrites } from '../../middleware/versioned_writes';
import type { AppPlugin, FilterPlugin } from '../plugin/plugin';
import type { FilterPaths } from '../swift_api/request_target';
import { embedded } from '../stores/embedded/app';
import { swift } from '../stores/swift/app';

/** The filters that a configuration can name: add one here, and `use` finds it. */
export const filters: readonly FilterPlugin[] = [
  catchErrors,
  gatekeeper,
  healthcheck,
  proxyLogging,
  s3api,
  cosapi,
  qsapi,
  bulk,
  tempauth,
  tempurl,
  formpost,
  containerQuotas,
  accountQuotas,
  versionedWrites,
];

/**
 * The paths that filters answer, in a pipeline or not: so a path has one reading whatever
 * the configuration.
 */
export const filterPaths: FilterPaths = new Set(filters.flatMap(({ paths = [] }) => paths));

/** The apps that a configuration can name, for the end of its pipeline. */
export const apps: readonly AppPlugin[] = [swift, embedded];
