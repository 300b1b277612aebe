#include "tftpd/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

void control(int epoll, int operation, int descriptor, std::uint32_t events, Watcher& watcher) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watcher;
    if (::epoll_ctl(epoll, operation, descriptor, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

} // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), now_(Clock::now()), timers_(now_) {
    if (!epoll_)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Poller::watch(int descriptor, std::uint32_t events, Watcher& watcher) {
    control(epoll_.get(), EPOLL_CTL_ADD, descriptor, events, watcher);
}

void Poller::change(int descriptor, std::uint32_t events, Watcher& watcher) {
    control(epoll_.get(), EPOLL_CTL_MOD, descriptor, events, watcher);
}

void Poller::forget(int descriptor, Watcher& watcher) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    for (epoll_event& event : pending_)
        if (event.data.ptr == &watcher)
            event.data.ptr = nullptr;
}

int Poller::timeout_ms() const {
    using std::chrono::milliseconds;
    const auto due = timers_.next_due();
    if (!due)
        return -1;
    const auto left = std::chrono::ceil<milliseconds>(*due - Clock::now());
    return static_cast<int>(std::max(left, milliseconds(0)).count());
}

void Poller::handle(epoll_event& event) {
    auto* watcher = static_cast<Watcher*>(event.data.ptr);
    if (watcher == nullptr)
        return;
    try {
        watcher->on_ready(event.events);
    } catch (const std::exception& failure) {
        log(Level::error, "task-failed", {{"reason", failure.what()}});
        watcher->on_ready_failed();
    }
}

void Poller::run_once(std::chrono::milliseconds longest) {
    int timeout = timeout_ms();
    if (longest.count() >= 0 && (timeout < 0 || timeout > longest.count()))
        timeout = static_cast<int>(longest.count());
    const int count =
        ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), timeout);
    if (count < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "epoll_wait");
    now_ = Clock::now();
    if (begin_)
        begin_();
    pending_ = std::span(ready_).first(static_cast<std::size_t>(std::max(count, 0)));
    while (!pending_.empty()) {
        epoll_event& event = pending_.front();
        pending_ = pending_.subspan(1);
        handle(event);
    }
    now_ = Clock::now();
    timers_.run_due(now_);
    if (end_)
        end_();
}

void Poller::run() {
    while (!stopping_)
        run_once(std::chrono::milliseconds(-1));
}

} // namespace plugtone::tftpd
