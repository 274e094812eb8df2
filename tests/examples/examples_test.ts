import { assertEquals, assertMatch } from "@std/assert";
import { parseStanza } from "@apt-ostree/apt";
import { Repo } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap", "dpkg-scanpackages");
const ROOT = new URL("../..", import.meta.url).pathname;
/** Where other tests compose the minimal example, too: every package is imported once. */
const CACHE = `${ROOT}build/test-cache/minimal`;
const PREFIX = `debian/12/${Deno.build.arch}`;
const DERIVED = `example/${Deno.build.arch}/appliance`;

/** What a system has to be, by its own programs' word. */
interface Expected {
  readonly treefile: string;
  readonly ref: string;
  /** Target that it boots to; `undefined` for one that does not boot. */
  readonly target?: string;
  /** Units that are enabled. */
  readonly units?: readonly string[];
  /** Shipped files that the treefile changes, which dpkg sees. */
  readonly changed?: readonly string[];
  /** What else. */
  readonly look?: (system: string, repo: string) => Promise<void>;
}

const EXAMPLES: readonly Expected[] = [
  { treefile: "debian-tiny.yaml", ref: `${PREFIX}/tiny` },
  {
    treefile: "derived.yaml",
    ref: DERIVED,
    changed: ["/usr/lib/os-release"],
    look: lookAtDerived,
  },
  {
    treefile: "debian-server.yaml",
    ref: `${PREFIX}/server`,
    target: "multi-user.target",
    units: [
      ...["ssh.service", "podman.socket", "systemd-networkd.service"],
      ...["systemd-resolved.service", "systemd-timesyncd.service"],
    ],
    look: lookAtServer,
  },
  {
    treefile: "debian-desktop.yaml",
    ref: `${PREFIX}/desktop`,
    target: "graphical.target",
    units: ["sddm.service", "NetworkManager.service"],
  },
];
/** Composed by tests of their own. */
const ELSEWHERE = ["debian-minimal.yaml", "extensions.yaml"];

Deno.test("every file of examples/ is composed by a test", () => {
  const found = [...Deno.readDirSync(`${ROOT}examples`)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  );
  const composed = EXAMPLES.map(({ treefile }) => treefile);
  assertEquals(found.sort(), [...composed, ...ELSEWHERE].sort());
});

for (const expected of EXAMPLES) {
  const { treefile, ref, target, units = [], changed = [], look } = expected;
  Deno.test(
    `${treefile} is whole by the word of ostree, dpkg and systemd`,
    { ignore },
    () =>
      inCache(async (dir) => {
        const repo = `${dir}/repo`;
        await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
        await aptOstree(
          ...["compose", "tree", `--repo=${repo}`, `--cachedir=${CACHE}`],
          `${ROOT}examples/${treefile}`,
        );
        await run("ostree", "fsck", "--quiet", `--repo=${repo}`);
        const checked = await aptOstree("compose", "check", `--repo=${repo}`, ref);
        assertMatch(checked, /^\d+ checks, 0 found\n/);
        const system = await checkoutSystem(repo, ref, `${dir}/system`);
        const inside = (...argv: string[]) => output("chroot", system, ...argv);
        assertEquals(await inside("dpkg", "--audit"), "");
        const verified = (await inside("dpkg", "-V")).split("\n").filter((line) => line !== "");
        assertEquals(verified, changed.map((path) => `??5??????   ${path}`));
        const kernels = [...await files(system, "usr/lib/modules", "vmlinuz")];
        assertEquals(kernels.length, target === undefined ? 0 : 1);
        if (target !== undefined) {
          const initramfs = kernels[0]!.replace(/vmlinuz$/, "initramfs.img");
          const listed = await inside("lsinitramfs", `/${initramfs}`);
          assertMatch(listed, /usr\/lib\/ostree\/ostree-prepare-root/);
          assertEquals(await inside("systemctl", "get-default"), `${target}\n`);
        }
        for (const unit of units) {
          assertEquals(await inside("systemctl", "is-enabled", unit), "enabled\n", unit);
        }
        await look?.(system, repo);
      }),
  );
}

