import { assertEquals, assertMatch } from "@std/assert";
import { makeArchive, makeDeb, output, run } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { makeSysroot, releaseSysroot } from "../support/sysroot.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg", "unshare", "mount");

const KERNEL = {
  name: "linux-image-1",
  files: {
    "boot/vmlinuz-1": "kernel\n",
    "usr/lib/modules/1/modules.builtin": "kernel/fs/overlayfs/overlay.ko\n",
  },
};
const VENDOR = {
  name: "vendor",
  version: "1.0",
  files: {
    "opt/vendor/tool": "tool 1\n",
    "opt/vendor/config": "config 1\n",
    "opt/vendor/dropped": "dropped 1\n",
    "opt/vendor/gone": "gone 1\n",
    "opt/vendor/kind": "a file\n",
    "opt/vendor/data/base": "base 1\n",
    "opt/vendor/.hidden/a name": "hidden 1\n",
    "usr/local/bin/tool": "local 1\n",
  },
};
/** The next version: files change, go, come, and become directories. */
const NEXT = {
  name: "vendor",
  version: "2.0",
  files: {
    "opt/vendor/tool": "tool 2\n",
    "opt/vendor/config": "config 2\n",
    "opt/vendor/kind/inside": "a directory\n",
    "opt/vendor/added": "added 2\n",
    "opt/vendor/data/base": "base 2\n",
    "opt/vendor/.hidden/a name": "hidden 2\n",
    "usr/local/bin/tool": "local 2\n",
  },
};

/** What an administrator does below /opt and /usr/local of the first image. */
const WRITE = `
cd /opt/vendor
echo mine > tool
rm config gone
echo mine > dropped
echo mine > added
rm -rf data && mkdir data && echo mine > data/own
echo mine > "own name"
mkdir -p .hidden/.deep/er && echo mine > .hidden/.deep/er/file
rm kind && mkdir kind && echo mine > kind/own
ln -s nowhere link
mkdir /opt/other && echo mine > /opt/other/file && chmod 0700 /opt/other
chmod 0750 /opt/vendor
echo mine > /usr/local/bin/tool
echo mine > /usr/local/bin/own
`;
const WRITTEN = `./other 700
./other/file 644 mine
./vendor 750
./vendor/.hidden 755
./vendor/.hidden/.deep 755
./vendor/.hidden/.deep/er 755
./vendor/.hidden/.deep/er/file 644 mine
./vendor/.hidden/a name 644 hidden 1
./vendor/added 644 mine
./vendor/data 755
./vendor/data/own 644 mine
./vendor/dropped 644 mine
./vendor/kind 755
./vendor/kind/own 644 mine
./vendor/link 777
./vendor/own name 644 mine
./vendor/tool 644 mine
`;
/** The same above the next image: what that has is its own again, and what the host alone has stays. */
const UPGRADED = `./other 700
./other/file 644 mine
./vendor 755
./vendor/.hidden 755
./vendor/.hidden/.deep 755
./vendor/.hidden/.deep/er 755
./vendor/.hidden/.deep/er/file 644 mine
./vendor/.hidden/a name 644 hidden 2
./vendor/added 644 added 2
./vendor/config 644 config 2
./vendor/data 755
./vendor/data/base 644 base 2
./vendor/data/own 644 mine
./vendor/dropped 644 mine
./vendor/kind 755
./vendor/kind/inside 644 a directory
./vendor/kind/own 644 mine
./vendor/link 777
./vendor/own name 644 mine
./vendor/tool 644 tool 2
`;
/** Back to the first image. */
const BACK = `./other 700
./other/file 644 mine
./vendor 755
./vendor/.hidden 755
./vendor/.hidden/.deep 755
./vendor/.hidden/.deep/er 755
./vendor/.hidden/.deep/er/file 644 mine
./vendor/.hidden/a name 644 hidden 1
./vendor/config 644 config 1
./vendor/data 755
./vendor/data/base 644 base 1
./vendor/data/own 644 mine
./vendor/dropped 644 dropped 1
./vendor/gone 644 gone 1
./vendor/kind 644 a file
./vendor/link 777
./vendor/own name 644 mine
./vendor/tool 644 tool 1
`;
const LIST = `
cd /opt
find . -mindepth 1 | LC_ALL=C sort | while read -r path; do
  printf '%s %s' "$path" "$(stat -c %a "$path")"
  if [ -f "$path" ]; then printf ' %s\\n' "$(cat "$path")"; else echo; fi
done
`;

/**
 * Show a deployment as ostree-prepare-root does, run what its units say, and then a script in it:
 * SYSROOT LINK SCRIPT DIRECTORY, where programs in DIRECTORY come before others.
 */
