export {
  versionedWrites,
  type VersionedWritesMiddleware,
  type VersionedWritesOptions,
} from './server/express/middleware';
export { ConfigError } from './config/error';
export { loadConfig, readConfig, type Config } from './pipeline/load';
export { startServer, type RunningServer } from './server/serve';