async function lookAtDerived(system: string, repo: string): Promise<void> {
  const release = await Deno.readTextFile(`${system}/usr/lib/os-release`);
  const version = /^OSTREE_VERSION='(1\.\d{8}\.0)'$/m.exec(release)?.[1];
  assertMatch(release, new RegExp(`^PRETTY_NAME="Debian GNU/Linux ${version}"$`, "m"));
  assertEquals(await Deno.readTextFile(`${system}/etc/motd`), "Welcome to Example\n");
  const opened = Repo.open(repo);
  const { metadata } = opened.readCommit(opened.requireRev(DERIVED));
  assertEquals(metadata.get("version")?.value, version);
  assertEquals(metadata.get("example.product")?.value, "Example");
  // All of the variant are there, by the priorities of the packages themselves.
  const listed = await output(
    ...["chroot", system, "dpkg-query", "-W", "-f", "${Package} ${Priority}\\n"],
  );
  assertMatch(listed, /^nano /m);
  assertMatch(listed, /^mount required$/m);
  const shared = (await Array.fromAsync(Deno.readDir(`${system}/usr/share`))).map((e) => e.name);
  assertEquals([shared.includes("doc"), shared.includes("nano")], [true, false]);
}

/** Extensions of the server fit on top of it: dpkg, in its own checkout, would install them. */
async function lookAtServer(system: string, repo: string): Promise<void> {
  const out = `${system}/extensions`;
  const files = ["debian-server.yaml", "extensions.yaml"].map((name) => `${ROOT}examples/${name}`);
  const options = [`--repo=${repo}`, `--cachedir=${CACHE}`, `--output-dir=${out}`];
  await aptOstree("compose", "extensions", ...options, ...files);
  const index = await output("sh", "-c", 'cd "$1" && dpkg-scanpackages .', "sh", out);
  await Deno.writeTextFile(`${out}/Packages`, index);
  const packages = index.trim().split("\n\n").map((text) => parseStanza(text, "Packages"));
  const names = packages.map((each) => each.get("Package")!);
  for (const name of ["strace", "tcpdump", "systemd-container", "linux-headers-cloud-amd64"]) {
    assertEquals(names.includes(name), name !== "linux-headers-cloud-amd64" || isIntel(), name);
  }
  const layered = packages.filter((each) => !each.get("Package")!.startsWith("linux-headers"))
    .map((each) => `/extensions/${each.get("Filename")!}`);
  const simulated = await output(
    ...["chroot", system, "dpkg", "--simulate", "--install", ...layered],
  );
  assertEquals(simulated.match(/^Preparing to unpack /gm)?.length, layered.length);
  // apt, with the directory for its only source, finds all that they need and changes nothing else.
  await Deno.writeTextFile(`${system}/sources.list`, "deb [trusted=yes] file:/extensions ./\n");
  const apt = [
    ...["chroot", system, "apt-get", "-o", "Dir::Etc::SourceList=/sources.list"],
    ...["-o", "Dir::Etc::SourceParts=/none", "-o", "APT::Sandbox::User=root"],
  ];
  await run("mkdir", "-p", `${system}/var/lib/apt/lists/partial`, `${system}/var/cache/apt`);
  await run(...apt, "update");
  const plan = await output(
    ...[...apt, "--simulate", "--no-install-recommends", "install"],
    ...["strace", "tcpdump", "systemd-container"],
  );
  assertMatch(plan, new RegExp(` ${layered.length} newly installed, 0 to remove`));
  assertEquals(/^Inst \S+ \[/m.test(plan), false, plan);
  // The directory belongs to the image that it was made for.
  const second = await aptOstree("compose", "extensions", ...options, ...files);
  assertMatch(second, /^No changes in /);
}

function isIntel(): boolean {
  return Deno.build.arch === "x86_64";
}

/** Run a test in a directory beside the cache, so that objects can be linked. */
async function inCache(test: (dir: string) => Promise<void>): Promise<void> {
  await Deno.mkdir(CACHE, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: `${ROOT}build/test-cache`, prefix: "example-" });
  try {
    await Deno.chmod(dir, 0o755);
    await test(dir);
  } finally {
    await run("rm", "-rf", dir);
  }
}

async function aptOstree(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
    args,
    env: { APT_OSTREE_DENO: Deno.execPath() },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Paths of a name below a directory of a system. */
async function files(system: string, below: string, name: string): Promise<string[]> {
  const text = await output(
    ...["sh", "-c", 'cd "$1" && [ ! -e "$2" ] || find "$2" -name "$3"'],
    ...["sh", system, below, name],
  );
  return text.split("\n").filter((line) => line !== "");
}
