import { assertEquals, assertRejects } from "@std/assert";
import { AptError, AptRoot } from "@apt-ostree/apt";
import { makeDeb, run } from "../support/archive.ts";
import { withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");
const THEN = "20260101T000000Z";

Deno.test("a snapshot gives the packages of its date, and is used again without network", {
  ignore,
}, () =>
  withHttpArchive(async (archive, dir) => {
    const files = `${dir}/archive`;
    await makeDeb(`${files}/pool`, { name: "good", version: "1.0" });
    await archive.publish({
      date: "Thu, 01 Jan 2026 00:00:00 UTC",
      validUntil: "Fri, 02 Jan 2026 00:00:00 UTC",
    });
    await run("mkdir", "-p", `${files}/snap/${THEN}`);
    await run("cp", "-a", `${files}/dists`, `${files}/pool`, `${files}/snap/${THEN}`);
    await makeDeb(`${files}/pool`, { name: "good", version: "2.0" });
    await archive.publish({ snapshots: `${archive.url}/snap/@SNAPSHOTID@` });
    let made = 0;
    const version = async (snapshot?: string, cacheOnly = false, root = `root-${made++}`) => {
      const apt = await AptRoot.create({
        dir: `${dir}/${root}`,
        architecture: "amd64",
        sources: archive.sources,
        hostTrust: false,
        ...(snapshot === undefined ? {} : { snapshot }),
      });
      await apt.update({ cacheOnly });
      const { packages } = await apt.plan({ install: ["good"], essential: false });
      await Array.fromAsync(apt.download(packages, `${dir}/debs`));
      return packages.map((each) => each.version).join();
    };
    assertEquals(await version(), "2.0");
    assertEquals(await version(THEN, false, "kept"), "1.0");
    assertEquals(await version(THEN, true, "kept"), "1.0");
    assertEquals(await version(THEN, false, "kept"), "1.0");
    // The same directory, without the snapshot: the sources of today.
    assertEquals(await version(undefined, false, "kept"), "2.0");

    const bad = await assertRejects(() => version("yesterday"), AptError);
    assertEquals(bad.code, "apt/no-snapshot");
    const missing = await assertRejects(() => version("20200101T000000Z"), AptError);
    assertEquals(missing.code.startsWith("apt/"), true);
    await archive.publish();
    const none = await assertRejects(() => version(THEN), AptError);
    assertEquals([none.code, none.subject], ["apt/no-snapshot", archive.url]);
  }));
