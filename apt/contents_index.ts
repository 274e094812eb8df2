/** A line of a Contents index: a path, and the packages that have it. */
export interface ContentsEntry {
  /** Path without leading slash. */
  readonly path: string;
  /** Packages, each as `[[area/]section/]name`. */
  readonly packages: readonly string[];
}

/**
 * Read lines of a Contents index.
 *
 * Old indexes begin with free text up to a line `FILE LOCATION`, which is passed over.
 *
 * @param lines Lines without their ends.
 * @see DebianRepository/Format on the Debian wiki, "Contents indices"
 */
export async function* parseContents(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<ContentsEntry, void, void> {
  for await (const line of lines) {
    // Paths may have spaces, lists of packages have none.
    const text = line.trimEnd();
    const space = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\t"));
    const path = text.slice(0, Math.max(0, space)).trimEnd();
    if (path === "" || (path === "FILE" && text.endsWith("LOCATION"))) continue;
    yield { path: path.replace(/^\.?\//, ""), packages: text.slice(space + 1).split(",") };
  }
}
