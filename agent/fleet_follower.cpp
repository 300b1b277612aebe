#include "agent/fleet_follower.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

#include <libpq-fe.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/eventfd.h>

#include "agent/database.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// Looked at without being told, too: a notice may be lost, and a line that is down shows itself.
constexpr int look_interval_ms = 5'000;

// Between two tries to connect; doubles up to the longer.
constexpr int retry_first_ms = 500;
constexpr int retry_longest_ms = 8'000;

void ring(const Fd& bell) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(bell.get(), &one, sizeof one); // full: it rings
}

void silence(const Fd& bell) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(bell.get(), &count, sizeof count);
}

// libpq's messages have several lines.
std::string one_line(std::string_view text) {
    std::string line;
    for (const std::string_view word : words(text))
        line += (line.empty() ? "" : " ") + std::string(word);
    return printable(line);
}

PGconn* connection_of(soci::session& database) {
    return static_cast<soci::postgresql_session_backend*>(database.get_backend())->conn_;
}

// Notices only wake us: what they would say is in the database. Whether there were any, which may
// have come with the answer to another question.
bool take_notices(PGconn* connection) {
    if (::PQconsumeInput(connection) == 0)
        throw std::runtime_error(::PQerrorMessage(connection));
    bool any = false;
    while (PGnotify* notice = ::PQnotifies(connection)) {
        ::PQfreemem(notice);
        any = true;
    }
    return any;
}

} // namespace

Result<std::unique_ptr<FleetFollower>> FleetFollower::start(std::string url, SecretBox box,
                                                            std::string site, Revision revision) {
    auto made =
        std::make_unique<FleetFollower>(std::move(url), std::move(box), std::move(site), revision);
    if (!made->told_ || !made->woken_)
        return fail_errno("cannot make an eventfd");
    made->thread_ = std::thread([follower = made.get()] { follower->run(); });
    return made;
}

FleetFollower::FleetFollower(std::string url, SecretBox box, std::string site, Revision revision)
    : url_(std::move(url)), box_(std::move(box)), site_(std::move(site)),
      told_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), revision_(revision) {
    health_ = {false, "not connected yet", std::time(nullptr)};
}

FleetFollower::~FleetFollower() {
    if (!thread_.joinable())
        return;
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    ring(woken_);
    thread_.join();
}

std::optional<FleetUpdate> FleetFollower::take() {
    silence(told_);
    const std::scoped_lock lock(mutex_);
    return std::exchange(ready_, std::nullopt);
}

void FleetFollower::go_on(Revision revision, bool at_once) {
    {
        const std::scoped_lock lock(mutex_);
        revision_ = revision;
        ready_.reset();
        is_waiting_ = false;
    }
    if (at_once)
        ring(woken_);
}

FleetHealth FleetFollower::health() const {
    const std::scoped_lock lock(mutex_);
    return health_;
}

void FleetFollower::report(bool connected, const std::string& problem) {
    {
        const std::scoped_lock lock(mutex_);
        if (health_.connected == connected && health_.problem == problem)
            return;
        if (health_.connected != connected)
            health_.since = std::time(nullptr);
        health_.connected = connected;
        health_.problem = problem;
    }
    ring(told_);
}

bool FleetFollower::wait(int socket, int timeout_ms) {
    std::array<pollfd, 2> waits = {{{woken_.get(), POLLIN, 0}, {socket, POLLIN, 0}}};
    ::poll(waits.data(), waits.size(), timeout_ms);
    if (waits[0].revents != 0)
        silence(woken_);
    const std::scoped_lock lock(mutex_);
    return !ending_;
}

// A site that has brought nothing yet is told so once, even if there is nothing to take over.
void FleetFollower::look(soci::session& database, Fleet& fleet, bool& is_first) {
    Revision from = 0;
    bool is_waiting = false;
    {
        const std::scoped_lock lock(mutex_);
        from = revision_;
        is_waiting = is_waiting_;
    }
    if (is_waiting) { // only whether the line holds
        fleet.revision();
        report(true, "");
        return;
    }
    soci::transaction one_moment(database);
    FleetUpdate update = fleet.since(from);
    one_moment.commit();
    report(true, "");
    if (update.to == from && (from != 0 || !std::exchange(is_first, false)))
        return;
    const std::scoped_lock lock(mutex_);
    if (revision_ != from)
        return; // the loop has brought something meanwhile, and rang
    ready_ = std::move(update);
    is_waiting_ = true;
    ring(told_);
}

// Connected, until something fails.
void FleetFollower::follow() {
    soci::session database;
    open_fleet_snapshot(database, url_);
    Fleet fleet(database, box_, site_);
    if (const Done good = fleet.check_key(); !good)
        throw std::runtime_error(good.error().message);
    database << "LISTEN " << Fleet::channel;
    PGconn* connection = connection_of(database);
    bool is_first = true;
    do
        look(database, fleet, is_first);
    while (wait(::PQsocket(connection), take_notices(connection) ? 0 : look_interval_ms));
}

void FleetFollower::run() {
    int pause = retry_first_ms;
    do {
        const long long began = std::time(nullptr);
        try {
            follow();
            return;
        } catch (const std::exception& error) {
            report(false, one_line(error.what()));
            if (std::time(nullptr) - began > retry_longest_ms / 1000)
                pause = retry_first_ms;
            pause = std::min(pause * 2, retry_longest_ms);
        }
    } while (wait(-1, pause));
}

} // namespace plugtone
