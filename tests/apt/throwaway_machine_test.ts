import { assert, assertEquals } from "@std/assert";
import { makeArchive, makeDeb, output, run } from "../support/archive.ts";
import { essentialDebs } from "../support/base_system.ts";
import { TREEFILE } from "../support/compose_fixture.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import type { Report } from "./throwaway/operations.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks(
    "apt-get",
    "dpkg-deb",
    "dpkg-scanpackages",
    "gpg",
    "unshare",
    "ostree",
    "bwrap",
    "chattr",
  );
const file = (name: string) => new URL(`throwaway/${name}`, import.meta.url).pathname;
const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

Deno.test("all operations, as root on a throw-away machine, leave its apt, dpkg and logs alone", {
  ignore,
}, (t) =>
  inTemp(async (dir) => {
    const shared = `${dir}/shared`;
    await prepare(shared);
    const argv = ["unshare", "--mount", "--propagation", "private", "--", "sh", file("enter.sh")];
    await output(...argv, dir, CHECKOUT, Deno.execPath(), file("operations.ts"), shared);
    const report: Report = JSON.parse(await Deno.readTextFile(`${shared}/report.json`));

    await t.step("every command of the program is among them", () => {
      assertEquals(report.missing, [], "add them to tests/apt/throwaway/operations.ts");
      assert(report.operations.length > 20, report.operations.join("\n"));
    });
    await t.step("no command line that reached apt or dpkg lacked its root", () => {
      assertEquals(report.faults, []);
      assert(report.calls > 40, `${report.calls} calls`);
    });
    await t.step("not a byte of apt, dpkg and logs has changed", () => {
      assertEquals(report.changes, []);
    });
    await t.step("the machine's proxy and passwords were used", () => {
      const [login] = new Set(report.heard);
      assertEquals(login, `archive.example.org Basic ${btoa("somebody:secret")}`);
      assertEquals(new Set(report.heard).size, 1);
      assert(report.operations.includes("download through the proxy: 2"));
    });
    await t.step("an apt and a dpkg without a root are noticed", () => {
      const { faults, changes } = report.control;
      assert(faults.some((fault) => fault.includes("apt-get update")), faults.join("\n"));
      assert(faults.some((fault) => fault.includes("dpkg --clear-selections")), faults.join("\n"));
      for (const path of ["/var/lib/apt/lists/", "/var/log/trap", "/var/lib/dpkg/"]) {
        assert(changes.some((line) => line.includes(path)), `nothing changed in ${path}`);
      }
    });
  }));

/** An archive, a treefile, a longer one, a repository and a package that stands alone. */
async function prepare(dir: string): Promise<void> {
  const archive = `${dir}/archive`;
  await run("mkdir", "-p", archive, `${dir}/sysroot`);
  await makeDeb(archive, { name: "one", fields: { Depends: "two" } });
  await makeDeb(archive, { name: "two" });
  await makeDeb(archive, { name: "three" });
  await makeDeb(dir, { name: "two", version: "2.0" });
  await makeDeb(dir, { name: "local", fields: { Depends: "one" } });
  await run("sh", "-c", 'cp "$1"/*.deb "$2"', "sh", await essentialDebs(), archive);
  const { sources } = await makeArchive(archive);
  await Deno.writeTextFile(`${dir}/archive.sources`, sources);
  await Deno.writeTextFile(`${dir}/tree.yaml`, `${TREEFILE}packages: [one]\n`);
  await Deno.writeTextFile(`${dir}/more.yaml`, `${TREEFILE}packages: [one, two]\n`);
  await Deno.writeTextFile(
    `${dir}/ext.yaml`,
    "extensions:\n  a: { packages: [three] }\n  b: { packages: [two], kind: development }\n",
  );
  await run("ostree", "init", `--repo=${dir}/repo`, "--mode=bare");
  await run("ostree", "admin", "init-fs", `${dir}/sysroot`);
}
