// Takes bindings and events off the packet threads: they push onto a bounded lock-free queue, one
// thread of ours writes the files and sends the datagrams. A packet thread never waits for it: what
// does not fit is dropped and counted, events first. Any number of pushing threads. The destructor
// writes what is queued and joins the thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/lockfree/queue.hpp>

#include "core/base/fd.hpp"
#include "core/contracts/bindings.hpp"
#include "core/contracts/event_sender.hpp"

namespace plugtone {

class Reporter {
public:
    struct Settings {
        std::string bindings; // folder; empty: none are written
        std::string events;   // socket; empty: none are sent
    };
    struct Counts {
        std::uint64_t bindings_written = 0;
        std::uint64_t bindings_failed = 0;  // the file could not be written
        std::uint64_t bindings_dropped = 0; // the queue was full
        std::uint64_t bindings_rebuilt = 0; // of Kea's leases that already were: written or removed
        std::uint64_t events_sent = 0;
        std::uint64_t events_dropped = 0; // queue full, or nobody takes them
        std::string last_error;
    };

    explicit Reporter(Settings settings);
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;
    ~Reporter();

    // The thread is woken for these if it had nothing to do, else they wait for settle_ms at most:
    // the file is there before the phone asks for its own.
    void bind(const Binding& binding) noexcept;
    // Removes the binding if that device still has it.
    void unbind(const Ipv4& address, const Mac& mac) noexcept;
    // Within poll_ms.
    void send(const Event& event) noexcept;

    // The folder is to hold these and no others. Before any packet: what is bound afterwards is
    // newer.
    void rebuild(std::vector<Binding> live);

    Counts counts() const;

    // Events wait at most this long for the thread; waking it for each costs Kea 14 to 33 % (facts,
    // cost of a hook).
    static constexpr int poll_ms = 50;
    static constexpr int settle_ms = 5;
    static constexpr std::size_t queue_size_max = 8192;
    // The last part of the queue is kept for bindings.
    static constexpr std::size_t queue_size_for_events = queue_size_max / 4 * 3;

private:
    struct Item;

    bool push(Item item, std::size_t size_max);
    void run();
    bool drain(); // false: there was nothing
    void wait(int milliseconds);
    void rebuild_now();
    void carry_out(const Item& item);
    void bind_now(const Binding& binding);
    void unbind_now(const Binding& binding);
    void note(const Done& outcome);

    const Settings settings_;
    EventSender sender_;
    Fd wake_;
    boost::lockfree::queue<Item*, boost::lockfree::capacity<queue_size_max>> queue_;
    std::atomic<std::size_t> queued_{0};
    std::atomic<bool> idle_{false};
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> bindings_written_{0};
    std::atomic<std::uint64_t> bindings_failed_{0};
    std::atomic<std::uint64_t> bindings_dropped_{0};
    std::atomic<std::uint64_t> bindings_rebuilt_{0};
    std::atomic<std::uint64_t> events_dropped_{0};
    std::atomic<bool> wants_rebuild_{false};
    std::mutex rebuild_mutex_; // no packet thread
    std::optional<std::vector<Binding>> rebuild_;
    mutable std::mutex last_error_mutex_; // our thread and the command's; no packet thread
    std::string last_error_;
    std::thread thread_;
};

} // namespace plugtone
