import type { RunError } from "@apt-ostree/base";
import { parseUnmet } from "./apt_output.ts";
import { parseDeb822 } from "./deb822.ts";
import { AptError } from "./error.ts";
import { explainChain, findClash, type Limits } from "./explain_chain.ts";
import { nearestNames } from "./nearest_names.ts";
import { Offers } from "./offers.ts";
import type { PlanRequest } from "./plan.ts";
import { findPin, parsePreferences, type Pin } from "./preferences.ts";
import type { SolverWorld } from "./solver.ts";

const MESSAGE = /^(?:E|W|Error|Warning): /;

/**
 * Say what it means that `apt-get update` failed.
 *
 * @param stderr What it wrote to standard error.
 * @param missingKeys Paths of keys that sources name and that are not there.
 */
export function explainUpdate(
  stderr: string,
  cause: RunError,
  missingKeys: readonly string[] = [],
): AptError {
  // apt 3 writes the words in full where it is told to be of its own time.
  const lines = stderr.split("\n").filter((line) => MESSAGE.test(line))
    .map((line) => line.replace(MESSAGE, ""));
  const text = (pattern: RegExp) => lines.find((line) => pattern.test(line));
  const untrusted = text(
    /NO_PUBKEY|public key is not available|is not signed|(GPG error|verification failed): |BADSIG|EXPKEYSIG|no longer signed/,
  );
  if (untrusted) {
    if (missingKeys.length > 0) {
      const [key] = missingKeys;
      return new AptError(
        "apt/untrusted-source",
        `Cannot trust a source: its key "${key}" is not there`,
        {
          subject: key!,
          hint: "Put the archive's key there, or correct Signed-By in its .sources file",
          cause,
        },
      );
    }
    const source = /(?:https?|file|copy|ftp|mirror[+\w]*):\S+/.exec(untrusted)?.[0] ?? "a source";
    const hint = /EXPKEYSIG|expired/i.test(untrusted)
      ? "The archive's key has expired: get its newer form, and name that with Signed-By"
      : "Name the archive's key with Signed-By: /path/to/key.gpg in its .sources file" +
        (/is not signed/.test(untrusted) ? "; to do without any signature, set Trusted: yes" : "");
    return new AptError("apt/untrusted-source", `Cannot trust source "${source}": ${untrusted}`, {
      subject: source,
      hint,
      cause,
    });
  }
  const weak = text(/No Hash entry in Release file|uses weak digest|weak security information/);
  if (weak) {
    return new AptError("apt/weak-source", `Cannot trust a source: ${weak}`, {
      hint: "Ask its maintainer for SHA256 in its Release file; nothing weaker is believed",
      cause,
    });
  }
  const expired = text(/is not valid yet|is expired|Release file .* expired/i);
  if (expired) {
    const option = /not valid yet/.test(expired) ? "Check-Date" : "Check-Valid-Until";
    return new AptError("apt/expired-source", `Cannot use an outdated source: ${expired}`, {
      hint: `If that is what you want, set ${option}: no in its .sources file`,
      cause,
    });
  }
  const reason = lines.join("; ") || cause.message;
  const full = text(/No space left on device|Disk quota exceeded/);
  if (full) {
    return new AptError("apt/update-failed", `Cannot fetch package lists: ${full}`, {
      hint: "Free space and run it again: what was there before stays",
      cause,
    });
  }
  return new AptError("apt/update-failed", `Cannot fetch package lists: ${reason}`, {
    hint:
      "Check the URIs of the sources and the network, or use --cache-only with an earlier state",
    cause,
  });
}

/**
 * Say what it means that apt found no solution: as a chain of needs, from what was asked for down to
 * what is wrong, with what would help.
 *
 * @param output Standard output and standard error together.
 */
