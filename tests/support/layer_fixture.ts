/**
 * A composed base, an archive with more packages, and the operation that changes the one by the other.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import {
  type LayerChange,
  layerPackages,
  type LayerPackagesOptions,
  type LayerResult,
} from "@apt-ostree/core";
import { type DebSpec, makeArchive, makeDeb, output } from "./archive.ts";
import { checkoutSystem } from "./checkout_system.ts";
import { type Fixture, TREEFILE, withFixture } from "./compose_fixture.ts";

readXattrs("/"); // loads the C library before a test can be blamed for it

const CACHE = new URL("../../build/test-cache/layer", import.meta.url).pathname;

/** What {@linkcode withBase} makes. */
export interface BaseOptions {
  /** Packages of the base, beside the essential ones and apt. */
  readonly base?: readonly DebSpec[];
  /** Packages that the archive has later; those of the base stay in it. */
  readonly offers?: readonly DebSpec[];
  /** Further lines of the base's treefile. */
  readonly treefile?: string;
}

/** One test's world; the base is `test/x`, what comes out `test/y`. */
export interface LayerFixture extends Fixture {
  /** Change the base. */
  layer(change: LayerChange, options?: Partial<LayerPackagesOptions>): Promise<LayerResult>;
  /** Like {@linkcode LayerFixture.layer}, for changes that make a new commit. */
  change(
    change: LayerChange,
    options?: Partial<LayerPackagesOptions>,
  ): Promise<Extract<LayerResult, { kind: "layered" }>>;
  /** Check `test/y` out as a system in which programs run. @returns Its directory. */
  system(): Promise<string>;
  /** Make a .deb outside of the archive. @returns Its path. */
  deb(spec: DebSpec): Promise<string>;
}

/** Run a test on a base of its own, which is gone afterwards. */
export async function withBase(
  options: BaseOptions,
  test: (fixture: LayerFixture) => Promise<void>,
): Promise<void> {
  const { base = [], offers = [] } = options;
  await withFixture({ debs: base }, async (fixture) => {
    const { dir, repo } = fixture;
    const names = ["usr-is-merged", "apt", ...base.map((each) => each.name)];
    const text = `${TREEFILE}packages: [${names.join(", ")}]\n${options.treefile ?? ""}`;
    await Deno.mkdir(CACHE, { recursive: true });
    const { code, stderr } = await fixture.compose(
      await fixture.treefile(text),
      `--cachedir=${CACHE}`,
    );
    assertEquals(code, 0, stderr);
    for (const spec of offers) await makeDeb(`${dir}/archive`, spec);
    const { sources } = await makeArchive(`${dir}/archive`);
    const layer = (change: LayerChange, more: Partial<LayerPackagesOptions> = {}) =>
      layerPackages({
        repo,
        base: "test/x",
        ref: "test/y",
        change,
        sources: [{ name: "archive.sources", text: sources }],
        ...more,
      });
    let systems = 0;
    await test({
      ...fixture,
      layer,
      async change(change, more) {
        const result = await layer(change, more);
        if (result.kind !== "layered") throw new Error("nothing changed");
        return result;
      },
      system: () => checkoutSystem(repo, "test/y", `${dir}/system-${systems++}`),
      async deb(spec) {
        await Deno.mkdir(`${dir}/debs`, { recursive: true });
        return await makeDeb(`${dir}/debs`, spec);
      },
    });
  });
}

/** Let dpkg, apt and ostree judge `test/y`. @returns Its system's directory. */
export async function judge(fixture: LayerFixture): Promise<string> {
  const system = await fixture.system();
  const chroot = (...argv: string[]) => output("chroot", system, ...argv);
  assertEquals(await chroot("dpkg", "--audit"), "");
  assertEquals(await chroot("dpkg", "-V"), "");
  await chroot(
    "sh",
    "-ec",
    "mkdir -p /tmp /var/lib/apt/lists; apt-get check -q -o Debug::NoLocking=1",
  );
  await output("ostree", "fsck", "--quiet", `--repo=${fixture.repo}`);
  return system;
}

/** Paths that differ between the base and what came out, as `ostree diff` says it. */
export async function changes({ repo }: LayerFixture): Promise<string[]> {
  const text = await output("ostree", "diff", `--repo=${repo}`, "test/x", "test/y");
  return text.split("\n").filter((line) => line !== "").map((line) => line.replace(/ +/, " "))
    .toSorted();
}
