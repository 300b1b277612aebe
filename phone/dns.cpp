#include "phone/dns.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr int tries_per_server = 2;
constexpr int wait_s = 2;
constexpr std::size_t answer_size_max = 4096;

// The library's state, with nothing of /etc/resolv.conf left that matters to one query.
class Resolver {
public:
    explicit Resolver(const std::vector<Ipv4>& servers) : ready_(::res_ninit(&state_) == 0) {
        state_.retry = tries_per_server;
        state_.retrans = wait_s;
        state_.nscount = static_cast<int>(std::min<std::size_t>(servers.size(), MAXNS));
        for (int at = 0; at < state_.nscount; ++at) {
            sockaddr_in& server = state_.nsaddr_list[at];
            server = {};
            server.sin_family = AF_INET;
            server.sin_port = htons(NAMESERVER_PORT);
            server.sin_addr.s_addr = htonl(servers[static_cast<std::size_t>(at)].number);
        }
    }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver() {
        if (ready_)
            ::res_nclose(&state_);
    }
    // The answer's size, or less than 0.
    int ask(const std::string& host, std::array<std::uint8_t, answer_size_max>& answer) {
        if (!ready_)
            return -1;
        return ::res_nquery(&state_, host.c_str(), ns_c_in, ns_t_a, answer.data(),
                            static_cast<int>(answer.size()));
    }
    std::string why_not() const { return ready_ ? ::hstrerror(state_.res_h_errno) : "no resolver"; }

private:
    struct __res_state state_ {};
    bool ready_;
};

} // namespace

Result<Ipv4> resolve(const std::string& host, const std::vector<Ipv4>& servers) {
    if (const auto address = Ipv4::parse(host))
        return *address;
    if (servers.empty())
        return fail("the server has a name, '" + printable(host) +
                    "', but the lease names no DNS server (option 6)");
    std::array<std::uint8_t, answer_size_max> answer{};
    Resolver resolver(servers);
    const int size = resolver.ask(host, answer);
    const std::string where = "DNS: '" + printable(host) + "' by " + servers.front().text();
    if (size < 0)
        return fail(ErrorKind::io, where + ": " + resolver.why_not());
    ns_msg message{};
    if (::ns_initparse(answer.data(), std::min(size, static_cast<int>(answer.size())), &message) <
        0)
        return fail(ErrorKind::io, where + ": a damaged answer");
    for (int at = 0; at < ns_msg_count(message, ns_s_an); ++at) {
        ns_rr record{};
        if (::ns_parserr(&message, ns_s_an, at, &record) == 0 && ns_rr_type(record) == ns_t_a &&
            ns_rr_rdlen(record) == 4) // after any CNAME
            return Ipv4{static_cast<std::uint32_t>(ns_get32(ns_rr_rdata(record)))};
    }
    return fail(ErrorKind::not_found, where + ": no IPv4 address");
}

} // namespace plugtone
