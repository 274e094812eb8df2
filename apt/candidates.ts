import { RunError } from "@apt-ostree/base";
import { aptFileName, parseUris } from "./apt_output.ts";
import { explainPlan } from "./apt_refusal.ts";
import type { PlannedPackage } from "./plan.ts";
import { planned, type SolverWorld } from "./solver.ts";

/**
 * The versions that apt would take of packages, whatever they need and whatever is installed.
 *
 * @param requests As apt takes them: `name`, `name=version`, `name/suite`, `name:arch`.
 * @throws {AptError} `apt/no-such-package`, `apt/failed`, `apt/weak-source`.
 */
export async function candidates(
  world: SolverWorld,
  requests: readonly string[],
  signal: AbortSignal | undefined,
): Promise<PlannedPackage[]> {
  if (requests.length === 0) return [];
  let errors = "";
  const decoder = new TextDecoder();
  let text: string;
  try {
    text = await world.apt.text(["apt-get", "-q", "--print-uris", "download", "--", ...requests], {
      ...(signal ? { signal } : {}),
      onStderr: (piece) => errors += decoder.decode(piece, { stream: true }),
    });
  } catch (cause) {
    if (!(cause instanceof RunError) || cause.code !== "run/failed") throw cause;
    const output = `${decoder.decode(cause.stdout)}${errors}`;
    throw await explainPlan(output, { install: requests }, world, cause);
  }
  const offered = new Map(parseUris(text).map((each) => [each.file, each]));
  const uris = new Map([...offered].map(([file, { uri }]) => [file, uri]));
  const names = new Set(requests.map((request) => request.replace(/[=/:].*/, "")));
  const found = new Map<string, PlannedPackage>();
  for (const fields of [...names].flatMap((name) => world.indexes().flatMap((i) => i.find(name)))) {
    const name = fields.get("Package") ?? "";
    const version = fields.get("Version") ?? "";
    const architecture = fields.get("Architecture") ?? "";
    const offer = offered.get(aptFileName(name, version, architecture));
    const key = `${name} ${version} ${architecture}`;
    // Two archives may have different packages of one name and version.
    if (
      !offer || found.has(key) || (offer.sha256 || fields.get("SHA256")) !== fields.get("SHA256")
    ) {
      continue;
    }
    const each = { name, version, architecture, releases: [] };
    const stanzas = new Map([[key, fields]]);
    found.set(key, planned(each, uris, stanzas, names, world.fetched.indexes));
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
