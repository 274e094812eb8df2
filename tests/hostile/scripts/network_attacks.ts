import { type Attack, perl } from "./attack.ts";

/** Port that the throw-away host listens on. */
export const HOST_PORT = 4567;
/** Socket in the abstract namespace that it listens on. */
export const HOST_ABSTRACT = "host-abstract";
/** Sockets that it listens on. */
export const HOST_SOCKETS: readonly string[] = [
  "/run/docker.sock",
  "/run/dbus/system_bus_socket",
  "/run/systemd/private",
];

/** Scripts that reach for the network and for services of the host. */
export const NETWORK_ATTACKS: readonly Attack[] = [
  {
    danger: "connects to the network",
    script: perl(`
for my $to ("127.0.0.1", "10.0.0.1", "192.0.2.1", "169.254.169.254") {
  socket(my $s, AF_INET, SOCK_STREAM, 0) or next;
  breach("tcp $to") if connect($s, pack_sockaddr_in(${HOST_PORT}, inet_aton($to)));
  socket(my $u, AF_INET, SOCK_DGRAM, 0) or next;
  breach("udp $to") if send($u, "x", 0, pack_sockaddr_in(${HOST_PORT}, inet_aton($to))) && $to ne "127.0.0.1";
}
socket(my $six, AF_INET6, SOCK_STREAM, 0);
connect($six, Socket::pack_sockaddr_in6(${HOST_PORT}, "\\0" x 15 . "\\1")) and breach("tcp6");
breach("a name was found") if gethostbyname("www.example.org");`),
    end: "ok",
    short: true,
  },
  {
    danger: "connects to sockets of the host",
    script: perl(`
for my $path (${
      HOST_SOCKETS.map((path) => `"${path}"`).join(", ")
    }, "\\0${HOST_ABSTRACT}", "\\0/tmp/.X11-unix/X0", "/run/user/0/bus") {
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
  breach("unix $path") if connect($s, pack_sockaddr_un($path));
}
open(my $f, "<", "/proc/net/unix"); breach("sees sockets of the host") if grep { /host-abstract|docker/ } <$f>;`),
    end: "ok",
    short: true,
  },
  {
    danger: "uses raw sockets and families that know no namespace",
    script: perl(`
for my $family ([2, 3, 1], [10, 3, 58], [17, 3, 768], [40, 1, 0], [38, 5, 0], [31, 3, 1], [21, 5, 0], [15, 3, 2], [44, 3, 0]) {
  socket(my $s, $family->[0], $family->[1], $family->[2]) and breach("family $family->[0]");
}`),
    end: "ok",
  },
  {
    danger: "changes the network by netlink",
    script: perl(`
socket(my $s, 16, SOCK_RAW, 0) or exit 0;
my $up = pack("LSSLL", 32, 16, 5, 1, 0) . pack("CCSlLL", 0, 0, 0, 1, 1, 1);
send($s, $up, 0, pack("SSLL", 16, 0, 0, 0)); recv($s, my $answer, 4096, 0);
my $error = unpack("l", substr($answer, 16, 4)); breach("netlink") if $error == 0;`),
    end: "ok",
  },
];
