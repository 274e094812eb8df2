/** What becomes of a conffile when its package is configured. */
export type ConffileVerdict =
  /** What stands there stays, and the package's version is dropped. */
  | "keep"
  /** What stands there stays, and the package's version lies beside it as `.dpkg-dist`. */
  | "keep-beside"
  /** The package's version goes there. */
  | "install";

/**
 * What dpkg does with a conffile where nobody can be asked (`--force-confdef --force-confold`): what an
 * administrator edited or removed stays so.
 *
 * All digests are MD5.
 *
 * @param recorded Of the text that the version before shipped; `undefined` where there was none.
 * @param current Of what stands there; `undefined` where nothing does.
 * @param shipped Of what the package ships.
 * @see dpkg, src/main/configure.c, deferred_configure_conffile()
 */
export function decideConffile(
  recorded: string | undefined,
  current: string | undefined,
  shipped: string,
): ConffileVerdict {
  if (current === shipped) return "keep";
  if (recorded === undefined) return current === undefined ? "install" : "keep-beside";
  if (recorded === shipped) return "keep";
  return current === recorded ? "install" : "keep-beside";
}
