// How far something is, as a line that is written over; on a terminal only.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace plugtone::ctl {

class ProgressLine {
public:
    ProgressLine() : shown_(::isatty(STDERR_FILENO) != 0) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }

    void show(std::uint64_t done, std::uint64_t total) {
        if (!shown_ || total == 0)
            return;
        const std::size_t marks = done * width / total;
        std::fprintf(stderr, "\r\033[K[%s%s] %" PRIu64 " of %" PRIu64,
                     std::string(marks, '#').c_str(), std::string(width - marks, ' ').c_str(), done,
                     total);
        std::fflush(stderr);
        dirty_ = true;
    }
    void clear() {
        if (dirty_)
            std::fputs("\r\033[K", stderr);
        dirty_ = false;
    }

private:
    static constexpr std::size_t width = 40;
    bool shown_;
    bool dirty_ = false;
};

} // namespace plugtone::ctl
