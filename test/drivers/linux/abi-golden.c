/*
 * Says (as text in its assembler output) what the C compiler knows of the structs and numbers of drivers/linux/abi.ts. Its output
 * for x64, arm64 and 32-bit ARM is abi-golden.json; nothing of this is needed to build or test noonmark.
 *   gcc -D_GNU_SOURCE -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 -S -o - abi-golden.c   (and the cross compilers')
 * Each line `.ascii "name number"` of the output is one fact; `$` or `#` may stand before the number.
 */
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/eventfd.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <linux/errqueue.h>
#include <linux/gpio.h>
#include <linux/net_tstamp.h>
#include <linux/pps.h>

struct shmTime { int mode; volatile int count; time_t clockTimeStampSec; int clockTimeStampUSec;
  time_t receiveTimeStampSec; int receiveTimeStampUSec; int leap; int precision; int nsamples; volatile int valid;
  unsigned clockTimeStampNSec; unsigned receiveTimeStampNSec; int dummy[8]; };
struct shmTime32 { int mode; volatile int count; int32_t clockTimeStampSec; int clockTimeStampUSec;
  int32_t receiveTimeStampSec; int receiveTimeStampUSec; int leap; int precision; int nsamples; volatile int valid;
  unsigned clockTimeStampNSec; unsigned receiveTimeStampNSec; int dummy[8]; };
struct scm64 { struct timespec ts[3]; };

#define V(name, value) __asm__("\n.ascii \"" name " %0\"\n" :: "i"((long)(value)));
#define S(name, type) V(name ".size", sizeof(type))
#define F(name, type, field, member) V(name "." field, offsetof(type, member))

