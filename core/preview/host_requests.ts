import type { KeyFile } from "@apt-ostree/ostree";
import { HostError } from "../error.ts";
import { type LayerChange, requestName } from "../layer/layer_change.ts";

/** What a host asks for beside its base, as its origin file has it. */
export interface HostRequests {
  /** Packages on top of the base, as apt takes them. */
  readonly install: readonly string[];
  /** Packages of the base that go. */
  readonly remove: readonly string[];
  /** Names of packages whose .debs were given by hand. */
  readonly local: readonly string[];
  /** Names of packages of the base that were replaced. */
  readonly replaced: readonly string[];
}

/** One change of what a host asks for. */
export type HostEdit =
  | {
    readonly verb: "install";
    readonly packages: readonly string[];
    /** .debs of this machine; absolute paths. */
    readonly debs: readonly string[];
    readonly uninstall: readonly string[];
  }
  | {
    readonly verb: "uninstall";
    readonly packages: readonly string[] | "all";
    readonly install: readonly string[];
  }
  | { readonly verb: "upgrade" }
  | {
    readonly verb: "override-replace";
    /** .debs of this machine; absolute paths. */
    readonly debs: readonly string[];
    readonly remove: readonly string[];
  }
  | {
    readonly verb: "override-remove";
    readonly packages: readonly string[];
    readonly replace: readonly string[];
  }
  | { readonly verb: "override-reset"; readonly packages: readonly string[] | "all" };

/** Read what a host asks for from its origin file. */
export function parseHostRequests(origin: KeyFile): HostRequests {
  const list = (group: string, key: string) =>
    (origin.get(group)?.get(key) ?? "").split(";").filter((each) => each !== "");
  // SHA256:NAME_VERSION_ARCH
  const nameOf = (each: string) => each.replace(/^[0-9a-f]{64}:/, "").replace(/_.*/, "");
  const remote = list("overrides", "replace").flatMap((each) => each.split(",").slice(1));
  return {
    install: list("packages", "requested"),
    remove: list("overrides", "remove"),
    local: [
      ...list("packages", "requested-local"),
      ...list("packages", "requested-local-fileoverride"),
    ].map(nameOf),
    replaced: [...list("overrides", "replace-local").map(nameOf), ...remote],
  };
}

/**
 * What a host asks for after a change, as a change of its base.
 *
 * @param options.idempotent Whether it is no error to ask for what is asked for already.
 * @throws {HostError} `host/already-requested`, `host/not-requested`, `host/not-overridden`;
 * `host/local-packages` if .debs were given earlier, which nobody has here.
 */
export function editRequests(
  requests: HostRequests,
  edit: HostEdit,
  options: { readonly idempotent?: boolean } = {},
): LayerChange {
  let { install, remove, local, replaced } = requests;
  const debs: string[] = [];
  const replaceDebs: string[] = [];
  const add = (names: readonly string[]) => {
    for (const name of names) {
      if (!install.includes(name)) install = [...install, name];
      else if (!options.idempotent) throw alreadyRequested(name);
    }
  };
  const drop = (names: readonly string[]) => {
    for (const name of names) {
      const is = (each: string) => each === name || requestName(each) === name;
      if (![...install, ...local].some(is)) {
        if (options.idempotent) continue;
        throw notRequested(name, replaced.includes(name) || remove.includes(name));
      }
      install = install.filter((each) => !is(each));
      local = local.filter((each) => !is(each));
    }
  };
  switch (edit.verb) {
    case "install":
      drop(edit.uninstall);
      add(edit.packages);
      debs.push(...edit.debs);
      break;
    case "uninstall":
      if (edit.packages === "all") [install, local] = [[], []];
      else drop(edit.packages);
      add(edit.install);
      break;
    case "override-replace":
      replaceDebs.push(...edit.debs);
      remove = [...new Set([...remove, ...edit.remove])];
      break;
    case "override-remove":
      remove = [...new Set([...remove, ...edit.packages])];
      replaceDebs.push(...edit.replace);
      break;
    case "override-reset":
      if (edit.packages === "all") [remove, replaced] = [[], []];
      else {
        for (const name of edit.packages) {
          if (![...remove, ...replaced].includes(name)) throw notOverridden(name);
          remove = remove.filter((each) => each !== name);
          replaced = replaced.filter((each) => each !== name);
        }
      }
  }
  const kept = [...local, ...replaced];
  if (kept.length > 0) throw localPackages(kept);
  return { install, remove, localDebs: debs, replaceDebs };
}

function alreadyRequested(name: string): HostError {
  return new HostError(
    "host/already-requested",
    `Cannot install "${name}": it is already requested`,
    { subject: name, hint: "Leave it out, or use --idempotent" },
  );
}

function notRequested(name: string, overridden: boolean): HostError {
  return new HostError(
    "host/not-requested",
    `Cannot uninstall "${name}": it is not among the layered packages`,
    {
      subject: name,
      hint: overridden
        ? `It is an override: apt-ostree override reset ${name}`
        : `If it is a package of the base: apt-ostree override remove ${name}`,
    },
  );
}

function notOverridden(name: string): HostError {
  return new HostError("host/not-overridden", `Cannot reset "${name}": it has no override`, {
    subject: name,
    hint: "apt-ostree status lists overrides",
  });
}

function localPackages(names: readonly string[]): HostError {
  return new HostError(
    "host/local-packages",
    `Cannot compute the change: ${
      names.join(", ")
    } came from files or sources that are not kept here`,
    {
      subject: names[0]!,
      hint: "Uninstall or reset them in the same step",
    },
  );
}
