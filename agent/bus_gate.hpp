// What stands before every call that comes in over the bus: who calls, whether they may (polkit),
// and whose turn it is. A call is held until that is known, and then goes on to its object as if it
// had just come. Nothing waits: the bus and polkit are asked by messages of the loop's own. One
// thread.
//
// Root and the agent's own user may do everything. All others polkit decides on (bus_rules.hpp says
// what is asked for); where there is no polkit, the group plugtone-admin may do everything.
//
// Errors that it answers with: org.plugtone1.Error.NotAuthorized; .LimitsExceeded, when a user or a
// connection has too many calls waiting, or arguments are larger than the method takes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/bus_rules.hpp"
#include "agent/fair_queue.hpp"
#include "agent/raw_bus.hpp"

namespace plugtone {

class BusGate {
public:
    // The connection must outlive it, and it must stand before the first object is called.
    explicit BusGate(sdbus::IConnection& connection);
    BusGate(const BusGate&) = delete;
    BusGate& operator=(const BusGate&) = delete;
    ~BusGate();

    // Handles one message that has come, or a call that goes on; false: there is none.
    bool process();
    // What handles a message cannot handle another meanwhile.
    bool is_processing() const { return processing_; }
    // Lets some of the waiting calls go on, so that the next process() handles them.
    // True: there is more to do at once.
    bool advance() { return advance(false); }
    // Within a long change: only those that look at what is in memory.
    bool advance_any_time() { return advance(true); }
    // The bus takes nothing from us, and nothing more should be told: it is stopped, or has been
    // slower than we are for long.
    bool is_stuck() const;

private:
    struct Call {
        BusMessage message;
        const CallRule* rule = nullptr;
        std::size_t size = 0;
    };
    struct Peer {
        bool known = false;
        std::uint32_t user = 0;
        bool is_admin = false;     // of the group plugtone-admin
        std::vector<Call> waiting; // until it is known
        std::size_t waiting_size = 0;
    };
    // What polkit is asked for one user, and has not answered.
    struct Pending {
        std::size_t count = 0;
        std::size_t size = 0;
    };
    // A question to the bus (no call) or to polkit.
    struct Question {
        BusGate* gate = nullptr;
        BusSlot slot;
        std::string peer;
        Call call;
        Action action = Action::read;
        std::uint32_t user = 0;
        bool is_admin = false;
    };
    using Handler = void (BusGate::*)(Question&, sd_bus_message*);

    static int on_message(sd_bus_message* message, void* self, sd_bus_error* error) noexcept;
    template <Handler handle>
    static int on_reply(sd_bus_message* reply, void* question, sd_bus_error* error) noexcept;

    bool advance(bool only_any_time);
    bool take(sd_bus_message* message);
    bool has_room(const std::string& name, const Peer& peer) const;
    bool is_trusted(std::uint32_t user) const;
    void hold(const std::string& name, Call call);
    void ask_who(const std::string& name);
    void learn(Question& question, sd_bus_message* reply);
    void admit(const std::string& name, const Peer& peer, Call call);
    void ask_polkit(Question question);
    void judge(Question& question, sd_bus_message* reply);
    void queue(std::uint32_t user, const std::string& name, Call call);
    template <Handler handle>
    void ask(Question question, sd_bus_message* message, std::uint64_t timeout_us);
    template <class Text>
    void refuse(sd_bus_message* message, const char* error, Text text) const;
    void refuse_as_too_many(sd_bus_message* message) const;
    void refuse_as_unauthorised(const Question& question, const std::string& why) const;

    sdbus::IConnection& connection_;
    sd_bus* bus_;
    bool processing_ = false;
    std::uint32_t own_user_;
    std::optional<std::uint32_t> admin_group_;
    std::map<std::string, Peer, std::less<>> peers_; // by unique name
    FairQueue<Call> queue_;
    std::map<const Question*, std::unique_ptr<Question>> questions_;
    std::map<std::uint32_t, Pending> pending_;   // by user
    std::set<const sd_bus_message*> on_the_way_; // to their objects
    BusSlot filter_;
};

} // namespace plugtone
