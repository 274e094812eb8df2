import {
  AptError,
  type AptRoot,
  openDeb,
  type Plan,
  type PlannedPackage,
  type PlanRequest,
} from "@apt-ostree/apt";
import type { Progress } from "@apt-ostree/base";
import type { InstalledPackage } from "../assemble/installed_package.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import type { PackageId } from "../import/package_ref.ts";
import { BasePackages } from "./base_packages.ts";
import {
  alreadyInBase,
  breaksBase,
  changesBase,
  essentialPackage,
  notInBase,
} from "./layer_errors.ts";
import { type LayerChange, requestName } from "./layer_change.ts";

/** What {@linkcode planLayering} works with. */
export interface PlanLayeringOptions {
  /** Its status file is the base's. */
  readonly apt: AptRoot;
  /** Packages of the base. */
  readonly installed: readonly InstalledPackage[];
  /** Whether a kernel that comes leaves those of the base alone: nothing boots there. @default {false} */
  readonly keepKernels?: boolean;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** What happens to the packages of a base. Plain data. */
export interface LayeringPlan {
  /** Packages that are laid out, in apt's order; `replaces` names the version that goes. */
  readonly packages: readonly PlannedPackage[];
  /** Packages of the base that go without another version. */
  readonly removals: readonly PackageId[];
  /** Requests that the base meets already, or that are about packages it does not have. */
  readonly inactive: readonly string[];
}

/**
 * Let apt decide how a base becomes what is asked for.
 *
 * Packages of the base are held: what is layered must fit them, unless the change names them.
 *
 * @throws {LayerError} `layer/already-in-base`, `layer/not-in-base`, `layer/essential`;
 * `layer/changes-base`, `layer/breaks-base` if it can only be had by changing packages of the base
 * that nobody named.
 * @throws {AptError} If the sources cannot give it.
 */
export async function planLayering(
  options: PlanLayeringOptions,
  change: LayerChange,
): Promise<LayeringPlan> {
  return await new Planner(options, change).plan();
}

class Planner {
  readonly #options: PlanLayeringOptions;
  readonly #change: LayerChange;
  readonly #base: BasePackages;
  readonly #inactive: string[] = [];

  constructor(options: PlanLayeringOptions, change: LayerChange) {
    this.#options = options;
    this.#change = change;
    this.#base = new BasePackages(options.installed);
  }

