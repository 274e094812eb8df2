/** A diversion: the file of every package but one goes to another name. */
export interface Diversion {
  /** Absolute path that is diverted. */
  readonly from: string;
  /** Absolute path that other packages' files get instead. */
  readonly to: string;
  /** Package whose own file keeps the name; `:` for a local diversion, which moves everybody's. */
  readonly package: string;
}

/**
 * Read dpkg's `diversions` file: three lines an entry.
 *
 * @see dpkg-divert(1)
 */
export function parseDiversions(text: string): Diversion[] {
  const lines = text.split("\n");
  const diversions: Diversion[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    diversions.push({ from: lines[at]!, to: lines[at + 1]!, package: lines[at + 2]! });
  }
  return diversions;
}

/** A mode and an owner that the administrator or a script has laid on a path. */
export interface StatOverride {
  /** User name or `#uid`. */
  readonly user: string;
  /** Group name or `#gid`. */
  readonly group: string;
  /** Permission bits. */
  readonly mode: number;
  /** Absolute path. */
  readonly path: string;
}

/**
 * Read dpkg's `statoverride` file: user, group, octal mode and path on a line.
 *
 * @see dpkg-statoverride(1)
 */
export function parseStatOverrides(text: string): StatOverride[] {
  const overrides: StatOverride[] = [];
  for (const line of text.split("\n")) {
    const found = /^(\S+) (\S+) ([0-7]+) (.+)$/.exec(line);
    if (!found) continue;
    overrides.push({
      user: found[1]!,
      group: found[2]!,
      mode: parseInt(found[3]!, 8),
      path: found[4]!,
    });
  }
  return overrides;
}
