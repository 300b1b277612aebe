// Follows the fleet's database in a thread of its own, which is the only one that waits for the
// line to it: connects, listens, and lays what changed ready for the agent's loop, one update at a
// time. All functions are for the loop's thread, and none of them waits.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/fleet.hpp"
#include "core/base/fd.hpp"

namespace plugtone {

struct FleetHealth {
    bool connected = false;
    std::string problem; // empty: none
    long long since = 0; // seconds since 1970
};

class FleetFollower {
public:
    // revision: what the appliance has already.
    static Result<std::unique_ptr<FleetFollower>> start(std::string url, SecretBox box,
                                                        std::string site, Revision revision);
    // start() is what makes one that follows.
    FleetFollower(std::string url, SecretBox box, std::string site, Revision revision);
    FleetFollower(const FleetFollower&) = delete;
    FleetFollower& operator=(const FleetFollower&) = delete;
    ~FleetFollower(); // waits for the thread, which may be connecting: seconds

    // Readable when there is something new: an update, or another health.
    int fd() const { return told_.get(); }
    // Takes what fd() told of. After an update, the next comes once go_on() was called.
    std::optional<FleetUpdate> take();
    // revision: what the appliance has now. Looks again at once, or after a while.
    void go_on(Revision revision, bool at_once);
    FleetHealth health() const;

private:
    void run();
    void follow();
    void look(soci::session& database, Fleet& fleet, bool& is_first);
    void report(bool connected, const std::string& problem);
    // False: it is time to end.
    bool wait(int socket, int timeout_ms);

    const std::string url_;
    const SecretBox box_;
    const std::string site_;
    Fd told_; // eventfd
    Fd woken_;
    mutable std::mutex mutex_; // guards what follows
    Revision revision_;
    std::optional<FleetUpdate> ready_;
    bool is_waiting_ = false; // for go_on()
    bool ending_ = false;
    FleetHealth health_;
    std::thread thread_;
};

} // namespace plugtone
