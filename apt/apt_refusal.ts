import type { RunError } from "@apt-ostree/base";
import { parseUnmet } from "./apt_output.ts";
import { AptError } from "./error.ts";
import { nearestNames } from "./nearest_names.ts";

/**
 * Say what it means that `apt-get update` failed.
 *
 * @param stderr What it wrote to standard error.
 */
export function explainUpdate(stderr: string, cause: RunError): AptError {
  const lines = stderr.split("\n").filter((line) => /^[EW]: /.test(line));
  const text = (pattern: RegExp) =>
    lines.find((line) => pattern.test(line))?.replace(/^[EW]: /, "");
  const untrusted = text(
    /NO_PUBKEY|public key is not available|is not signed|GPG error|BADSIG|EXPKEYSIG|no longer signed/,
  );
  if (untrusted) {
    const source = /(?:https?|file|copy|ftp|mirror[+\w]*):\S+/.exec(untrusted)?.[0] ?? "a source";
    return new AptError("apt/untrusted-source", `Cannot trust source "${source}": ${untrusted}`, {
      subject: source,
      hint: "Name the archive's key with Signed-By: /path/to/key.gpg in its .sources file",
      cause,
    });
  }
  const expired = text(/is not valid yet|is expired|Release file .* expired/i);
  if (expired) {
    return new AptError("apt/untrusted-source", `Cannot use an outdated source: ${expired}`, {
      hint: "If that is what you want, set Check-Valid-Until: no in its .sources file",
      cause,
    });
  }
  const reason = lines.map((line) => line.replace(/^[EW]: /, "")).join("; ") || cause.message;
  return new AptError("apt/update-failed", `Cannot fetch package lists: ${reason}`, {
    hint:
      "Check the URIs of the sources and the network, or use --cache-only with an earlier state",
    cause,
  });
}

/**
 * Say what it means that apt found no solution.
 *
 * @param output Standard output and standard error together.
 * @param exclude Names that were excluded, to say so where they are the reason.
 * @param names All package names, for a guess at what was meant.
 */
export function explainPlan(
  output: string,
  exclude: readonly string[],
  names: () => Iterable<string>,
  cause: RunError,
): AptError {
  const missing = [...output.matchAll(/^E: Unable to locate package (\S+)/gm)].map((found) =>
    found[1]!
  )
    .concat(
      [...output.matchAll(/^E: Couldn't find any package by (?:glob|regex) '([^']+)'/gm)].map((f) =>
        f[1]!
      ),
    );
  if (missing.length > 0) {
    const unique = [...new Set(missing)];
    const near = unique.flatMap((name) => nearestNames(name, names()));
    return new AptError(
      "apt/no-such-package",
      `Cannot find ${unique.length > 1 ? "packages" : "package"} ${
        unique.map((n) => `"${n}"`).join(", ")
      }`,
      {
        subject: unique[0]!,
        hint: near.length > 0
          ? `Did you mean ${near.join(", ")}?`
          : "Check the name and the sources",
        cause,
      },
    );
  }
  const unmet = parseUnmet(output);
  const reasons = [...output.matchAll(/^E: (.+)$/gm)].map((found) => found[1]!);
  if (unmet.length > 0) {
    const excluded = exclude.filter((name) =>
      unmet.some((line) => line.includes(` ${name} `) || line.includes(` ${name}(`))
    );
    return new AptError(
      "apt/conflict",
      `Cannot install the packages together: ${unmet.join("; ")}`,
      {
        subject: unmet[0]!.replace(/:.*/, ""),
        hint: excluded.length > 0
          ? `Take ${excluded.join(", ")} out of exclude-packages, or leave out what needs it`
          : "Leave out one of the packages named, or add a source that has a fitting version",
        cause,
      },
    );
  }
  const candidate = /^E: (Version|Release) '([^']+)' for '([^']+)' was not found/m.exec(output) ??
    /^E: (Package) '(([^']+))' has no installation candidate/m.exec(output);
  if (candidate) {
    const name = candidate[3]!;
    const excluded = exclude.includes(name);
    return new AptError("apt/no-such-package", `Cannot install "${name}": ${reasons.join("; ")}`, {
      subject: name,
      hint: excluded
        ? `"${name}" is excluded as well: decide on one`
        : "Check the version and the sources",
      cause,
    });
  }
  return new AptError(
    "apt/failed",
    `Cannot plan the installation: ${reasons.join("; ") || cause.message}`,
    {
      hint: "The message is apt's own",
      cause,
    },
  );
}
