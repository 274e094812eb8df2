import { measure, type Measurement } from "./measure.ts";

/** What the peer does. */
export interface ChrootInput {
  /** Repository of mode bare, which it may damage: programs write to files that are objects. */
  readonly repo: string;
  /** Ref of the base. */
  readonly base: string;
  /** Ref that gets the result. */
  readonly ref: string;
  /** Directory for the root file system, which must not exist. */
  readonly root: string;
  /** Path of a sources file. */
  readonly sources: string;
  /** Directory with apt's `lists` and `archives`, kept from run to run. */
  readonly apt: string;
  readonly packages: readonly string[];
  /** Whether newer package lists are looked for. */
  readonly update: boolean;
  /** Whether the commit takes unchanged files from libostree's cache of hard links. */
  readonly linked: boolean;
}

/**
 * What tools for Debian images do without trees: check the base out by hard links, run apt in a chroot,
 * commit what lies there then.
 *
 * All of it in a mount namespace of its own; apt and dpkg never run outside of the chroot.
 */
const SCRIPT = `
repo=$1 base=$2 ref=$3 root=$4 sources=$5 apt=$6 update=$7 link=$8; shift 8
test -n "$root"
ostree checkout -H --repo="$repo" "$base" "$root"
cd "$root"
mv usr/etc etc
mkdir -p var/lib/apt/lists var/cache/apt/archives var/log/apt var/lib/dpkg.d var/tmp run tmp
rmdir var/lib/dpkg.d
ln -s ../../usr/lib/sysimage/dpkg var/lib/dpkg
cp "$sources" etc/apt/sources.list.d/bench.sources
printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
unshare --mount --propagation private sh -ec '
  root=$1 apt=$2 update=$3; shift 3
  mount --bind "$apt/lists" "$root/var/lib/apt/lists"
  mount --bind "$apt/archives" "$root/var/cache/apt/archives"
  mount --bind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  export DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C.UTF-8
  options="-q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o Binary::apt-get::APT::Keep-Downloaded-Packages=1"
  if [ "$update" = true ]; then chroot "$root" apt-get $options update; fi
  chroot "$root" apt-get $options -o Dpkg::Options::=--force-unsafe-io -o APT::Keep-Downloaded-Packages=1 \\
    install -y --no-install-recommends "$@"
' sh "$root" "$apt" "$update" "$@"
rm usr/sbin/policy-rc.d etc/apt/sources.list.d/bench.sources var/lib/dpkg
mv etc usr/etc
cd /
ostree commit $link --repo="$repo" --branch="$ref" --parent="$(ostree rev-parse --repo="$repo" "$base")" --tree=dir="$root"
`;

/** Add packages to a base that way, measured; the root file system stays. */
export async function measureChroot(input: ChrootInput): Promise<Measurement> {
  const { repo, base, ref, root, sources, apt, packages, update, linked } = input;
  const args = [
    repo,
    base,
    ref,
    root,
    sources,
    apt,
    `${update}`,
    linked ? "--link-checkout-speedup" : "",
    ...packages,
  ];
  return await measure(["sh", "-ec", SCRIPT, "peer", ...args], { env: { PATH } });
}

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
