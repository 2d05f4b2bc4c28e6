/** An archive that cannot be read further; the message is that of Python's `tarfile`. */
export class BrokenArchive extends Error {
  override readonly name = 'BrokenArchive';
}
