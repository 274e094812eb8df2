import { type Attack, perl, sh } from "./attack.ts";

/** Scripts that reach for the kernel. Numbers of system calls are those of x86_64. */
export const KERNEL_ATTACKS: readonly Attack[] = [
  {
    danger: "mounts, remounts and unmounts",
    script: perl(`
mkdir "/mnt/x"; my $opt = "";
must_fail("mount tmpfs", 165, "none", "/mnt", "tmpfs", 0, $opt);
must_fail("mount proc", 165, "proc", "/mnt", "proc", 0, $opt);
must_fail("mount sysfs", 165, "sysfs", "/mnt", "sysfs", 0, $opt);
must_fail("bind", 165, "/etc", "/mnt", "none", 4096, $opt);
must_fail("remount /", 165, "none", "/", "none", 32, $opt);
must_fail("remount /proc", 165, "none", "/proc", "none", 4096 | 32, $opt);
must_fail("umount", 166, "/proc", 2);
must_fail("fsopen", 430, "tmpfs", 0);
must_fail("open_tree", 428, -100, "/", 1);
must_fail("move_mount", 429, -100, "/etc", -100, "/mnt", 0);
must_fail("mount_setattr", 442, -100, "/proc", 0, "\\0" x 32, 32);`),
    end: "ok",
    short: true,
  },
  {
    danger: "gets out by pivot_root and chroot",
    script: perl(`
mkdir "/mnt/in"; must_fail("pivot_root", 155, "/mnt", "/mnt/in");
# the classic: a root directory below the working directory
mkdir "/mnt/jail"; opendir(my $d, "/"); chroot "/mnt/jail"; chdir $d;
chdir ".." for 1 .. 100; chroot ".";
breach("out of the cell") if -e "/root/.ssh/id_secret" || -e "/.throw-away-host";`),
    end: "ok",
  },
  {
    danger: "makes namespaces, to have all capabilities anew",
    script: perl(`
must_fail("unshare user", 272, 0x10000000);
must_fail("unshare mount", 272, 0x20000);
must_fail("unshare time", 272, 0x80);
must_fail("clone user", 56, 0x10000011, 0, 0, 0, 0);
must_fail("clone3", 435, pack("Q11", 0x10000000, (0) x 3, 17, (0) x 6), 88);
for my $ns (glob "/proc/[0-9]*/ns/*") { sysopen(my $f, $ns, O_RDONLY) or next; must_fail("setns", 308, fileno($f), 0); last }
system("unshare", "-U", "true") == 0 and breach("unshare -U");`),
    end: "ok",
    short: true,
  },
  {
    danger: "traces and writes into bubblewrap's own process",
    script: perl(`
for my $pid (1, getppid()) {
  must_fail("ptrace", 101, 16, $pid, 0, 0);
  must_fail("process_vm_writev", 311, $pid, "\\0" x 16, 1, "\\0" x 16, 1, 0);
  must_not_open("+<", "/proc/$pid/mem");
  must_fail("pidfd_getfd", 438, 3, 0, 0);
  must_not_open(">", "/proc/$pid/oom_score_adj");
}`),
    end: "ok",
  },
  {
    danger: "loads modules and kernels",
    script: perl(`
my $empty = "";
must_fail("init_module", 175, "\\x7fELF" . "\\0" x 100, 104, $empty);
sysopen(my $f, "/bin/sh", O_RDONLY); must_fail("finit_module", 313, fileno($f), $empty, 0);
must_fail("delete_module", 176, "ext4", 0);
must_fail("kexec_load", 246, 0, 0, 0, 0);
must_fail("kexec_file_load", 320, fileno($f), -1, 0, $empty, 8);
must_fail("bpf", 321, 5, "\\0" x 72, 72);
must_fail("bpf map", 321, 0, pack("L5", 2, 4, 4, 1, 0) . "\\0" x 52, 72);
must_fail("perf_event_open", 298, "\\0" x 112, 0, -1, -1, 0);
must_fail("userfaultfd", 323, 0);
must_fail("io_uring_setup", 425, 4, "\\0" x 120);`),
    end: "ok",
  },
  {
    danger: "takes keys of the user from the kernel",
    script: perl(`
must_fail("add_key", 248, "user", "evil", "x", 1, -4);
must_fail("keyctl", 250, 0, -4, 1);
must_fail("request_key", 249, "user", "host", 0, -4);`),
    end: "ok",
  },
  {
    danger: "writes to the kernel's settings",
    script: perl(`
for my $path (glob("/proc/sys/kernel/*"), glob("/proc/sys/vm/*"), glob("/proc/sys/fs/*"), "/proc/sys/net/ipv4/ip_forward",
  "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/proc/self/timerslack_ns", "/proc/dynamic_debug/control",
  "/proc/mtrr", "/proc/prof_cpu_mask", "/proc/acpi/wakeup", "/proc/scsi/scsi", "/proc/self/uid_map") {
  must_not_open("+<", $path);
}
for my $path ("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs", "/proc/sys/fs/binfmt_misc/register") {
  breach($path) if -e $path;
}`),
    end: "ok",
    short: true,
  },
  {
    danger: "lets a cgroup run a program outside",
    script: perl(`
mkdir "/mnt/cg";
for my $type ("cgroup", "cgroup2") {
  must_fail("mount $type", 165, "none", "/mnt/cg", $type, 0, $type eq "cgroup" ? "memory" : "");
}
for my $path (glob("/sys/*"), glob("/proc/[0-9]*/cgroup.procs")) { breach($path) }
must_not_open(">", "/proc/self/cgroup");`),
    end: "ok",
  },
  {
    danger: "changes clock, names and power of the machine",
    script: perl(`
must_fail("settimeofday", 164, pack("qq", 1, 0), 0);
must_fail("clock_settime", 227, 0, pack("qq", 1, 0));
must_fail("sethostname", 170, "owned", 5);
must_fail("setdomainname", 171, "owned", 5);
must_fail("reboot", 169, 0xfee1dead, 672274793, 0x01234567, 0);
must_fail("swapon", 167, "/bin/sh", 0);
must_fail("swapoff", 168, "/swap");
must_fail("acct", 163, "/usr/share/acct");
must_fail("quotactl", 179, 0x800002 << 8, "/dev/vda", 0, 0);
must_fail("syslog", 103, 3, "\\0" x 100, 100);
must_fail("iopl", 172, 3);
must_fail("ioperm", 173, 0x80, 1, 1);`),
    end: "ok",
  },
  {
    danger: "opens files by handle, as containers were left before",
    script: perl(`
my $handle = pack("LlQ", 8, 1, 2) . "\\0" x 120;
must_fail("open_by_handle_at", 304, -100, $handle, 0);
sysopen(my $f, "/usr", O_RDONLY); must_fail("open_by_handle_at", 304, fileno($f), $handle, 0);`),
    end: "ok",
  },
  {
    danger: "types into the terminal",
    script: perl(`
must_not_open("+<", "/dev/tty");
my $c = "x";
for my $fd (0 .. 2) { open(my $f, ">&=", $fd) or next; for my $request (0x5412, 0x541c) { breach("ioctl $fd") if ioctl($f, $request, $c) } }`),
    end: "ok",
  },
  {
    danger: "raises its own limits and precedence",
    script: perl(`
must_fail("setrlimit", 160, 1, pack("QQ", 1e15, 1e15));
must_fail("nice", 141, 0, 0, -10);
must_fail("realtime", 144, 0, 1, pack("l", 50));
must_fail("capset", 126, pack("Ll", 0x20080522, 0), pack("L6", (0xffffffff) x 6));
system("/bin/sh", "-c", "ulimit -c unlimited 2> /dev/null") == 0 and breach("core dumps");`),
    end: "ok",
  },
  {
    danger: "calls the kernel by the numbers of another architecture",
    script: sh(`
# mov \\$310,%eax; mov \\$0x10000000,%ebx; int \\$0x80; test %eax,%eax; js fail; exit 0
cat > /tmp/gen.pl << 'END'
my $code = "\\xb8\\x36\\x01\\x00\\x00" . "\\xbb\\x00\\x00\\x00\\x10" . "\\xcd\\x80" . "\\x31\\xff" . "\\x85\\xc0" . "\\x79\\x02" . "\\xff\\xc7" . "\\xb8\\x3c\\x00\\x00\\x00" . "\\x0f\\x05";
my $entry = 0x400000 + 120;
print "\\x7fELF\\x02\\x01\\x01" . "\\0" x 9, pack("vvVQQQVvvvvvv", 2, 62, 1, $entry, 64, 0, 0, 64, 56, 1, 0, 0, 0),
  pack("VVQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + length $code, 120 + length $code, 0x1000), $code;
END
perl /tmp/gen.pl > /tmp/int80 && chmod +x /tmp/int80
/tmp/int80; status=$?
[ $status = 0 ] && breach "unshare by int 0x80"
[ $status = 1 ] || echo "ended with $status"`),
    end: "ok",
  },
];