void golden(void) {
  S("timespec", struct timespec) F("timespec", struct timespec, "sec", tv_sec) F("timespec", struct timespec, "nsec", tv_nsec)
  S("timex", struct timex) F("timex", struct timex, "modes", modes) F("timex", struct timex, "offset", offset)
  F("timex", struct timex, "freq", freq) F("timex", struct timex, "maxerror", maxerror) F("timex", struct timex, "esterror", esterror)
  F("timex", struct timex, "status", status) F("timex", struct timex, "constant", constant) F("timex", struct timex, "precision", precision)
  F("timex", struct timex, "tolerance", tolerance) F("timex", struct timex, "timeSec", time.tv_sec) F("timex", struct timex, "timeUsec", time.tv_usec)
  F("timex", struct timex, "tick", tick) F("timex", struct timex, "ppsfreq", ppsfreq) F("timex", struct timex, "jitter", jitter)
  F("timex", struct timex, "shift", shift) F("timex", struct timex, "stabil", stabil) F("timex", struct timex, "jitcnt", jitcnt)
  F("timex", struct timex, "calcnt", calcnt) F("timex", struct timex, "errcnt", errcnt) F("timex", struct timex, "stbcnt", stbcnt)
  F("timex", struct timex, "tai", tai)
  S("iovec", struct iovec) F("iovec", struct iovec, "base", iov_base) F("iovec", struct iovec, "length", iov_len)
  S("msghdr", struct msghdr) F("msghdr", struct msghdr, "name", msg_name) F("msghdr", struct msghdr, "nameLength", msg_namelen)
  F("msghdr", struct msghdr, "iov", msg_iov) F("msghdr", struct msghdr, "iovLength", msg_iovlen) F("msghdr", struct msghdr, "control", msg_control)
  F("msghdr", struct msghdr, "controlLength", msg_controllen) F("msghdr", struct msghdr, "flags", msg_flags)
  S("mmsghdr", struct mmsghdr) F("mmsghdr", struct mmsghdr, "header", msg_hdr) F("mmsghdr", struct mmsghdr, "length", msg_len)
  S("cmsghdr", struct cmsghdr) F("cmsghdr", struct cmsghdr, "length", cmsg_len) F("cmsghdr", struct cmsghdr, "level", cmsg_level) F("cmsghdr", struct cmsghdr, "type", cmsg_type)
  V("cmsg.data0", CMSG_LEN(0)) V("cmsg.length12", CMSG_LEN(12)) V("cmsg.space12", CMSG_SPACE(12)) V("cmsg.space20", CMSG_SPACE(20)) V("cmsg.space48", CMSG_SPACE(48))
  S("sockaddrIn", struct sockaddr_in) F("sockaddrIn", struct sockaddr_in, "port", sin_port) F("sockaddrIn", struct sockaddr_in, "address", sin_addr)
  S("sockaddrIn6", struct sockaddr_in6) F("sockaddrIn6", struct sockaddr_in6, "port", sin6_port) F("sockaddrIn6", struct sockaddr_in6, "flowInfo", sin6_flowinfo)
  F("sockaddrIn6", struct sockaddr_in6, "address", sin6_addr) F("sockaddrIn6", struct sockaddr_in6, "scopeId", sin6_scope_id)
  S("sockaddrUn", struct sockaddr_un) F("sockaddrUn", struct sockaddr_un, "path", sun_path)
  S("inPktinfo", struct in_pktinfo) F("inPktinfo", struct in_pktinfo, "interfaceIndex", ipi_ifindex)
  F("inPktinfo", struct in_pktinfo, "specificDestination", ipi_spec_dst) F("inPktinfo", struct in_pktinfo, "address", ipi_addr)
  S("in6Pktinfo", struct in6_pktinfo) F("in6Pktinfo", struct in6_pktinfo, "address", ipi6_addr) F("in6Pktinfo", struct in6_pktinfo, "interfaceIndex", ipi6_ifindex)
  S("ipMreqn", struct ip_mreqn) F("ipMreqn", struct ip_mreqn, "group", imr_multiaddr) F("ipMreqn", struct ip_mreqn, "address", imr_address) F("ipMreqn", struct ip_mreqn, "interfaceIndex", imr_ifindex)
  S("ipv6Mreq", struct ipv6_mreq) F("ipv6Mreq", struct ipv6_mreq, "group", ipv6mr_multiaddr) F("ipv6Mreq", struct ipv6_mreq, "interfaceIndex", ipv6mr_interface)
  S("pollfd", struct pollfd) F("pollfd", struct pollfd, "fd", fd) F("pollfd", struct pollfd, "events", events) F("pollfd", struct pollfd, "revents", revents)
  S("scmTimestamping", struct scm64)
  S("ppsKtime", struct pps_ktime) F("ppsKtime", struct pps_ktime, "sec", sec) F("ppsKtime", struct pps_ktime, "nsec", nsec) F("ppsKtime", struct pps_ktime, "flags", flags)
  S("ppsKparams", struct pps_kparams) F("ppsKparams", struct pps_kparams, "mode", mode) F("ppsKparams", struct pps_kparams, "assertOffset", assert_off_tu) F("ppsKparams", struct pps_kparams, "clearOffset", clear_off_tu)
  S("ppsKinfo", struct pps_kinfo) F("ppsKinfo", struct pps_kinfo, "clearSequence", clear_sequence) F("ppsKinfo", struct pps_kinfo, "assert", assert_tu)
  F("ppsKinfo", struct pps_kinfo, "clear", clear_tu) F("ppsKinfo", struct pps_kinfo, "currentMode", current_mode)
  S("ppsFdata", struct pps_fdata) F("ppsFdata", struct pps_fdata, "timeout", timeout)
  S("gpioChipInfo", struct gpiochip_info) F("gpioChipInfo", struct gpiochip_info, "label", label) F("gpioChipInfo", struct gpiochip_info, "lines", lines)
  S("gpioLineAttribute", struct gpio_v2_line_attribute) S("gpioLineConfigAttribute", struct gpio_v2_line_config_attribute)
  S("gpioLineConfig", struct gpio_v2_line_config) F("gpioLineConfig", struct gpio_v2_line_config, "attributeCount", num_attrs) F("gpioLineConfig", struct gpio_v2_line_config, "attributes", attrs)
  S("gpioLineRequest", struct gpio_v2_line_request) F("gpioLineRequest", struct gpio_v2_line_request, "consumer", consumer) F("gpioLineRequest", struct gpio_v2_line_request, "config", config)
  F("gpioLineRequest", struct gpio_v2_line_request, "lineCount", num_lines) F("gpioLineRequest", struct gpio_v2_line_request, "eventBufferSize", event_buffer_size) F("gpioLineRequest", struct gpio_v2_line_request, "fd", fd)
  S("gpioLineEvent", struct gpio_v2_line_event) F("gpioLineEvent", struct gpio_v2_line_event, "id", id) F("gpioLineEvent", struct gpio_v2_line_event, "offset", offset)
  F("gpioLineEvent", struct gpio_v2_line_event, "sequence", seqno) F("gpioLineEvent", struct gpio_v2_line_event, "lineSequence", line_seqno)
  S("shmTime", struct shmTime) F("shmTime", struct shmTime, "clockSec", clockTimeStampSec) F("shmTime", struct shmTime, "clockUsec", clockTimeStampUSec) F("shmTime", struct shmTime, "receiveSec", receiveTimeStampSec)
  F("shmTime", struct shmTime, "receiveUsec", receiveTimeStampUSec) F("shmTime", struct shmTime, "leap", leap) F("shmTime", struct shmTime, "valid", valid) F("shmTime", struct shmTime, "clockNsec", clockTimeStampNSec) F("shmTime", struct shmTime, "receiveNsec", receiveTimeStampNSec)
  S("shmTime32", struct shmTime32) F("shmTime32", struct shmTime32, "receiveUsec", receiveTimeStampUSec) F("shmTime32", struct shmTime32, "valid", valid) F("shmTime32", struct shmTime32, "receiveNsec", receiveTimeStampNSec)
  V("ioctl.ppsGetParams", PPS_GETPARAMS) V("ioctl.ppsSetParams", PPS_SETPARAMS) V("ioctl.ppsGetCap", PPS_GETCAP) V("ioctl.ppsFetch", PPS_FETCH)
  V("ioctl.gpioGetChipInfo", GPIO_GET_CHIPINFO_IOCTL) V("ioctl.gpioGetLine", GPIO_V2_GET_LINE_IOCTL)
  V("SO.reuseAddress", SO_REUSEADDR) V("SO.error", SO_ERROR) V("SO.broadcast", SO_BROADCAST) V("SO.sendBuffer", SO_SNDBUF) V("SO.receiveBuffer", SO_RCVBUF) V("SO.bindToDevice", SO_BINDTODEVICE)
  V("SO.timestampingOld", SO_TIMESTAMPING_OLD) V("SO.timestampingNew", SO_TIMESTAMPING_NEW)
  V("AF.unix", AF_UNIX) V("AF.inet", AF_INET) V("AF.inet6", AF_INET6)
  V("SOCK.stream", SOCK_STREAM) V("SOCK.dgram", SOCK_DGRAM) V("SOCK.seqpacket", SOCK_SEQPACKET) V("SOCK.nonblock", SOCK_NONBLOCK) V("SOCK.cloexec", SOCK_CLOEXEC)
  V("SOL.socket", SOL_SOCKET) V("SOL.ip", IPPROTO_IP) V("SOL.ipv6", IPPROTO_IPV6)
  V("IP.tos", IP_TOS) V("IP.ttl", IP_TTL) V("IP.pktinfo", IP_PKTINFO) V("IP.multicastIf", IP_MULTICAST_IF) V("IP.multicastTtl", IP_MULTICAST_TTL) V("IP.multicastLoop", IP_MULTICAST_LOOP) V("IP.addMembership", IP_ADD_MEMBERSHIP) V("IP.dropMembership", IP_DROP_MEMBERSHIP)
  V("IPV6.unicastHops", IPV6_UNICAST_HOPS) V("IPV6.multicastIf", IPV6_MULTICAST_IF) V("IPV6.multicastHops", IPV6_MULTICAST_HOPS) V("IPV6.multicastLoop", IPV6_MULTICAST_LOOP) V("IPV6.joinGroup", IPV6_JOIN_GROUP) V("IPV6.leaveGroup", IPV6_LEAVE_GROUP)
  V("IPV6.v6only", IPV6_V6ONLY) V("IPV6.recvPktinfo", IPV6_RECVPKTINFO) V("IPV6.pktinfo", IPV6_PKTINFO) V("IPV6.trafficClass", IPV6_TCLASS)
  V("MSG.trunc", MSG_TRUNC) V("MSG.dontwait", MSG_DONTWAIT) V("MSG.errqueue", MSG_ERRQUEUE) V("MSG.nosignal", MSG_NOSIGNAL)
  V("SOF_TIMESTAMPING.rxSoftware", SOF_TIMESTAMPING_RX_SOFTWARE) V("SOF_TIMESTAMPING.software", SOF_TIMESTAMPING_SOFTWARE)
  V("POLL.in", POLLIN) V("POLL.err", POLLERR) V("POLL.hup", POLLHUP) V("POLL.nval", POLLNVAL)
  V("EFD.nonblock", EFD_NONBLOCK) V("EFD.cloexec", EFD_CLOEXEC)
  V("CLOCK.realtime", CLOCK_REALTIME) V("CLOCK.monotonic", CLOCK_MONOTONIC)
}
