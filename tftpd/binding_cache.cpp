#include "tftpd/binding_cache.hpp"

#include <array>
#include <cstring>

#include <sys/inotify.h>

namespace plugtone::tftpd {

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::size_t known_max = 16384;
// A folder above ours that is renamed tells us nothing: nothing is believed for longer than this.
constexpr std::chrono::seconds age_max{1};

} // namespace

BindingCache::BindingCache(std::string folder)
    : folder_(std::move(folder)), watch_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

void BindingCache::watch() {
    known_.clear();
    is_watching_ =
        watch_ && ::inotify_add_watch(watch_.get(), folder_.c_str(), changes | IN_ONLYDIR) >= 0;
}

bool BindingCache::take_changes() {
    alignas(inotify_event) std::array<char, 8192> buffer; // filled by read
    while (true) {
        const ssize_t size = ::read(watch_.get(), buffer.data(), buffer.size());
        if (size <= 0)
            return true;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            if (event.len == 0) // of the folder itself, or the queue ran over
                return false;
            const char* name = buffer.data() + at + sizeof event;
            if (const auto address = Ipv4::parse(name))
                known_.erase(*address);
            at += sizeof event + event.len;
        }
    }
}

void BindingCache::refresh(TimePoint now) {
    const bool is_old = now - oldest_ > age_max;
    if (is_old)
        oldest_ = now;
    if (!is_watching_ || is_old || !take_changes())
        watch();
}

Result<std::optional<Binding>> BindingCache::find(const Ipv4& address) {
    if (const auto found = known_.find(address); found != known_.end())
        return found->second;
    auto binding = read_binding(folder_, address);
    if (binding && is_watching_ && known_.size() < known_max)
        known_.emplace(address, *binding);
    return binding;
}

} // namespace plugtone::tftpd
