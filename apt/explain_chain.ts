import { allowsVersion, type Alternative, parseDependencies } from "./dependency.ts";
import { getField } from "./deb822.ts";
import type { Offer, Offers } from "./offers.ts";
import type { Pin } from "./preferences.ts";

/** Why something cannot be had: sentences from what was asked for down to what is wrong. */
export interface Explanation {
  /** What was asked for. */
  readonly subject: string;
  /** Steps, joined by the reader; the last one is what is wrong. */
  readonly steps: readonly string[];
  /** What would help, the best first, in the imperative. */
  readonly actions: readonly string[];
}

/** What limits the choice. */
export interface Limits {
  /** Names that must not be installed. */
  readonly excluded: ReadonlySet<string>;
  /** Exact versions by name. */
  readonly locked: ReadonlyMap<string, string>;
  /** Whether only those may be installed. */
  readonly lockedOnly: boolean;
  /** Installed versions that must stay, by name. */
  readonly held: ReadonlyMap<string, string>;
  /** The pin that decides about a package, where one does. */
  pin(name: string): Pin | undefined;
  /** Version that apt's policy chooses; `undefined` where it forbids all. */
  candidate(name: string): Promise<string | undefined>;
}

/** What is wrong at the end of a chain. */
interface Leaf {
  readonly what: string;
  readonly actions: readonly string[];
}

/**
 * Find the shortest chain of dependencies that leads from a request to something that cannot be had.
 *
 * @param request A package and, where asked for, its version.
 * @returns `undefined` if every dependency can be had by itself: then some of them exclude each other.
 */
export async function explainChain(
  request: { readonly name: string; readonly version?: string },
  offers: Offers,
  limits: Limits,
): Promise<Explanation | undefined> {
  const wanted: Alternative = {
    name: request.name,
    ...(request.version === undefined ? {} : { relation: "=", version: request.version }),
  };
  // A dependency takes any provider; who asks for one of several must say which.
  const providers = new Set(offers.providers(request.name).map(({ name }) => name));
  if (offers.versions(request.name).length === 0 && providers.size > 1) {
    const { what, actions } = await whyNot(wanted, offers, limits);
    return { subject: request.name, steps: [what], actions };
  }
  const seen = new Set<string>();
  let level: { readonly steps: readonly string[]; readonly wanted: readonly Alternative[] }[] = [
    { steps: [], wanted: [wanted] },
  ];
  // Breadth first: the first thing that is wrong has the shortest chain.
  for (; level.length > 0;) {
    const next: typeof level = [];
    for (const { steps, wanted } of level) {
      const leaf = await problem(wanted, offers, limits);
      if (leaf) {
        const top = steps.length > 0 ? [`leave out ${request.name}`] : [];
        return {
          subject: request.name,
          steps: [...steps, leaf.what],
          actions: [...leaf.actions, ...top],
        };
      }
      const chosen = await choose(wanted, offers, limits);
      if (!chosen || seen.has(chosen.name)) continue;
      seen.add(chosen.name);
      for (const dependency of dependenciesOf(chosen)) {
        const text = `${chosen.name} ${chosen.version} needs ${formatDependency(dependency)}`;
        next.push({ steps: [...steps, text], wanted: dependency });
      }
    }
    level = next;
  }
  return undefined;
}

/** What is wrong with a dependency by itself; `undefined` where some package will do. */
async function problem(
  wanted: readonly Alternative[],
  offers: Offers,
  limits: Limits,
): Promise<Leaf | undefined> {
  if (await choose(wanted, offers, limits)) return undefined;
  const leaves: Leaf[] = [];
  for (const each of wanted) leaves.push(await whyNot(each, offers, limits));
  return {
    what: leaves.map(({ what }) => what).join(", and "),
    actions: [...new Set(leaves.flatMap(({ actions }) => actions))],
  };
}

/** The package that apt would take for a dependency. */
async function choose(
  wanted: readonly Alternative[],
  offers: Offers,
  limits: Limits,
): Promise<Offer | undefined> {
  for (const each of wanted) {
    for (const offer of offers.satisfying(each)) {
      if (limits.excluded.has(offer.name)) continue;
      const asked = each.relation === "=" && each.name === offer.name;
      const locked = limits.locked.get(offer.name) ?? limits.held.get(offer.name);
      if (locked !== undefined ? locked === offer.version : asked) return offer;
      if (locked === undefined && await limits.candidate(offer.name) === offer.version) {
        return offer;
      }
    }
  }
  return undefined;
}

