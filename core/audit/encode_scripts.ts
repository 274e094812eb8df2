import { gunzipSync, gzipSync } from "node:zlib";
import type { RecordedScript, ScriptsRecord } from "./scripts_record.ts";

/** Bytes of a record in a commit, and unpacked. */
const MOST_PACKED = 4 * 1024 * 1024;
const MOST_UNPACKED = 64 * 1024 * 1024;

/**
 * A record as compressed JSON.
 *
 * One that is too large for a commit loses its longest lists of files, which are counted instead.
 */
export function encodeScripts(scripts: readonly RecordedScript[]): Uint8Array<ArrayBuffer> {
  const longest = scripts.toSorted((a, b) => b.files.length - a.files.length);
  for (let dropped = 0;; dropped = dropped * 2 + 1) {
    const short = new Set(longest.slice(0, dropped));
    const kept = scripts.map((each): RecordedScript =>
      short.has(each) ? { ...each, files: [], omitted: each.files.length, incomplete: true } : each
    );
    const record: ScriptsRecord = { version: 1, scripts: dropped > 2 * scripts.length ? [] : kept };
    const json = new TextEncoder().encode(JSON.stringify(record));
    if (json.length > MOST_UNPACKED) continue;
    const packed = gzipSync(json);
    if (packed.length <= MOST_PACKED) return new Uint8Array(packed);
  }
}

/**
 * Read a record that {@linkcode encodeScripts} has made.
 *
 * @returns `undefined` where it is of a form that is not known here, or damaged.
 */
export function decodeScripts(bytes: Uint8Array): ScriptsRecord | undefined {
  try {
    const json = gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED });
    const record = JSON.parse(new TextDecoder().decode(json)) as ScriptsRecord | null;
    return record?.version === 1 && Array.isArray(record.scripts) ? record : undefined;
  } catch (error) {
    // What zlib and JSON throw at bytes that are none of theirs.
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error)) {
      return undefined;
    }
    throw error;
  }
}
