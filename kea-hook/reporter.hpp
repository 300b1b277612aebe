// Takes bindings and events off the packet threads: they push onto a bounded lock-free queue, one
// thread of ours writes the files and sends the datagrams. A packet thread never waits for it: what
// does not fit is dropped and counted, events first. Any number of pushing threads. The destructor
// writes what is queued and joins the thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/lockfree/queue.hpp>
#include <sys/types.h>

#include "core/base/fd.hpp"
#include "core/contracts/bindings.hpp"
#include "core/contracts/event_sender.hpp"

namespace plugtone {

// What becomes of a binding that a rebuild does not name.
enum class Others { keep, remove };

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
    // the file is there before the phone asks for its own. What the file says already is not
    // written; an end that moved by less than an eighth of what the lease has left is written when
    // there is nothing else to do: a client that had no answer renews when an eighth is left (RFC
    // 2131 section 4.4.5), so the file does not end before the client has tried again.
    void bind(const Binding& binding) noexcept;
    // Removes the binding if that device still has it; without a device, whoever has it.
    void unbind(const Ipv4& address, std::optional<Mac> mac = std::nullopt) noexcept;
    // As EventText makes them. Within poll_ms.
    void send(std::string event) noexcept;

    // The folder is to hold these. Before what is bound afterwards, which is newer. Others::keep:
    // of one address, the file that ends later stays; for packets may have been answered since the
    // leases were looked at.
    void rebuild(std::vector<Binding> live, Others others);

    // A lease that has perhaps ended: its device has been given another address since. Whoever may
    // ask Kea takes it, and unbinds it if it has. Packet threads; costs nothing if there is none.
    std::optional<Binding> next_doubt() noexcept;

    Counts counts() const;

    // Events wait at most this long for the thread; waking it for each costs Kea 14 to 33 % (facts,
    // cost of a hook).
    static constexpr int poll_ms = 50;
    static constexpr int settle_ms = 5;
    static constexpr std::size_t queue_size_max = 8192;
    // The last part of the queue is kept for bindings.
    static constexpr std::size_t queue_size_for_events = queue_size_max / 4 * 3;
    // What does not fit keeps its file until it has expired.
    static constexpr std::size_t doubts_max = 256;
    // Of files that it knows the content of without a look; the next one begins anew.
    static constexpr std::size_t written_size_max = 65536;
    // Events that wait for the agent to read.
    static constexpr std::size_t unsent_max = queue_size_max;

private:
    struct Item;

    bool push(Item item, std::size_t size_max);
    void run();
    bool drain(); // false: there was nothing
    void wait(int milliseconds);
    void rebuild_now();
    void remove_others(const std::set<std::string>& names);
    void carry_out(const Item& item);
    void bind_now(const Binding& binding);
    void unbind_now(const Ipv4& address, const std::optional<Mac>& mac);
    void bind_if_changed(const Binding& binding);
    void write_postponed();
    void forget_if_folder_is_another();
    void remember(const Binding& binding);
    void note_address(const Binding& binding);
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
    std::atomic<bool> wants_rebuild_{false};
    std::mutex rebuild_mutex_; // no packet thread
    struct Rebuild {
        std::vector<Binding> live;
        Others others;
    };
    std::vector<Rebuild> rebuilds_;
    struct Written {
        Mac mac;
        std::int64_t expires;
    };
    // Our thread's alone.
    std::unordered_map<std::uint32_t, Written> written_;         // by address
    std::unordered_map<std::uint32_t, Binding> postponed_;       // by address; in written_, too
    std::unordered_map<std::uint64_t, std::uint32_t> addresses_; // by MAC, the newest
    std::time_t folder_seen_ = 0;
    ino_t folder_ = 0;
    struct Doubt {
        std::uint32_t address;
        std::array<std::uint8_t, 6> mac;
    };
    boost::lockfree::queue<Doubt, boost::lockfree::capacity<doubts_max>> doubts_;
    mutable std::mutex last_error_mutex_; // our thread and the command's; no packet thread
    std::string last_error_;
    std::vector<std::string> unsent_; // our thread's
    std::thread thread_;
};

} // namespace plugtone
