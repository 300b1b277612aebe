#include "agent/event_socket.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "core/base/log.hpp"

namespace plugtone {

namespace {

// What a datagram costs besides its bytes: even an empty one.
constexpr std::size_t overhead_bytes = 64;

} // namespace

// The thread and what it has read.
class EventSocket::Inbox {
public:
    explicit Inbox(Fd socket)
        : socket_(std::move(socket)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox() {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        room_.notify_one();
        ::eventfd_write(stop_.get(), 1);
        thread_.join();
    }

    int fd() const { return wake_.get(); }

    std::vector<std::string> take(std::size_t count_max) {
        std::vector<std::string> taken;
        {
            const std::lock_guard lock(mutex_);
            while (!waiting_.empty() && taken.size() < count_max) {
                bytes_ -= waiting_.front().size() + overhead_bytes;
                taken.push_back(std::move(waiting_.front()));
                waiting_.pop_front();
            }
            eventfd_t ignored = 0;
            if (waiting_.empty())
                ::eventfd_read(wake_.get(), &ignored);
        }
        room_.notify_one();
        return taken;
    }

private:
    void run() {
        Bytes buffer(event_size_max + 1);
        std::array<pollfd, 2> waits = {{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        while (wait_for_room()) {
            const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (size >= 0)
                put(std::string(as_text(ByteView(buffer).first(static_cast<std::size_t>(size)))));
            else if (errno != EINTR)
                ::poll(waits.data(), waits.size(), -1);
        }
    }

    // False: it is time to end.
    bool wait_for_room() {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return stopped_ || bytes_ < waiting_max; });
        return !stopped_;
    }

    void put(std::string datagram) {
        const std::lock_guard lock(mutex_);
        bytes_ += datagram.size() + overhead_bytes;
        waiting_.push_back(std::move(datagram));
        ::eventfd_write(wake_.get(), 1);
    }

    Fd socket_;
    Fd wake_;
    Fd stop_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<std::string> waiting_;
    std::size_t bytes_ = 0;
    bool stopped_ = false;
    std::thread thread_; // last: it uses all of the above
};

EventSocket::EventSocket(std::unique_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}
EventSocket::EventSocket(EventSocket&&) noexcept = default;
EventSocket& EventSocket::operator=(EventSocket&&) noexcept = default;
EventSocket::~EventSocket() = default;

int EventSocket::fd() const {
    return inbox_->fd();
}

Result<EventSocket> EventSocket::open(const std::string& path) {
    const int count = ::sd_listen_fds(1);
    if (count == 0)
        return listen(path);
    if (count != 1 || ::sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_DGRAM, -1) <= 0)
        return fail("events: want one socket from systemd, of datagrams (in the .socket unit: "
                    "ListenDatagram=" +
                    path + ")");
    Fd socket(SD_LISTEN_FDS_START);
    if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
        return fail_errno("cannot prepare the socket for events");
    return EventSocket(std::make_unique<Inbox>(std::move(socket)));
}

Result<EventSocket> EventSocket::listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail("events: want a path of 1 to " + std::to_string(sizeof address.sun_path - 1) +
                    " bytes, got '" + path + "'");
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return fail_errno("cannot make a socket");
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return fail("events: " + path + " is there and is no socket; it is left alone");
        ::unlink(path.c_str());
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("cannot listen for events at " + path);
    if (::chmod(path.c_str(), 0666) != 0)
        return fail_errno("cannot open " + path + " to the file server and Kea");
    return EventSocket(std::make_unique<Inbox>(std::move(socket)));
}

std::vector<Event> EventSocket::receive(std::size_t count_max) {
    std::vector<Event> events;
    for (const std::string& datagram : inbox_->take(count_max)) {
        auto event = decode_event(as_bytes(datagram));
        if (event) {
            events.push_back(*std::move(event));
        } else {
            ++malformed_;
            log(Level::warning, "event-malformed", {{"why", event.error().message}});
        }
    }
    return events;
}

} // namespace plugtone
