import { LibcError, readUnfollowed } from "@apt-ostree/base";
import { resolveInside } from "../resolve_inside.ts";
import type { FileChange } from "./record.ts";

/** What a look found to be new. */
export interface NewFacts {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly triggers: readonly string[];
}

/** Bytes of a file that are read: no honest list of accounts is longer. */
const MOST = 1024 * 1024;

/** Follows the lists of accounts and of pending triggers of a system while scripts change it. */
export class SystemFacts {
  readonly #upper: string;
  readonly #lists: ReadonlyMap<string, { readonly path: string; names: ReadonlySet<string> }>;

  /** @param options The overlay's directories. */
  constructor({ lower, upper }: { readonly lower: string; readonly upper: string }) {
    this.#upper = upper;
    const database = resolveInside(lower, "var/lib/dpkg") ?? "var/lib/dpkg";
    const list = (path: string) => ({ path, names: readNames(`${lower}/${path}`) });
    this.#lists = new Map([
      ["users", list("etc/passwd")],
      ["groups", list("etc/group")],
      ["triggers", list(`${database}/triggers/Unincorp`)],
    ]);
  }

  /** Find what is new since the last look. @param changes What has changed since then. */
  look(changes: readonly FileChange[]): NewFacts {
    return {
      users: this.#added("users", changes),
      groups: this.#added("groups", changes),
      triggers: this.#added("triggers", changes),
    };
  }

  #added(name: string, changes: readonly FileChange[]): string[] {
    const list = this.#lists.get(name)!;
    const change = changes.find((each) => each.path === `/${list.path}`);
    if (!change) return [];
    const before = list.names;
    list.names = change.after?.type === "file"
      ? readNames(`${this.#upper}/${list.path}`)
      : new Set();
    return [...list.names].filter((each) => !before.has(each));
  }
}

/** What stands before the first colon or space of each line. */
function readNames(path: string): Set<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    readUnfollowed(path, (piece) => text += decoder.decode(piece, { stream: true }), MOST);
  } catch (error) {
    if (error instanceof LibcError) return new Set();
    throw error;
  }
  const names = text.split("\n").map((line) => line.replace(/[: ].*/, ""));
  return new Set(names.filter((each) => each !== ""));
}
