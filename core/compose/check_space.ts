import { statfsSync } from "node:fs";
import { ComposeError } from "../error.ts";

/** Room for what scripts write, in bytes. */
const SCRIPT_ROOM = 128 * 1024 * 1024;

/**
 * Refuse to begin what cannot end: compare the free space with what the packages will need.
 *
 * @param directory Where it will be written.
 * @param needed Bytes that downloads and imports will take.
 * @param room Bytes besides. @default what scripts may write
 * @throws {ComposeError} `compose/no-space`.
 */
export function checkSpace(directory: string, needed: number, room = SCRIPT_ROOM): void {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const wanted = needed + room;
  if (free >= wanted) return;
  const mebibytes = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
  throw new ComposeError(
    "compose/no-space",
    `Cannot compose in "${directory}": ${mebibytes(wanted)} MiB are needed, ${
      mebibytes(free)
    } MiB are free`,
    { subject: directory, hint: "Free space there, or name another place with --cachedir" },
  );
}
