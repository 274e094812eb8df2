/**
 * A system small enough for tests: dpkg and what it stands on, from this machine's own sources, fetched
 * once and kept under build/.
 *
 * @module
 */
import { AptRoot, readHostSources } from "@apt-ostree/apt";

const BUILD = new URL("../../build/test-cache", import.meta.url).pathname;
let fetched: Promise<string> | undefined;

/**
 * Directory with the .debs of all essential packages, as real archives have them.
 *
 * The first call of a machine needs its package sources; later ones do not.
 */
export function essentialDebs(): Promise<string> {
  return fetched ??= fetchEssential();
}

async function fetchEssential(): Promise<string> {
  const dir = `${BUILD}/essential`;
  const apt = await AptRoot.create({
    dir: `${BUILD}/apt`,
    architecture: Deno.build.arch === "x86_64" ? "amd64" : "arm64",
    sources: readHostSources(),
    hostDates: true,
  });
  await apt.update();
  const plan = await apt.plan({ install: ["usr-is-merged"], recommends: false });
  for await (const { package: pkg, path } of apt.download(plan.packages, `${BUILD}/debs`)) {
    const name = `${pkg.name}_${pkg.version.replace(/^\d+:/, "")}_${pkg.architecture}.deb`;
    await Deno.mkdir(dir, { recursive: true });
    await Deno.remove(`${dir}/${name}`).catch(() => {});
    await Deno.link(path, `${dir}/${name}`);
  }
  return dir;
}
