import { AptError } from "./error.ts";
import { parseRelease } from "./release.ts";
import { type AptSource, parseSources, type SourcesFile } from "./sources.ts";

/** What stands for the date in the address that a Release file gives for its snapshots. */
const PLACE = "@SNAPSHOTID@";

/**
 * Refuse what is no date of a snapshot.
 *
 * @throws {AptError} `apt/no-snapshot`.
 */
export function checkSnapshotId(id: string): void {
  if (/^\d{8}T\d{6}Z$/.test(id)) return;
  throw new AptError("apt/no-snapshot", `Cannot use snapshot "${id}": it is no date`, {
    subject: id,
    hint: "Write it as 20260131T120000Z, in UTC",
  });
}

/**
 * Sources as they were at a date: each archive by the address that its own Release file names.
 *
 * @param release Text of the Release file of an archive's suite, as it was fetched now.
 * @returns One file in deb822 form for each given one. Suites of a snapshot are not checked for their age:
 * they are meant to be old.
 * @throws {AptError} `apt/no-snapshot` with the archive that keeps none.
 * @see sources.list(5), "Snapshot"; apt's own `Snapshots` field of Release files
 */
export function snapshotSources(
  sources: readonly SourcesFile[],
  id: string,
  release: (uri: string, suite: string) => string | undefined,
): SourcesFile[] {
  checkSnapshotId(id);
  return sources.map((file) => ({
    name: file.name.replace(/\.list$/, ".sources"),
    text: parseSources(file).filter((source) => source.types.includes("deb"))
      .flatMap((source) => stanzas(source, id, release)).join("\n"),
  }));
}

function stanzas(
  source: AptSource,
  id: string,
  release: (uri: string, suite: string) => string | undefined,
): string[] {
  const options = [...source.options].filter(([name]) =>
    !/^(snapshot|check-valid-until|check-date)$/i.test(name)
  );
  return source.uris.flatMap((uri) =>
    source.suites.map((suite) =>
      [
        "Types: deb",
        `URIs: ${snapshotUri(uri, suite, id, release(uri, suite))}`,
        `Suites: ${suite}`,
        ...(source.components.length > 0 ? [`Components: ${source.components.join(" ")}`] : []),
        ...options.map(([name, value]) =>
          value.startsWith("\n") ? `${name}:${value}` : `${name}: ${value}`
        ),
        "Check-Valid-Until: no",
        "",
      ].join("\n")
    )
  );
}

function snapshotUri(uri: string, suite: string, id: string, text: string | undefined): string {
  const found = text && parseRelease(text, suite).fields.get("Snapshots");
  if (found && found.includes(PLACE) && !/\s/.test(found)) return found.replaceAll(PLACE, id);
  const message = `Cannot use snapshot "${id}": "${uri}" ${suite} names no snapshots`;
  throw new AptError("apt/no-snapshot", message, {
    subject: uri,
    hint: "Use a mirror whose Release file has the field Snapshots, or a lockfile",
  });
}
