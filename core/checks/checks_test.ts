import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { KEEP_ALL, WITHOUT_DOCUMENTATION } from "../assemble/path_filter.ts";
import { inTemp } from "../../tests/support/in_temp.ts";
import { type MadeTreeSpec, makeTree } from "../../tests/support/made_tree.ts";
import { CHECKS } from "./all_checks.ts";
import { runChecks } from "./run_checks.ts";

const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ
-----END OPENSSH PRIVATE KEY-----
`;
const MD5 = (text: string) => createHash("md5").update(text).digest("hex");
const CAPABILITY = new Uint8Array([1, 0, 0, 2]);

interface Case {
  /** What is in the tree. */
  readonly what: string;
  readonly tree: MadeTreeSpec;
  /** Paths that the check finds; none where it has to be silent. */
  readonly found: readonly string[];
  readonly withoutDocumentation?: boolean;
  readonly kernelModules?: readonly string[];
}

/** A kernel as depmod leaves it. */
const KERNEL: Readonly<Record<string, string>> = {
  "usr/lib/modules/6.1.0/vmlinuz": "k",
  "usr/lib/modules/6.1.0/modules.builtin":
    "kernel/fs/ext4/ext4.ko\nkernel/drivers/char/virtio-console.ko\n",
  "usr/lib/modules/6.1.0/modules.dep": "kernel/fs/overlayfs/overlay.ko.xz:\n" +
    "kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko\n" +
    "kernel/drivers/net/virtio_net.ko.zst: kernel/net/core/failover.ko.zst\n",
  "usr/lib/modules/6.1.0/modules.alias":
    "# Aliases\nalias fs-overlay overlay\nalias pci:v* virtio_net\nalias virtio_alias virtio_net\n" +
    "alias fs-lost vfat\n",
  "usr/lib/modules/6.1.0/modules.builtin.modinfo":
    "ext4.license=GPL\0ext4.alias=ext3\0ext4.alias=fs-ext3\0",
  "usr/lib/modules/6.1.0/kernel/fs/overlayfs/overlay.ko.xz": "o",
  "usr/lib/modules/6.1.0/kernel/fs/fat/vfat.ko": "v",
  "usr/lib/modules/6.1.0/kernel/drivers/net/virtio_net.ko.zst": "n",
  "usr/lib/modules/6.1.0/kernel/net/core/failover.ko.zst": "f",
  "usr/lib/modules/6.1.0/kernel/fs/btrfs/btrfs.ko": "no depmod has seen it",
};

/** Each check finds, and is silent. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  "host-identity": [
    {
      what: "what one machine made for itself",
      tree: {
        files: {
          "usr/etc/ssh/ssh_host_ed25519_key": KEY,
          "usr/etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAA",
          "usr/etc/machine-id": "4b1c9d0d0b6f4e0c8e0e5a2f8d5e3f10\n",
          "usr/etc/hostname": "builder-7\n",
          "usr/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 builder-7.example.org builder-7\n",
          "usr/etc/resolv.conf": "search example.org\nnameserver 192.0.2.53\n",
          "usr/etc/mailname": "builder-7.example.org\n",
          "usr/etc/iscsi/initiatorname.iscsi": "InitiatorName=iqn.1993-08.org.debian:01:abc\n",
          "usr/share/factory/var/lib/systemd/random-seed": "seed",
        },
      },
      found: [
        "/usr/etc/hostname",
        "/usr/etc/hosts",
        "/usr/etc/iscsi/initiatorname.iscsi",
        "/usr/etc/machine-id",
        "/usr/etc/mailname",
        "/usr/etc/resolv.conf",
        "/usr/etc/ssh/ssh_host_ed25519_key",
        "/usr/etc/ssh/ssh_host_ed25519_key.pub",
        "/usr/share/factory/var/lib/systemd/random-seed",
      ],
    },
    {
      what: "what all hosts may have",
      tree: {
        files: {
          "usr/etc/ssh/sshd_config": "HostKey /etc/ssh/ssh_host_rsa_key\n",
          "usr/etc/machine-id": "uninitialized\n",
          "usr/etc/hostname": "localhost\n",
          "usr/etc/hosts": "# 192.0.2.1 old\n127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n",
          "usr/etc/iscsi/initiatorname.iscsi": "GenerateName=yes\n",
        },
        links: { "usr/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf" },
      },
      found: [],
    },
    { what: "an empty machine id", tree: { files: { "usr/etc/machine-id": "" } }, found: [] },
  ],
  "secrets": [
    {
      what: "keys and passwords of all kinds",
      tree: {
        files: {
          "usr/etc/ssl/private/ssl-cert-snakeoil.key":
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n",
          "usr/lib/app/deep/id_ed25519": `# mine\n${KEY}`,
          "usr/etc/old.pem":
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEvQIBADANBgkqhkiG\n",
          "usr/etc/dos.pem": "-----BEGIN EC PRIVATE KEY-----\r\nMHcCAQEEIIs0h1aXk3Kb0w==\r\n",
          "usr/share/keys/a.asc": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQVYBGN\n",
          "usr/etc/wireguard/wg0.conf":
            "[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n",
          "usr/etc/NetworkManager/system-connections/home.nmconnection": "[wifi]\npsk=hunter22\n",
          "usr/etc/apt/auth.conf.d/mirror": "machine example.org login u password p\n",
          "usr/etc/apt/sources.list.d/a.list": "deb https://user:pass@example.org/ stable main\n",
          "usr/etc/krb5.keytab": "\x05\x02",
          "usr/lib/sysimage/debconf/passwords.dat": "Name: a/b\nValue: hunter2\n",
          "usr/share/app/.netrc": "machine example.org password x\n",
          "usr/share/factory/var/roothome/.docker/config.json": '{"auths":{"r":{"auth":"eA=="}}}',
        },
      },
      found: [
        "/usr/etc/NetworkManager/system-connections/home.nmconnection",
        "/usr/etc/apt/auth.conf.d/mirror",
        "/usr/etc/apt/sources.list.d/a.list",
        "/usr/etc/dos.pem",
        "/usr/etc/krb5.keytab",
        "/usr/etc/old.pem",
        "/usr/etc/ssl/private/ssl-cert-snakeoil.key",
        "/usr/etc/wireguard/wg0.conf",
        "/usr/lib/app/deep/id_ed25519",
        "/usr/lib/sysimage/debconf/passwords.dat",
        "/usr/share/app/.netrc",
        "/usr/share/factory/var/roothome/.docker/config.json",
        "/usr/share/keys/a.asc",
      ],
    },
    {
      what: "public keys, words about keys, keys that a package ships, and empty stores",
      tree: {
        files: {
          "usr/etc/ssl/certs/ca.pem": "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0B\n",
          "usr/lib/libcrypto.so": "\0-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----\0",
          "usr/share/doc/x/README": "A key begins with -----BEGIN PRIVATE KEY-----\nand so on\n",
          "usr/share/tests/example.key": KEY,
          "usr/etc/shipped.key": KEY,
          "usr/lib/sysimage/dpkg/info/tests.md5sums": `${MD5(KEY)}  usr/share/tests/example.key\n`,
          "usr/etc/apt/sources.list.d/a.list": "deb https://example.org/ stable main\n",
          "usr/etc/wireguard/wg0.conf":
            "PublicKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n",
          "usr/lib/sysimage/debconf/passwords.dat": "Name: a/b\nValue: \n",
        },
        packages: { tests: ["/usr/share/tests/example.key", "/etc/shipped.key"] },
        fields: { tests: `Conffiles:\n /etc/shipped.key ${MD5(KEY)}\n` },
      },
      found: [],
    },
    {
      what: "a key in place of the one that a package ships",
      tree: {
        files: {
          "usr/share/tests/example.key": KEY.replace("b3Bl", "b3Bm"),
          "usr/lib/sysimage/dpkg/info/tests.md5sums": `${MD5(KEY)}  usr/share/tests/example.key\n`,
        },
      },
      found: ["/usr/share/tests/example.key"],
    },
  ],
  "password-hashes": [
    {
      what: "accounts that people can use",
      tree: {
        files: {
          "usr/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nopen::1000:1000::/home/open:/bin/sh\n",
          "usr/etc/shadow": "root:$y$j9T$abc$def:19000:0:99999:7:::\nbin:*:1:0:9:7:::\n",
          "usr/etc/gshadow": "staff:$6$salt$hash::\n",
        },
      },
      found: ["/usr/etc/gshadow", "/usr/etc/passwd", "/usr/etc/shadow"],
    },
    {
      what: "accounts that are locked",
      tree: {
        files: {
          "usr/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
          "usr/etc/shadow": "root:*:19000:0:99999:7:::\ndaemon:!:1:0:9:7:::\n_apt:!*:1::::::\n",
          "usr/etc/group": "root:x:0:\n",
          "usr/etc/gshadow": "root:*::\nopen:::\n",
        },
      },
      found: [],
    },
  ],
  "kernel-modules": [
    {
      what: "a module of another kernel, one without an entry, and a file that is needed",
      tree: { files: KERNEL },
      kernelModules: ["overlay", "xfs", "btrfs", "vfat", "fs-lost"],
      found: [1, 2, 3, 4].map(() => "/usr/lib/modules/6.1.0"),
    },
    {
      what: "modules where there is no kernel",
      tree: { files: { "usr/lib/modules/6.1.0/modules.dep": "kernel/fs/xfs/xfs.ko:\n" } },
      kernelModules: ["xfs"],
      found: ["/usr/lib/modules"],
    },
    {
      what: "a kernel that cannot mount the overlays of the tree",
      tree: { files: { "usr/lib/modules/6.1.0/vmlinuz": "k" }, links: { opt: "usr/lib/opt" } },
      found: ["/usr/lib/modules/6.1.0"],
    },
    {
      what: "modules by another name, built in and as files",
      tree: { files: KERNEL },
      kernelModules: ["ext3", "fs-overlay", "virtio-alias"],
      found: [],
    },
    {
      what: "modules built in and as files, whichever way they are written",
      tree: { files: KERNEL },
      kernelModules: ["ext4", "overlay", "virtio_console", "virtio-net"],
      found: [],
    },
  ],
  "var-content": [
    {
      what: "a file and an empty directory",
      tree: { files: { "var/lib/app/state": "1" }, dirs: { "var/cache/app": 0o755 } },
      found: ["/var/cache/app", "/var/lib/app/state"],
    },
    { what: "an empty /var", tree: { dirs: { "var": 0o755 } }, found: [] },
  ],
  "world-writable": [
    {
      what: "a file and a directory that everybody may write to",
      tree: {
        files: { "usr/share/app/data": { text: "x", mode: 0o666 } },
        dirs: { "usr/share/app/drop": 0o777 },
      },
      found: ["/usr/share/app/data", "/usr/share/app/drop"],
    },
    {
      what: "a sticky directory, plain files, and a link",
      tree: {
        files: { "usr/share/app/data": { text: "x", mode: 0o664 } },
        dirs: { "tmp": 0o1777 },
        links: { "usr/share/app/link": "data" },
      },
      found: [],
    },
  ],
  "setuid": [
    {
      what: "programs that nobody knows, and a known one of another package",
      tree: {
        files: {
          "usr/bin/become": { mode: 0o4755 },
          "usr/bin/group": { mode: 0o2755 },
          "usr/bin/sniff": { mode: 0o755, xattrs: [["security.capability", CAPABILITY]] },
          "usr/bin/sudo": { mode: 0o4755 },
        },
        packages: { mine: ["/usr/bin/become", "/usr/bin/sudo"] },
      },
      found: ["/usr/bin/become", "/usr/bin/group", "/usr/bin/sniff", "/usr/bin/sudo"],
    },
    {
      what: "Debian's own",
      tree: {
        files: {
          "usr/bin/su": { mode: 0o4755 },
          "usr/bin/ping": { mode: 0o755, xattrs: [["security.capability", CAPABILITY]] },
          "usr/lib/x86_64-linux-gnu/utempter/utempter": { mode: 0o2755 },
        },
        packages: {
          "util-linux": ["/bin/su"],
          "iputils-ping": ["/bin/ping"],
          "libutempter0:amd64": ["/usr/lib/x86_64-linux-gnu/utempter/utempter"],
        },
        links: { "bin": "usr/bin" },
        dirs: { "usr/share/staff": 0o2775 },
      },
      found: [],
    },
  ],
  "alternatives": [
    {
      what: "links to what is gone",
      tree: {
        links: {
          "usr/etc/alternatives/awk": "/usr/bin/mawk",
          "usr/bin/awk": "/etc/alternatives/awk",
          "usr/bin/pager": "/etc/alternatives/pager",
        },
      },
      found: ["/usr/bin/pager", "/usr/etc/alternatives/awk"],
    },
    {
      what: "links that lead somewhere, and manuals that were left out",
      withoutDocumentation: true,
      tree: {
        files: { "usr/bin/mawk": "", "usr/lib/jvm/a/bin/java": "" },
        links: {
          "bin": "usr/bin",
          "usr/etc/alternatives/awk": "/bin/mawk",
          "usr/bin/awk": "/etc/alternatives/awk",
          "usr/etc/alternatives/awk.1.gz": "/usr/share/man/man1/mawk.1.gz",
          "usr/lib/jvm/default": "a",
          "usr/etc/alternatives/java": "/usr/lib/jvm/default/bin/java",
        },
      },
      found: [],
    },
    {
      what: "a missing manual where documentation is kept",
      tree: { links: { "usr/etc/alternatives/awk.1.gz": "/usr/share/man/man1/mawk.1.gz" } },
      found: ["/usr/etc/alternatives/awk.1.gz"],
    },
  ],
  "etc-links": [
    {
      what: "links to nothing, out of the tree, and in a circle",
      tree: {
        links: {
          "usr/etc/a": "/usr/share/none",
          "usr/etc/deep/b": "../none",
          "usr/etc/loop": "loop",
          "usr/etc/through": "/etc/file/x",
        },
        files: { "usr/etc/file": "" },
      },
      found: ["/usr/etc/a", "/usr/etc/deep/b", "/usr/etc/loop", "/usr/etc/through"],
    },
    {
      what: "links that a host can follow",
      tree: {
        files: { "usr/share/zone": "", "usr/etc/b": "", "usr/lib/opt/x/y": "" },
        links: {
          "usr/etc/a": "../usr/share/zone",
          "usr/etc/deep/b": "../b",
          "usr/etc/b2": "/etc/b",
          "usr/etc/mtab": "../proc/self/mounts",
          "usr/etc/state": "/var/lib/app/state",
          "usr/etc/masked.service": "/dev/null",
          "usr/etc/x": "/opt/x/y",
        },
      },
      found: [],
    },
  ],
  "build-paths": [
    {
      what: "a file that names the cache",
      tree: { files: { "usr/etc/app.conf": "data=/srv/builder/cache-é/x\n" } },
      found: ["/usr/etc/app.conf"],
    },
    { what: "other files", tree: { files: { "usr/etc/app.conf": "data=/srv/x\n" } }, found: [] },
  ],
  "unowned-files": [
    {
      what: "files of nobody",
      tree: {
        files: { "usr/bin/mine": "", "usr/bin/theirs": "", "usr/etc/app.conf": "" },
        links: { "usr/etc/enabled": "app.conf", "usr/bin/link": "theirs" },
        packages: { theirs: ["/usr/bin/theirs"] },
      },
      found: ["/usr/bin/link", "/usr/bin/mine", "/usr/etc/app.conf", "/usr/etc/enabled"],
    },
    {
      what: "files of packages, moved, diverted and shared, and what scripts of Debian make",
      tree: {
        files: {
          "usr/bin/tool.real": "",
          "usr/bin/tool": "",
          "usr/etc/app.conf": "",
          "usr/lib/opt/app/run": "",
          "usr/etc/ld.so.cache": "",
          "usr/lib/python3/dist-packages/x/__pycache__/x.cpython-311.pyc": "",
          "usr/lib/modules/6.1.0/modules.dep.bin": "",
          "usr/etc/by-ucf.conf": "",
          "usr/lib/sysimage/ucf/registry": "tool \t /etc/by-ucf.conf\n",
          "usr/lib/sysimage/dpkg/diversions": "/bin/tool\n/bin/tool.real\nwrapper\n",
        },
        links: {
          "bin": "usr/bin",
          "usr/bin/awk": "/etc/alternatives/awk",
          "usr/etc/web/enabled/app.conf": "../../app.conf",
          "usr/etc/web/enabled/ucf.conf": "/etc/by-ucf.conf",
        },
        packages: {
          "a:amd64": ["/.", "/bin", "/bin/tool", "/etc/app.conf", "/opt/app/run"],
          wrapper: ["/bin/tool"],
        },
      },
      found: [],
    },
  ],
};