export async function explainPlan(
  output: string,
  request: PlanRequest,
  world: SolverWorld,
  cause: RunError,
): Promise<AptError> {
  const offers = readOffers(world);
  const limits = await readLimits(request, world);
  const missing = [
    ...output.matchAll(/^E: Unable to locate package (\S+)/gm),
    ...output.matchAll(/^E: Couldn't find any package by (?:glob|regex) '([^']+)'/gm),
  ].map(([, name]) => name!);
  const unknown = [...new Set(missing)].filter((name) => offers.everywhere(name).length === 0);
  if (unknown.length > 0) return unknownPackages(unknown, offers, cause);
  const asked = request.install.map(parseRequest);
  for (const each of asked) {
    const found = await explainChain(each, offers, limits);
    if (!found) continue;
    const code = found.steps.length === 1 ? "apt/no-such-package" : "apt/conflict";
    return new AptError(code, `Cannot install "${each.name}": ${found.steps.join("; ")}`, {
      subject: each.name,
      hint: sentence(found.actions),
      cause,
    });
  }
  const clash = await findClash(asked, offers, limits);
  if (clash) {
    const { askedFor, declarer, relation, otherAskedFor, other } = clash;
    const via = (name: string, pkg: string) => pkg.startsWith(`${name} `) ? "" : `, for ${name}`;
    const message = `Cannot install the packages together: ` +
      `${declarer}${via(askedFor, declarer)}, ${relation}; ${other} is needed` +
      `${via(otherAskedFor, other)}`;
    const leave = [...new Set([askedFor, otherAskedFor])].map((name) => `leave out ${name}`);
    return new AptError("apt/conflict", message, {
      subject: askedFor,
      hint: sentence(leave),
      cause,
    });
  }
  const unmet = parseUnmet(output);
  const reasons = [...output.matchAll(/^E: (.+)$/gm)].map((found) => found[1]!);
  if (unmet.length > 0) {
    const message = `Cannot install the packages together: ${unmet.join("; ")}`;
    return new AptError("apt/conflict", message, {
      subject: unmet[0]!.replace(/:.*/, ""),
      hint: "Leave out one of the packages named, or add a source that has a fitting version",
      cause,
    });
  }
  const message = `Cannot plan the installation: ${reasons.join("; ") || cause.message}`;
  return new AptError("apt/failed", message, { hint: "The message is apt's own", cause });
}

function unknownPackages(names: readonly string[], offers: Offers, cause: RunError): AptError {
  const all = new Set(offers.names());
  const near = names.flatMap((name) => nearestNames(name, all));
  const quoted = names.map((name) => `"${name}"`).join(", ");
  const what = names.length > 1 ? "packages" : "package";
  return new AptError("apt/no-such-package", `Cannot find ${what} ${quoted}`, {
    subject: names[0]!,
    hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : "Check the name and the sources",
    cause,
  });
}

function readOffers(world: SolverWorld): Offers {
  const indexes = world.indexes().map((index) => ({ id: index.file, index }));
  return new Offers(indexes, [world.architecture, ...world.foreignArchitectures]);
}

async function readLimits(
  request: PlanRequest,
  { apt, dir, preferences }: SolverWorld,
): Promise<Limits> {
  const status = parseDeb822(await Deno.readTextFile(`${dir}/var/lib/dpkg/status`), "status");
  const held = status.filter((stanza) => stanza.get("Status")?.startsWith("hold "))
    .map((stanza) => [stanza.get("Package") ?? "", stanza.get("Version") ?? ""] as const);
  const candidates = new Map<string, string | undefined>();
  let pins: readonly Pin[] | undefined;
  return {
    excluded: new Set(request.exclude ?? []),
    locked: request.locked ?? new Map(),
    lockedOnly: request.lockedOnly ?? false,
    held: new Map(held),
    pin: (name) => findPin(pins ??= preferences.flatMap(parsePreferences), name),
    async candidate(name) {
      if (!candidates.has(name)) {
        const text = await apt.text(["apt-cache", "policy", "--", name]);
        const found = /^ {2}Candidate: (\S+)$/m.exec(text)?.[1];
        candidates.set(name, found === "(none)" ? undefined : found);
      }
      return candidates.get(name);
    },
  };
}

/** Name and version of a request as apt takes them. */
function parseRequest(text: string): { name: string; version?: string } {
  const [, name = text, version] = /^([^=/:]+)(?:[/:][^=]*)?(?:=(.*))?$/.exec(text) ?? [];
  return { name, ...(version === undefined ? {} : { version }) };
}

function sentence(actions: readonly string[]): string {
  const text = actions.join("; or ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
