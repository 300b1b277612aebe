#include "agent/doctor/machine.hpp"

#include <array>
#include <cstring>
#include <ctime>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "core/base/fd.hpp"

namespace plugtone::doctor {

std::vector<std::string> own_addresses() {
    std::vector<std::string> addresses;
    ifaddrs* found = nullptr;
    if (::getifaddrs(&found) != 0)
        return addresses;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(found, &::freeifaddrs);
    for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET ||
            (one->ifa_flags & IFF_LOOPBACK) != 0)
            continue;
        std::array<char, INET_ADDRSTRLEN> text{};
        const auto* address =
            static_cast<const sockaddr_in*>(static_cast<const void*>(one->ifa_addr));
        if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) != nullptr)
            addresses.emplace_back(text.data());
    }
    return addresses;
}

Link link_of(const std::string& interface) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    if (!socket || interface.size() >= IFNAMSIZ)
        return {};
    std::memcpy(request.ifr_name, interface.data(), interface.size());
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) < 0)
        return {};
    return {true, (request.ifr_flags & IFF_UP) != 0, (request.ifr_flags & IFF_RUNNING) != 0};
}

Result<Disk> disk_of(const std::string& path) {
    struct statvfs facts {};
    if (::statvfs(path.c_str(), &facts) != 0)
        return fail_errno(path);
    return Disk{path, facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize,
                facts.f_favail, facts.f_files};
}

Clocks clocks_of(std::int64_t published) {
    timex facts{};
    const int state = ::adjtimex(&facts); // with no modes: only looks
    return {state >= 0 && state != TIME_ERROR && (facts.status & STA_UNSYNC) == 0,
            std::time(nullptr), published};
}

} // namespace plugtone::doctor
