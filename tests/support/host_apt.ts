import { AptRoot, readHostSources } from "@apt-ostree/apt";
import { output } from "./archive.ts";

const CACHE = new URL("../../build/test-cache", import.meta.url).pathname;

/** An isolated apt over the sources of this machine, up to date; its directory is kept. */
export async function hostApt(): Promise<{ readonly root: AptRoot; readonly dir: string }> {
  const dir = `${CACHE}/host-apt`;
  const architecture = (await output("dpkg", "--print-architecture")).trim();
  const root = await AptRoot.create({
    dir,
    architecture,
    sources: readHostSources(),
    hostDates: true,
  });
  await root.update();
  return { root, dir };
}