  async plan(): Promise<LayeringPlan> {
    const { upgrade = [] } = this.#change;
    const all = upgrade === "all";
    const remove = this.#removals();
    const install = this.#additions();
    const replace = this.#replacements([
      ...(all ? [] : upgrade),
      ...this.#change.replace ?? [],
    ]);
    const debs = await this.#debs();
    const named = new Set([...remove, ...replace.map(requestName), ...debs.replaced]);
    const request: PlanRequest = {
      install: [...install, ...replace],
      remove,
      exclude: this.#change.exclude ?? [],
      essential: false,
      recommends: this.#change.recommends ?? true,
      hold: this.#base.names().filter((name) =>
        !named.has(name) && (!all || this.#base.isHeld(name))
      ),
      localDebs: debs.paths,
      ...(all ? { upgradeAll: true } : {}),
    };
    const empty = install.length + replace.length + remove.length + debs.paths.length === 0;
    let plan = empty && !all ? { packages: [], removals: [] } : await this.#ask(request, named);
    const stale = this.#staleKernels(plan);
    if (stale.length > 0) {
      for (const name of stale) named.add(name);
      plan = await this.#ask({
        ...request,
        remove: [...remove, ...stale],
        hold: request.hold!.filter((name) => !named.has(name)),
      }, named);
    }
    this.#check(plan, named, all);
    for (const request of [...install, ...replace]) this.#noteInactive(request, plan);
    return {
      packages: plan.packages,
      removals: plan.removals.map(({ name, version }) => this.#base.require(name, version).id),
      inactive: this.#inactive,
    };
  }

  #removals(): string[] {
    const { remove = [], allowEssential = false } = this.#change;
    return remove.filter((name) => {
      const found = this.#base.find(name);
      if (!found) return this.#inactiveUnless(name, () => notInBase("remove", name, this.#base));
      const kind = allowEssential ? undefined : this.#base.protection(found);
      if (kind !== undefined) throw essentialPackage(found, kind);
      return true;
    });
  }

  #additions(): string[] {
    return (this.#change.install ?? []).filter((request) => {
      const found = this.#base.find(requestName(request));
      return !found || this.#inactiveUnless(request, () => alreadyInBase(request, found));
    });
  }

  #replacements(requests: readonly string[]): string[] {
    return requests.filter((request) =>
      this.#base.find(requestName(request)) !== undefined ||
      this.#inactiveUnless(request, () => notInBase("replace", requestName(request), this.#base))
    );
  }

  async #debs(): Promise<{ paths: string[]; replaced: string[] }> {
    const { localDebs = [], replaceDebs = [] } = this.#change;
    const paths: string[] = [];
    const replaced: string[] = [];
    const nameOf = async (path: string) => (await openDeb(path)).control.get("Package") ?? "";
    for (const path of localDebs) {
      const found = this.#base.find(await nameOf(path));
      if (!found || this.#inactiveUnless(path, () => alreadyInBase(path, found))) paths.push(path);
    }
    for (const path of replaceDebs) {
      const name = await nameOf(path);
      if (!this.#base.find(name)) {
        this.#inactiveUnless(path, () => notInBase("replace", name, this.#base));
        continue;
      }
      paths.push(path);
      replaced.push(name);
    }
    return { paths, replaced };
  }

  /** Ask apt; where the base stands in the way, say how. */
  async #ask(request: PlanRequest, named: ReadonlySet<string>): Promise<Plan> {
    const { apt } = this.#options;
    const call = pickDefined(this.#options, "signal", "progress");
    try {
      return await apt.plan(request, call);
    } catch (error) {
      if (!(error instanceof AptError) || request.hold!.length === 0) throw error;
      let free: Plan;
      try {
        free = await apt.plan({ ...request, hold: [] }, call);
      } catch (second) {
        throw second instanceof AptError ? second : error;
      }
      this.#check(free, named, false, error);
      throw error;
    }
  }

  /** Refuse what happens to packages of the base that nobody named. */
  #check(plan: Plan, named: ReadonlySet<string>, all: boolean, cause?: AptError): void {
    const removed = plan.removals.filter(({ name }) => !named.has(name))
      .map(({ name, version }) => this.#base.require(name, version));
    const asked = this.#change.remove?.[0];
    if (removed.length > 0 && asked !== undefined) throw breaksBase(removed, named, plan, cause);
    const changed = all
      ? []
      : plan.packages.filter(({ name, replaces }) => replaces !== undefined && !named.has(name));
    if (removed.length + changed.length > 0) {
      throw changesBase(removed, changed, plan, this.#change, cause);
    }
  }

  /** Kernels of the base whose place another one takes: a deployment boots one. */
  #staleKernels(plan: Plan): string[] {
    if (this.#options.keepKernels) return [];
    const kernel = (name: string) => /^linux-image-(unsigned-)?\d/.test(name);
    const fresh = plan.packages.filter(({ name }) => kernel(name) && !this.#base.find(name));
    if (fresh.length === 0) return [];
    return this.#base.names().filter((name) =>
      kernel(name) && !plan.removals.some((removal) => removal.name === name)
    );
  }

  #noteInactive(request: string, plan: Plan): void {
    const name = requestName(request);
    if (plan.packages.some((each) => each.name === name)) return;
    const provider = this.#base.find(name) ?? this.#base.provider(name);
    // What a package of the plan provides was chosen by apt; all else the base has already.
    if (provider) this.#inactiveUnless(request, () => alreadyInBase(request, provider));
  }

  /** @returns `false`, for filters. @throws {LayerError} Unless inactive requests are allowed. */
  #inactiveUnless(request: string, error: () => Error): false {
    if (!this.#change.allowInactive) throw error();
    this.#inactive.push(request);
    return false;
  }
}
