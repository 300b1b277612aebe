// Who holds an address, without reading its binding (core/contracts/bindings.hpp) from the disk at
// each request. It is as exact as reading would be: inotify(7) queues a change before the writer's
// call returns, and the queue is read before anything is answered from here. Where the folder
// cannot be watched, every answer is read from the disk. One thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "core/base/fd.hpp"
#include "core/contracts/bindings.hpp"

namespace plugtone::tftpd {

class BindingCache {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit BindingCache(std::string folder);

    // Takes notice of what has changed; call it before a round of find().
    void refresh(TimePoint now);
    // As read_binding.
    Result<std::optional<Binding>> find(const Ipv4& address);

private:
    void watch();
    bool take_changes(); // false if what is known is worth nothing any more

    std::string folder_;
    Fd watch_;
    bool is_watching_ = false;
    TimePoint oldest_{};                           // of known_
    std::map<Ipv4, std::optional<Binding>> known_; // no more than known_max
};

} // namespace plugtone::tftpd
