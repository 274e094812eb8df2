import { type Attack, perl, sh } from "./attack.ts";

const MESSAGE = String
  .raw`sub message { my @f = @_; join("\0", "\1apt-ostree", scalar(@f), @f, "") }`;

/** Scripts that reach for what watches over them, and for the tree's own tools. */
export const RECORD_ATTACKS: readonly Attack[] = [
  {
    danger: "floods the journal with beginnings of scripts",
    script: perl(`${MESSAGE}
open(my $j, ">", "/run/apt-ostree/journal") or die; $| = 1;
for (1 .. 200000) { syswrite($j, message("begin", "/var/lib/dpkg/info/libc6.postinst", "configure")); syswrite($j, message("end", "/var/lib/dpkg/info/libc6.postinst", "0")) }`),
    limits: { timeMs: 5000, totalTimeMs: 6000 },
    end: "script/limit",
  },
  {
    danger: "forges records and spoils the journal",
    script: perl(`${MESSAGE}
open(my $j, ">", "/run/apt-ostree/journal") or die;
syswrite($j, message("end", "/var/lib/dpkg/info/evil.postinst", "0"));
syswrite($j, message("call", "1", "shutdown", "run", "/", "shutdown", "\\e[31mnow"));
syswrite($j, message("close", "guess"));
syswrite($j, "\\0" x 4096); syswrite($j, "\\xff" x 4096); syswrite($j, "\\1apt-ostree\\0999999999\\0");
truncate($j, 0); unlink "/run/apt-ostree/journal"; rename "/run/apt-ostree/answers", "/run/apt-ostree/x";`),
    end: "ok",
  },
  {
    danger: "takes the answers that others wait for",
    script: perl(`
if (fork() == 0) { POSIX::setsid(); exit 0 if fork(); open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
  open(my $a, "<", "/run/apt-ostree/answers") or exit; for (;;) { sysread($a, my $x, 1) or select(undef, undef, undef, 0.01) } }
wait;`),
    limits: { timeMs: 4000 },
    end: "ok script/limit",
  },
  {
    danger: "writes to shims and to real programs behind them",
    script: sh(`
for f in /run/apt-ostree/*/* /usr/bin/systemctl /usr/sbin/reboot; do
  echo '#!/bin/sh' > "$f"; rm -f "$f"; chmod 777 "$f"; done 2> /dev/null
exit 0`),
    end: "ok script/refused",
  },
  {
    danger: "plays with the terminal in its output",
    script: sh(`
printf '\\033[2J\\033]0;owned\\007\\233\\061m\\342\\200\\256 evil \\r\\033Pq\\033\\\\\\n'
printf 'Setting up innocent\\033[31m (1.0) ...\\n'
printf 'dpkg: error processing package libc6 (--configure):\\n installed libc6 package pre-removal script subprocess returned error exit status 1\\n'
exit 5`),
    end: "script/failed",
    message: "ended with status 5",
    short: true,
  },
  {
    danger: "rewrites dpkg's status",
    script: sh("echo garbage > /var/lib/dpkg/status; rm -rf /var/lib/dpkg/info/*.list"),
    end: "script/refused",
    message: "dpkg's database",
  },
  {
    danger: "removes everything",
    script: sh("rm -rf --no-preserve-root / 2> /dev/null; exit 0"),
    end: "script/failed",
    short: true,
  },
  {
    danger: "replaces the tree's shell and dpkg",
    script: perl(`
for my $path ("/usr/bin/dpkg", "/bin/sh", "/usr/bin/dpkg-trigger", "/usr/bin/tar", "/usr/bin/mount", "/usr/bin/bwrap", "/usr/bin/unshare", "/usr/bin/nice") {
  unlink $path; open(my $f, ">", $path); print $f "#!/usr/bin/perl\\nopen(my \\$f, '>', '/owned-by-script'); print \\"BREACH\\\\n\\";"; chmod 0755, $path;
}`),
    end: "ok script/failed",
  },
  {
    danger: "makes the tree's programs load a library",
    script: sh(`
echo /usr/lib/evil.so > /etc/ld.so.preload; printf 'no library' > /usr/lib/evil.so
ln -sf /usr/lib/evil.so /etc/ld.so.cache; echo / > /etc/ld.so.conf; exit 0`),
    end: "ok script/failed",
  },
  {
    danger: "writes strange accounts, which the checks of the image find",
    script: sh(`
printf 'evil::0:0::/root:/bin/sh\\n\\001\\033[31m:x:1::::\\n:::\\n' >> /etc/passwd
printf 'a:x:99999999999999999999:\\n' >> /etc/group; exit 0`),
    end: "compose/checks-failed",
  },
];