const BOOT = `
root=$(readlink -e "$1$2")
mount --bind "$root" "$root"
mount --bind "$root/usr" "$root/usr"
mount -o remount,bind,ro "$root/usr"
mount --bind "$1" "$root/sysroot"
mount --bind "$1/ostree/deploy/debian/var" "$root/var"
mount -t tmpfs run "$root/run"
mkdir "$root/run/bin"
cp "$(command -v mount)" "$root/run/bin"
[ -z "$4" ] || cp "$4"/* "$root/run/bin"
mount -t proc proc "$root/proc"
echo "root=LABEL=x ostree=$2 rw" > "$root/run/cmdline"
mount --bind "$root/run/cmdline" "$root/proc/cmdline"
mount --bind /dev "$root/dev"
export PATH=/run/bin:/usr/sbin:/usr/bin
cd /
exec chroot "$root" sh -ec '
  cd /usr/lib/systemd/system/local-fs.target.requires
  for unit in *state-overlay@*.service; do
    name=\${unit#*@} name=\${name%.service}
    $(sed -n "s,^ExecStart=,,p" "$unit" |
      sed "s,%i,$name,g; s,%I,$(echo "$name" | tr - /),g")
  done
  eval "$1"' sh "$3"
`;

/** A sysroot, and how it boots. */
class Host {
  constructor(readonly fixture: Fixture, readonly sysroot: string) {}

  /** Deploy what the ref has now. @returns Its checksum. */
  async deploy(): Promise<string> {
    const { sysroot, fixture: { repo } } = this;
    const host = `--repo=${sysroot}/ostree/repo`;
    await run("ostree", "pull-local", host, "--remote=vendor", repo, "test/x");
    await run("ostree", "admin", "deploy", `--sysroot=${sysroot}`, "--os=debian", "vendor:test/x");
    return (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim();
  }

  /** Boot the deployment of a commit, and run a script in it. @returns What it writes. */
  async boot(checksum: string, script: string, programs = ""): Promise<string> {
    const entries = `${this.sysroot}/boot/loader/entries`;
    const links = [...Deno.readDirSync(entries)].flatMap(({ name }) =>
      / ostree=(\S+)/.exec(Deno.readTextFileSync(`${entries}/${name}`))?.[1] ?? []
    );
    const link = links.find((each) =>
      Deno.realPathSync(`${this.sysroot}${each}`).includes(`/${checksum}.`)
    )!;
    const unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", BOOT, "sh"];
    return await output(...unshare, this.sysroot, link, script, programs);
  }
}

Deno.test("opt-usrlocal: stateoverlay: what hosts write stays, and images win", {
  ignore,
}, async (t) => {
  await withFixture({ debs: [KERNEL, VENDOR] }, async (fixture) => {
    const { dir } = fixture;
    const path = await fixture.treefile(`${TREEFILE}opt-usrlocal: stateoverlay
no-initramfs: true
packages: [usr-is-merged, linux-image-1, vendor]
`);
    const compose = async () => {
      const { code, stderr } = await fixture.compose(path);
      assertEquals(code, 0, stderr);
    };
    await compose();
    const host = new Host(fixture, `${dir}/sysroot`);
    await makeSysroot(host.sysroot, fixture.repo);
    try {
      const first = await host.deploy();
      await makeDeb(`${dir}/archive`, NEXT);
      await makeArchive(`${dir}/archive`);
      await compose();
      const second = await host.deploy();
      const state = `${host.sysroot}/ostree/deploy/debian/var/ostree`;
      const keep = async (name: string) => await run("cp", "-a", state, `${dir}/${name}`);
      const restore = async (name: string) => {
        await run("rm", "-rf", state);
        await run("cp", "-a", `${dir}/${name}`, state);
      };

      await t.step("what a host writes is there, and at the next boot", async () => {
        assertEquals(await host.boot(first, `${WRITE}${LIST}`), WRITTEN);
        assertEquals(await host.boot(first, LIST), WRITTEN);
        await keep("written");
      });
      await t.step("the next image shows what it has; the rest stays", async () => {
        assertEquals(await host.boot(second, LIST), UPGRADED);
        assertEquals(await host.boot(second, "cd /usr/local/bin; cat tool own"), "local 2\nmine\n");
        assertEquals(await host.boot(second, LIST), UPGRADED);
      });
      await t.step("so does the first one after going back", async () => {
        assertEquals(await host.boot(first, LIST), BACK);
      });
      await t.step("nothing is lost where the change is cut off at any moment", async () => {
        const programs = `${dir}/programs`;
        await Deno.mkdir(programs);
        let cuts = 0;
        for (let at = 1, done = false; !done; at++) {
          // The program that is called as the at-th one never runs.
          const count = `n=$(($(cat /run/n 2> /dev/null || echo 0) + 1)); echo $n > /run/n
[ $n -ne ${at} ] || kill -9 $PPID\n`;
          for (const name of ["mv", "rm", "mkdir"]) {
            const text = `#!/bin/sh\n${count}exec /usr/bin/${name} "$@"\n`;
            await Deno.writeTextFile(`${programs}/${name}`, text, { mode: 0o755 });
          }
          await restore("written");
          try {
            await host.boot(second, "true", programs);
            done = true;
          } catch {
            cuts++; // as meant
          }
          if (done || at % 2 === 0) {
            assertEquals(await host.boot(second, LIST), UPGRADED, `cut at call ${at}`);
            continue;
          }
          const back = await host.boot(first, LIST);
          assertMatch(back, /own name 644 mine\n/, `cut at call ${at}`);
          assertMatch(back, /tool 644 (tool 1|mine)\n/, `cut at call ${at}`);
        }
        assertEquals(cuts > 10, true, `${cuts}`);
      });
    } finally {
      await releaseSysroot(host.sysroot);
    }
  });
});
