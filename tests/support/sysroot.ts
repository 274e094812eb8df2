/**
 * Sysroots with a deployment, made by the real ostree.
 *
 * @module
 */
import { run } from "./archive.ts";

/** What {@linkcode deploySystem} needs. */
export interface DeploymentSpec {
  /** Repository that has the commit. */
  readonly repo: string;
  /** Ref to deploy. */
  readonly ref: string;
  /** Text of the file that names the deployment's package sources. */
  readonly sources: string;
  /** Origin file; the plain one of a remote's ref where it is left out. */
  readonly origin?: string;
}

/** A deployment on disk. */
export interface TestDeployment {
  /** Path of its directory. */
  readonly path: string;
  readonly checksum: string;
}

/**
 * Give a ref a commit with a kernel on top, so that libostree deploys it; nothing ever boots it.
 *
 * @param from Ref of a composed tree without a kernel.
 */
export async function addKernel(repo: string, from: string, to: string): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp" });
  try {
    const modules = `${dir}/usr/lib/modules/1.0.0`;
    await Deno.mkdir(`${modules}/kernel`, { recursive: true });
    for (const name of ["vmlinuz", "initramfs.img", "kernel/none.ko"]) {
      await Deno.writeTextFile(`${modules}/${name}`, `no ${name}\n`);
    }
    await run("chmod", "-R", "u=rwX,go=rX", dir);
    await run(
      ...["ostree", "commit", `--repo=${repo}`, `--branch=${to}`, `--tree=ref=${from}`],
      ...[`--tree=dir=${dir}`, "--owner-uid=0", "--owner-gid=0"],
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Make a sysroot whose remote `vendor` is a repository of this machine. */
export async function makeSysroot(sysroot: string, repo: string): Promise<void> {
  await Deno.mkdir(sysroot);
  await run("ostree", "admin", "init-fs", "--modern", sysroot);
  await run("ostree", "admin", "os-init", "debian", `--sysroot=${sysroot}`);
  const add = ["ostree", "remote", "add", `--repo=${sysroot}/ostree/repo`, "--no-gpg-verify"];
  await run(...add, "vendor", `file://${repo}`);
}

/** Deploy a ref of a repository, as the one that boots next. */
export async function deploySystem(sysroot: string, spec: DeploymentSpec): Promise<TestDeployment> {
  const { repo, ref, sources, origin } = spec;
  const host = `--repo=${sysroot}/ostree/repo`;
  await run("ostree", "pull-local", host, "--remote=vendor", repo, ref);
  const deploy = ["ostree", "admin", "deploy", `--sysroot=${sysroot}`, "--os=debian"];
  await run(...deploy, `vendor:${ref}`);
  const entries = `${sysroot}/boot/loader/entries`;
  const texts = [...Deno.readDirSync(entries)].map(({ name }) =>
    Deno.readTextFileSync(`${entries}/${name}`)
  );
  const version = (text: string) => Number(/^version (\d+)/m.exec(text)![1]);
  const [text] = texts.toSorted((a, b) => version(b) - version(a));
  const link = /ostree=(\S+)/.exec(text!)![1]!;
  const path = await Deno.realPath(`${sysroot}${link}`);
  await Deno.mkdir(`${path}/etc/apt/sources.list.d`, { recursive: true });
  await Deno.writeTextFile(`${path}/etc/apt/sources.list.d/test.sources`, sources);
  if (origin !== undefined) await Deno.writeTextFile(`${path}.origin`, origin);
  return { path, checksum: /([0-9a-f]{64})\.\d+$/.exec(path)![1]! };
}

/** Let a sysroot be removed: libostree marks the directories of deployments. */
export async function releaseSysroot(sysroot: string): Promise<void> {
  await run(
    "sh",
    "-c",
    'chattr -i "$1"/ostree/deploy/*/deploy/* 2> /dev/null || true',
    "sh",
    sysroot,
  );
}
