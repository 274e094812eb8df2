import { type Attack, perl, sh } from "./attack.ts";

/** Scripts that do not end, end others, or take more than their part. */
export const PROCESS_ATTACKS: readonly Attack[] = [
  {
    danger: "runs for ever, deaf to signals",
    script: sh("trap '' TERM INT HUP QUIT; while :; do :; done"),
    limits: { timeMs: 3000 },
    end: "script/limit",
    message: "its postinst ran over 3 s",
    short: true,
  },
  {
    danger: "runs for ever in its preinst",
    script: sh("sleep 100000"),
    as: "preinst",
    limits: { timeMs: 3000 },
    end: "script/limit",
    message: "its preinst ran over 3 s",
  },
  {
    danger: "prints without end",
    script: sh("yes 'a line of output'"),
    limits: { outputBytes: 5_000_000 },
    end: "script/limit",
    message: "wrote over 5 MiB",
    short: true,
  },
  {
    danger: "waits for input",
    script: sh("read -r line && breach input; cat; cat < /dev/tty; exit 0"),
    end: "ok",
  },
  {
    danger: "is a fork bomb",
    script: perl("$SIG{CHLD} = 'IGNORE'; for (;;) { fork(); }"),
    limits: { processes: 300 },
    end: "script/limit",
    message: "had more than 300 processes",
    short: true,
  },
  {
    danger: "starts threads of sleepers in sessions of their own",
    script: perl(
      "for (1 .. 2000) { my $pid = fork() // last; if ($pid == 0) { POSIX::setsid(); sleep 1000; exit } } sleep 1000;",
    ),
    limits: { processes: 300 },
    end: "script/limit",
    message: "had more than 300 processes",
  },
  {
    danger: "takes all memory",
    script: perl("my @a; for (1 .. 400) { push @a, 'x' x 10_000_000 } sleep 20;"),
    limits: { memoryBytes: 500_000_000 },
    end: "script/limit script/failed",
  },
  {
    danger: "takes all memory in many processes",
    script: perl(
      "for (1 .. 20) { if (fork() == 0) { my $x = 'x' x 100_000_000; sleep 1000; exit } } sleep 1000;",
    ),
    limits: { memoryBytes: 600_000_000 },
    end: "script/limit",
    message: "of memory",
  },
  {
    danger: "fills the disk",
    script: sh(
      "for i in 1 2 3 4 5 6 7 8 9; do head -c 50000000 /dev/zero > /usr/share/fill$i; done; sleep 1000",
    ),
    limits: { diskBytes: 200_000_000 },
    end: "script/limit",
    message: "in new files",
    short: true,
  },
  {
    danger: "fills temporary directories",
    script: sh(`
for d in /tmp /var/tmp /run /dev/shm; do head -c 200000000 /dev/zero > "$d/fill" && breach "filled $d"; done
head -c 100000 /dev/zero > /dev/fill && breach /dev
head -c 100000 /dev/zero > /sys/fill && breach /sys
exit 3`),
    limits: { temporaryBytes: 50_000_000 },
    end: "script/failed",
    message: "No space left",
  },
  {
    danger: "kills every process that it sees",
    script: sh(
      "kill -9 -1; sleep 1; for p in /proc/[0-9]*; do kill -9 ${p#/proc/}; done; sleep 100",
    ),
    end: "script/failed",
    short: true,
  },
  {
    danger: "kills its parents, up to the sandbox",
    script: perl(`
my $pid = getppid(); my $end = 0;
while ($pid > 1) { open(my $f, "<", "/proc/$pid/status") or last; my ($up) = join("", <$f>) =~ /^PPid:\\s*(\\d+)/m; kill 9, $pid; $pid = $up; }
kill 9, 1; kill 15, 1; kill 19, 1; sleep 30;`),
    end: "script/failed",
  },
  {
    danger: "stops every process that it sees",
    script: sh("kill -STOP -1; kill -STOP $PPID; sleep 1000"),
    limits: { timeMs: 4000 },
    end: "script/limit",
    message: "ran over 4 s",
  },
  {
    danger: "leaves a daemon running",
    script: perl(`
if (fork() == 0) { POSIX::setsid(); exit 0 if fork(); chdir "/";
  $SIG{$_} = "IGNORE" for qw(TERM HUP INT); sleep 3607; exit }
wait;`),
    end: "ok",
    short: true,
  },
  {
    danger: "leaves a daemon that holds the output and writes on",
    script: perl(`
if (fork() == 0) { POSIX::setsid(); exit 0 if fork(); $| = 1; for (;;) { print "still here\\n"; open(my $f, ">>", "/usr/share/daemon"); select(undef, undef, undef, 0.01) } }
wait;`),
    end: "ok",
  },
  {
    danger: "opens as many files as it can",
    script: perl(
      "my @f; for (1 .. 100000) { open(my $f, '<', '/dev/null') or exit 9; push @f, $f } breach('files');",
    ),
    end: "script/failed",
    message: "ended with status 9",
  },
];
