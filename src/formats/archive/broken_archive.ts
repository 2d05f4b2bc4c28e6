/** An archive that cannot be read further; the message is what Python's `tarfile` says. */
export class BrokenArchive extends Error {
  override readonly name = 'BrokenArchive';
}
