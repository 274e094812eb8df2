import { type Attack, perl, SECRET, sh } from "./attack.ts";

/** Scripts that reach for files of the host, or leave what harms those who read the tree. */
export const FILE_ATTACKS: readonly Attack[] = [
  {
    danger: "writes to the host through /proc/*/root and /proc/*/cwd",
    script: sh(`
for p in /proc/[0-9]* /proc/self /proc/thread-self; do
  for d in root cwd root/.. cwd/../../../../../..; do echo owned > "$p/$d/owned-by-script"; done
done 2> /dev/null
rm -f /owned-by-script; exit 0`),
    end: "ok",
    hides: /owned-by-script/,
    short: true,
  },
  {
    danger: "uses descriptors that its parents left open",
    script: perl(`
for my $fd (3 .. 255) {
  next unless -e "/proc/$$/fd/$fd";
  my $to = readlink("/proc/$$/fd/$fd") // "";
  next if $to =~ m{^(/var/lib/dpkg/info/|/run/apt-ostree/scripts/|/usr/lib/sysimage/dpkg/)};
  breach("descriptor $fd is $to");
}
for my $pid (map { m{(\\d+)} } glob "/proc/[0-9]*") {
  for my $fd (glob "/proc/$pid/fd/*") {
    my $to = readlink($fd) // next;
    breach("process $pid has $to") if $to =~ /secret|writable/;
  }
}
my $in = readlink("/proc/self/fd/0"); breach("input is $in") if $in ne "/dev/null";`),
    end: "ok",
    short: true,
  },
  {
    danger: "reads the host's secrets: files, environment, arguments",
    script: sh(`
for f in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /etc/shadow /etc/shadow- /root/.ssh/* /run/secret \\
  /proc/1/root/etc/shadow /proc/[0-9]*/root/root/.ssh/* /proc/keys /proc/kcore; do
  grep -qs ${SECRET.slice(0, 11)} "$f" && breach "read $f"
done
env | grep -q ${SECRET.slice(0, 11)} && breach environment
for name in $(env | sed -n 's/^\\([A-Za-z_]*\\)=.*/\\1/p'); do
  case "$name" in
    DEB*|DPKG_*|HOME|INITRD|LC_ALL|PATH|SOURCE_DATE_EPOCH|SYSTEMD_OFFLINE|TMPDIR|PWD|OLDPWD|SHLVL|_) ;;
    PERL_DL_NONLAZY|DPKG*) ;;
    *) breach "variable $name" ;;
  esac
done
[ "$(umask)" = 0022 ] || breach "umask $(umask)"
[ "$SYSTEMD_OFFLINE" = 1 ] && [ "$DEBIAN_FRONTEND" = noninteractive ] || breach "no build"`),
    end: "ok",
    short: true,
  },
  {
    danger: "leaves links to the host's files and directories",
    script: sh(`
ln -s /etc/shadow /usr/share/link-to-shadow
ln -s /root/.ssh /usr/share/link-to-directory
mkdir /usr/share/swapped && touch /usr/share/swapped/id_secret
rm -r /usr/share/swapped && ln -s /root/.ssh /usr/share/swapped
ln -s ../../../../../../../../etc /usr/share/upwards
ln /etc/hostname /usr/share/hard 2> /dev/null || cp /etc/passwd /usr/share/hard`),
    end: "ok",
    shows: /^l.*\/usr\/share\/swapped -> \/root\/.ssh$/m,
    hides: /id_secret/,
    short: true,
  },
  {
    danger: "turns dpkg's database into a link to a directory of the host",
    script: sh(`
cd /usr/lib/sysimage && mv dpkg /usr/lib/dpkg-moved && ln -s /etc/apt dpkg && mkdir -p /etc/apt/tmp.ci`),
    as: "preinst",
    end: "script/refused",
    message: "dpkg's database",
  },
  {
    danger: "swaps a directory for a link while the tree is read, from a daemon",
    script: perl(`
mkdir "/usr/share/race"; mkdir "/usr/share/race/a";
if (fork() == 0) {
  POSIX::setsid(); exit 0 if fork();
  open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
  for (;;) { rename "/usr/share/race/a", "/usr/share/race/b"; symlink "/etc", "/usr/share/race/a";
    unlink "/usr/share/race/a"; rename "/usr/share/race/b", "/usr/share/race/a"; }
}
wait;`),
    end: "ok",
  },
  {
    danger: "leaves FIFOs, sockets and files that hang or change who reads them",
    script: perl(`
POSIX::mkfifo("/usr/share/fifo", 0666); POSIX::mkfifo("/etc/fifo", 0666);
unlink "/etc/motd"; POSIX::mkfifo("/etc/motd", 0666);
socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("/usr/share/socket"));
symlink "/usr/share/loop", "/usr/share/loop";
symlink "/dev/zero", "/usr/share/endless";`),
    end: "ok",
    hides: /share\/(fifo|socket)/,
  },
  {
    danger: "makes devices",
    script: perl(`
for my $d (["disk", 0060000, 8 << 8], ["mem", 0020000, (1 << 8) | 1], ["kmsg", 0020000, (1 << 8) | 11]) {
  for my $dir ("/usr/share", "/tmp", "/dev", "/run", "/dev/shm") {
    must_fail("mknod $dir", 133, "$dir/$d->[0]", $d->[1] | 0666, $d->[2]);
  }
}
must_fail("whiteout", 133, "/usr/share/whiteout", 0020000 | 0666, 0);
for my $d ("mem", "kmem", "port", "kmsg", "sda", "vda", "loop-control", "loop0", "fuse", "net/tun", "mapper/control") {
  breach("/dev/$d") if -e "/dev/$d";
}`),
    end: "ok",
  },
  {
    danger: "leaves a name that is no text",
    script: sh(`touch "$(printf '/usr/share/\\377\\376')"`),
    end: "script/refused",
    message: "its name is not UTF-8",
  },
  {
    danger: "leaves directories in one another, deeper than any path",
    script: perl(`chdir "/usr/share"; for (1 .. 3000) { mkdir "dd"; chdir "dd" or last; }`),
    end: "script/refused",
    message: "longer than any program can open",
  },
  {
    danger: "leaves a great many files",
    script: perl(
      `mkdir "/usr/share/many"; for (1 .. 20000) { open(my $f, ">", "/usr/share/many/$_") or die; }`,
    ),
    limits: { files: 5000 },
    end: "script/limit script/refused",
    message: "left more than 5000 new files",
  },
  {
    danger: "leaves huge files that are nothing but holes",
    script: perl(
      `for (1 .. 8) { open(my $f, ">", "/usr/share/hole$_") or die; truncate($f, 7e9) or die; }`,
    ),
    end: "script/limit script/refused",
    message: "in new files",
  },
  {
    danger: "makes one file larger than it may",
    script: sh("truncate -s 9G /usr/share/large 2> /dev/null && breach size; exit 7"),
    end: "script/failed",
  },
  {
    danger: "leaves a set-id shell in the tree",
    script: sh("cp /bin/sh /usr/bin/innocent; chmod 4755 /usr/bin/innocent"),
    end: "script/refused",
    message: '"/usr/bin/innocent", which has mode 4755',
    short: true,
  },
  {
    danger: "leaves set-id shells in temporary directories, on shims and pipes",
    script: sh(`
for d in /tmp /var/tmp /run /dev/shm /run/apt-ostree; do cp /bin/sh "$d/sh" && chmod 6755 "$d/sh"; done
chmod 4777 /run/apt-ostree/* /dev/null /dev/zero /dev/tty 2> /dev/null; chown 1000 /dev/null; exit 0`),
    end: "ok",
    short: true,
  },
  {
    danger: "gives a file capabilities",
    script: perl(`
system("cp", "/bin/cat", "/usr/bin/capable");
my $cap = pack("VVVVV", 0x02000001, 0xffffffff, 0, 0, 0);
setxattr("/usr/bin/capable", "security.capability", $cap) == 0 or die "setxattr: $!";`),
    end: "script/refused",
    message: '"/usr/bin/capable", which has capabilities',
  },
  {
    danger: "forges the marks of the overlay",
    script: perl(`
for my $ns ("trusted", "user") {
  for my $name ("opaque", "redirect", "metacopy", "whiteout", "origin") {
    setxattr("/etc", "$ns.overlay.$name", "y");
    setxattr("/etc/passwd", "$ns.overlay.$name", "/root/.ssh/id_secret");
  }
}`),
    end: "ok",
    shows: /\/usr\/etc\/group$/m,
    hides: /id_secret/,
  },
  {
    danger: "makes files immutable, so that nobody can clean up",
    script: perl(`
for my $path ("/etc/passwd", "/usr/share", "/tmp") {
  sysopen(my $f, $path, O_RDONLY) or die;
  for my $flag (0x10, 0x20) { my $flags = pack("L", $flag); breach("chattr $path") if ioctl($f, 0x40086602, $flags); }
}`),
    end: "ok",
  },
  {
    danger: "sets access lists",
    script: perl(`
my $acl = pack("V", 2) . join "", map { pack("vvV", @$_) } [1, 7, 0xffffffff], [2, 7, 1000], [4, 5, 0xffffffff], [16, 7, 0xffffffff], [32, 5, 0xffffffff];
mkdir "/usr/share/listed";
setxattr("/usr/share/listed", "system.posix_acl_access", $acl);`),
    end: "ok",
  },
];
