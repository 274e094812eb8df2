import { RepoError } from "./error.ts";

/**
 * How a repository stores its objects; `bare-split-xattrs`, the form inside container images, can
 * only be read.
 */
export type RepoMode = "bare" | "bare-user" | "bare-user-only" | "archive" | "bare-split-xattrs";

/** A GLib key file: groups of keys, in order. */
export type KeyFile = Map<string, Map<string, string>>;

/**
 * Read a GLib key file, the form of a repository's `config` and of origin files.
 *
 * @param file Name for messages.
 * @throws {RepoError} `repo/bad-config` with the line that is neither group, key nor comment.
 */
export function parseKeyFile(text: string, file: string): KeyFile {
  const groups: KeyFile = new Map();
  let group: Map<string, string> | undefined;
  text.split("\n").forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const header = /^\[(.+)\]$/.exec(trimmed);
    const key = /^([^=\s][^=]*?)\s*=\s*(.*)$/.exec(trimmed);
    if (header) {
      group = groups.get(header[1]!) ?? new Map();
      groups.set(header[1]!, group);
    } else if (key && group) group.set(key[1]!, key[2]!);
    else {
      throw new RepoError(
        "repo/bad-config",
        `Cannot read "${file}": line ${index + 1} is "${trimmed}"`,
        {
          subject: file,
          hint: "A line is [group], key=value or # comment",
        },
      );
    }
  });
  return groups;
}

/** Text of a GLib key file. */
export function formatKeyFile(groups: KeyFile): string {
  return [...groups].map(([name, keys]) =>
    `[${name}]\n${[...keys].map(([key, value]) => `${key}=${value}\n`).join("")}`
  ).join("\n");
}

const MODES: ReadonlyMap<string, RepoMode> = new Map([
  ["bare", "bare"],
  ["bare-user", "bare-user"],
  ["bare-user-only", "bare-user-only"],
  ["bare-split-xattrs", "bare-split-xattrs"],
  ["archive", "archive"],
  ["archive-z2", "archive"],
]);

/**
 * The mode that a repository's `config` names.
 *
 * @throws {RepoError} `repo/bad-config` or `repo/unsupported-mode`.
 */
export function configMode(config: KeyFile, path: string): RepoMode {
  const core = config.get("core");
  const version = core?.get("repo_version");
  if (version !== "1") {
    throw new RepoError(
      "repo/bad-config",
      `Cannot open repository "${path}": repo_version is "${version ?? ""}"`,
      {
        subject: path,
        hint: "Only version 1 exists; the file may be damaged",
      },
    );
  }
  const text = core?.get("mode") ?? "bare";
  const mode = MODES.get(text);
  if (mode) return mode;
  throw new RepoError(
    "repo/unsupported-mode",
    `Cannot open repository "${path}": its mode is "${text}"`,
    {
      subject: path,
      hint: `Modes are ${[...MODES.keys()].join(", ")}`,
    },
  );
}
