import { entriesIfThere } from "./if_there.ts";

/** A static delta of a repository. */
export interface StaticDelta {
  /** Commit that it starts from; `undefined` for one that starts from nothing. */
  readonly from: string | undefined;
  /** Commit that it leads to. */
  readonly to: string;
  /** Directory that holds it. */
  readonly path: string;
}

/** Static deltas of a repository, in no order; directories that are none are passed over. */
export function* staticDeltas(repo: string): Generator<StaticDelta> {
  for (const prefix of entriesIfThere(`${repo}/deltas`)) {
    if (!prefix.isDirectory) continue;
    for (const { name } of entriesIfThere(`${repo}/deltas/${prefix.name}`)) {
      const path = `${repo}/deltas/${prefix.name}/${name}`;
      const sums = `${prefix.name}${name}`.split("-").map(decodeName);
      const [first, second] = sums;
      if (first === undefined || sums.length > 2 || sums.includes(undefined)) continue;
      yield second === undefined
        ? { from: undefined, to: first, path }
        : { from: first, to: second, path };
    }
  }
}

/** A checksum from its base64 with `_` for `/`, as delta directories are named. */
function decodeName(name: string): string | undefined {
  if (!/^[A-Za-z0-9+_]{43}$/.test(name)) return undefined;
  return Uint8Array.fromBase64(name.replaceAll("_", "/")).toHex();
}
