// A flag that is up for as long as this lives, and then what it was before.
#pragma once

#include <utility>

namespace plugtone {

class ScopedFlag {
public:
    // The flag must outlive it.
    explicit ScopedFlag(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
    ScopedFlag(const ScopedFlag&) = delete;
    ScopedFlag& operator=(const ScopedFlag&) = delete;
    ~ScopedFlag() { flag_ = before_; }

private:
    bool& flag_;
    bool before_;
};

} // namespace plugtone
