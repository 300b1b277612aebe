// Sends plugtone-reload to Kea's control socket without waiting for it: the loop asks for the
// descriptor and the events it waits for, and calls advance(). One command at a time; another
// reload() while one runs is done after it. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plugtone {

class KeaClient {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds time_limit{10};
    static constexpr std::size_t answer_size_max = 1 << 20;

    // path: of the control socket; empty: there is no Kea, and reload() does nothing.
    explicit KeaClient(std::string path) : path_(std::move(path)) {}

    void reload(Clock::time_point now);

    int fd() const { return socket_.get(); } // -1: nothing to wait for
    short poll_events() const;
    // When advance() is wanted even if nothing happens; time_point::max() if it is not.
    Clock::time_point deadline() const;
    void advance(Clock::time_point now);

    // Another command; waits for the answer, as long as answer_limit. Kea's "arguments" as JSON
    // text; fails with Kea's own words, or when it does not answer.
    static constexpr std::chrono::seconds answer_limit{2};
    Result<std::string> ask(const std::string& command) const;
    // Called now and then while ask() waits.
    void set_meanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
    bool is_there() const { return !path_.empty(); }

    // "never asked", "asked", "10 device classes", or "failed: …".
    const std::string& last_outcome() const { return outcome_; }

private:
    Result<Fd> connect() const;
    void begin(Clock::time_point now);
    void write_some();
    void read_some();
    void finish(const std::string& outcome);
    void take_answer();

    std::string path_;
    std::function<void()> meanwhile_;
    Fd socket_;
    std::string unsent_;
    std::string answer_;
    Clock::time_point deadline_;
    bool again_ = false;
    std::string outcome_ = "never asked";
};

} // namespace plugtone