async function whyNot(wanted: Alternative, offers: Offers, limits: Limits): Promise<Leaf> {
  const { name } = wanted;
  const versions = offers.versions(name);
  const providers = offers.providers(name);
  const text = formatAlternative(wanted);
  if (limits.excluded.has(name)) {
    return { what: `${name} is excluded`, actions: [`take ${name} out of exclude-packages`] };
  }
  if (versions.length === 0 && providers.length === 0) {
    const elsewhere = offers.everywhere(name)[0];
    return elsewhere
      ? {
        what: `${name} is there for ${elsewhere.architecture} alone`,
        actions: [`add the architecture ${elsewhere.architecture}`],
      }
      : { what: `no source has ${name}`, actions: [`add a source that has ${name}`] };
  }
  if (versions.length === 0) {
    const names = [...new Set(providers.map((each) => each.name))];
    if (names.every((each) => limits.excluded.has(each))) {
      return {
        what: `${names.join(" and ")}, which provide ${name}, are excluded`,
        actions: [`take one of ${names.join(", ")} out of exclude-packages`],
      };
    }
    return {
      what: `${name} is a virtual package, provided by ${names.join(", ")}`,
      actions: [`ask for one of ${names.join(", ")}`],
    };
  }
  const fitting = versions.filter(({ version }) => allowsVersion(wanted, version));
  const newest = versions[0]!;
  if (fitting.length === 0) {
    return {
      what: `the newest ${name} here is ${newest.version} from ${newest.source}`,
      actions: [`add a source that has ${text}`],
    };
  }
  const locked = limits.locked.get(name);
  if (locked !== undefined) {
    return {
      what: `${name} is locked to ${locked}`,
      actions: [`lock ${name} to ${fitting[0]!.version}`],
    };
  }
  if (limits.lockedOnly) {
    return {
      what: `${name} is not locked, and only what is locked may be installed`,
      actions: [`add ${name} to the lockfile`],
    };
  }
  const held = limits.held.get(name);
  if (held !== undefined) {
    return { what: `${name} is held at ${held}`, actions: [`stop holding ${name}`] };
  }
  const candidate = await limits.candidate(name);
  const { version, source } = fitting[0]!;
  const would = `${version} from ${source} would do`;
  const pin = limits.pin(name);
  const rule = pin ? `${pin.file} (Pin: ${pin.pin})` : "a pin";
  const unpin = `remove the pin of ${name}${pin ? ` from ${pin.file}` : ""}`;
  const ask = `ask for ${name}=${version}`;
  if (candidate === undefined) {
    return { what: `${would}, but ${rule} forbids ${name}`, actions: [unpin] };
  }
  return pin
    ? { what: `${would}, but ${rule} keeps ${name} at ${candidate}`, actions: [unpin, ask] }
    : { what: `${would}, but apt prefers ${name} ${candidate}`, actions: [ask] };
}

/** Two packages that exclude each other. */
export interface Clash {
  /** What was asked for that needs the one. */
  readonly askedFor: string;
  /** The package that declares it, and its version. */
  readonly declarer: string;
  /** `Conflicts` or `Breaks` with what it names. */
  readonly relation: string;
  /** What was asked for that needs the other. */
  readonly otherAskedFor: string;
  /** The other package, and its version. */
  readonly other: string;
}

/** Find packages that exclude each other among those that some requests need. */
export async function findClash(
  requests: readonly { readonly name: string; readonly version?: string }[],
  offers: Offers,
  limits: Limits,
): Promise<Clash | undefined> {
  const needed = new Map<string, { readonly offer: Offer; readonly by: string }>();
  for (const request of requests) {
    const queue: (readonly Alternative[])[] = [[{
      name: request.name,
      ...(request.version === undefined ? {} : { relation: "=", version: request.version }),
    }]];
    for (let wanted; (wanted = queue.shift()) !== undefined;) {
      const offer = await choose(wanted, offers, limits);
      if (!offer || needed.has(offer.name)) continue;
      needed.set(offer.name, { offer, by: request.name });
      queue.push(...dependenciesOf(offer));
    }
  }
  for (const { offer, by } of needed.values()) {
    for (const field of ["Conflicts", "Breaks"]) {
      const relations = parseDependencies(getField(offer.fields, field) ?? "").flat();
      for (const relation of relations) {
        const other = needed.get(relation.name);
        if (!other || other.offer.name === offer.name) continue;
        if (!allowsVersion(relation, other.offer.version)) continue;
        return {
          askedFor: by,
          declarer: `${offer.name} ${offer.version}`,
          relation: `${field.toLowerCase()} with ${formatAlternative(relation)}`.replace(
            "breaks with",
            "breaks",
          ),
          otherAskedFor: other.by,
          other: `${other.offer.name} ${other.offer.version}`,
        };
      }
    }
  }
  return undefined;
}

function dependenciesOf(offer: Offer): (readonly Alternative[])[] {
  return ["Pre-Depends", "Depends"].flatMap((field) =>
    parseDependencies(getField(offer.fields, field) ?? "")
  );
}

function formatDependency(dependency: readonly Alternative[]): string {
  return dependency.map(formatAlternative).join(" or ");
}

function formatAlternative({ name, architecture, relation, version }: Alternative): string {
  const qualified = architecture === undefined ? name : `${name}:${architecture}`;
  return relation === undefined ? qualified : `${qualified} (${relation} ${version})`;
}