const tests = Object.entries(CASES).flatMap(([name, cases]) =>
  cases.map((each) => [name, each.found.length > 0 ? "finds" : "is silent about", each] as const)
);

for (const [name, does, { what, tree: spec, found, ...given }] of tests) {
  Deno.test(`${name} ${does} ${what}`, () =>
    inTemp((dir) => {
      const { repo, tree } = makeTree(dir, spec);
      const filter = given.withoutDocumentation ? WITHOUT_DOCUMENTATION : KEEP_ALL;
      const kernelModules = given.kernelModules ?? [];
      const check = CHECKS.filter((each) => each.name === name);
      const buildPaths = ["/srv/builder/cache-é", "/srv"];
      const input = { repo, tree, filter, buildPaths, kernelModules };
      const report = runChecks(input, {}, check);
      assertEquals(report.findings.map(({ path }) => path), found);
      assertEquals([report.done, report.skipped], [[name], []]);
      for (const { severity } of report.findings) assertEquals(severity, check[0]!.severity);
    }));
}

Deno.test("every check is proven to find and to be silent", () => {
  for (const { name } of CHECKS) {
    const cases = CASES[name] ?? [];
    assertEquals(cases.some(({ found }) => found.length > 0), true, `${name} finds nothing`);
    assertEquals(cases.some(({ found }) => found.length === 0), true, `${name} is never silent`);
  }
});
