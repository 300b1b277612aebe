#include "kea-hook/reporter.hpp"

#include <cerrno>
#include <exception>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plugtone {

struct Reporter::Item {
    enum class What { bind, unbind, send } what;
    Binding binding;
    std::string datagram; // an event
};

Reporter::Reporter(Settings settings)
    : settings_(std::move(settings)), sender_(settings_.events),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

Reporter::~Reporter() {
    stop_ = true;
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
    drain();
}

bool Reporter::push(Item item, std::size_t size_max) {
    auto owned = std::make_unique<Item>(std::move(item));
    if (queued_.fetch_add(1) >= size_max || !queue_.bounded_push(owned.get())) {
        --queued_;
        return false;
    }
    static_cast<void>(owned.release()); // the queue has it; drain() takes it back
    return true;
}

void Reporter::bind(const Binding& binding) noexcept {
    if (settings_.bindings.empty())
        return;
    try {
        if (!push(Item{Item::What::bind, binding, {}}, queue_size_max))
            ++bindings_dropped_;
    } catch (const std::exception&) {
        ++bindings_dropped_; // out of memory
    }
    if (idle_.exchange(false))
        ::eventfd_write(wake_.get(), 1);
}

void Reporter::unbind(const Ipv4& address, const Mac& mac) noexcept {
    if (settings_.bindings.empty())
        return;
    try {
        if (!push(Item{Item::What::unbind, Binding{address, mac, 0}, {}}, queue_size_max))
            ++bindings_dropped_;
    } catch (const std::exception&) {
        ++bindings_dropped_;
    }
}

void Reporter::send(const Event& event) noexcept {
    if (settings_.events.empty())
        return;
    try {
        // Encoded here: to free an event's many small texts in another thread than they were made
        // in costs the packet threads more.
        if (!push(Item{Item::What::send, {}, encode_event(event)}, queue_size_for_events))
            ++events_dropped_;
    } catch (const std::exception&) {
        ++events_dropped_;
    }
}

Reporter::Counts Reporter::counts() const {
    const std::lock_guard lock(last_error_mutex_);
    return {bindings_written_, bindings_failed_, bindings_dropped_,
            bindings_rebuilt_, sender_.sent(),   sender_.dropped() + events_dropped_,
            last_error_};
}

void Reporter::rebuild(std::vector<Binding> live) {
    if (settings_.bindings.empty())
        return;
    const std::lock_guard lock(rebuild_mutex_);
    rebuild_ = std::move(live);
    wants_rebuild_ = true;
    ::eventfd_write(wake_.get(), 1);
}

void Reporter::run() {
    while (!stop_) {
        rebuild_now();
        // Work seldom comes alone, and waking us for each packet would cost Kea more than all the
        // rest (facts, cost of a hook): it gathers for a moment.
        if (drain()) {
            wait(settle_ms);
            continue;
        }
        idle_ = true;
        // A binding pushed between drain() and idle_ found nobody to wake: look once more before
        // waiting.
        if (queue_.empty())
            wait(poll_ms);
        idle_ = false;
    }
}

void Reporter::wait(int milliseconds) {
    pollfd woken{wake_.get(), POLLIN, 0};
    ::poll(&woken, 1, milliseconds);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
}

bool Reporter::drain() {
    Item* next = nullptr;
    bool did_some = false;
    std::vector<std::string> datagrams; // go out together, after the bindings
    while (queue_.pop(next)) {
        did_some = true;
        --queued_;
        const std::unique_ptr<Item> item(next);
        try {
            rebuild_now(); // whatever was asked for before this item was pushed goes first
            if (item->what == Item::What::send)
                datagrams.push_back(std::move(item->datagram));
            else
                carry_out(*item);
        } catch (const std::exception& error) {
            note(fail(ErrorKind::io, error.what()));
        }
    }
    // Those that the agent's queue has no room for are lost, as they always were.
    const std::size_t done = sender_.send_some(datagrams);
    sender_.count_dropped(datagrams.size() - done);
    return did_some;
}

void Reporter::rebuild_now() {
    if (!wants_rebuild_.exchange(false))
        return;
    std::optional<std::vector<Binding>> live;
    {
        const std::lock_guard lock(rebuild_mutex_);
        live = std::exchange(rebuild_, std::nullopt);
    }
    if (!live)
        return;
    std::set<std::string> names;
    for (const Binding& binding : *live) {
        names.insert(binding.address.text());
        const auto current = read_binding(settings_.bindings, binding.address);
        if (current && *current == binding)
            continue;
        bind_now(binding);
        ++bindings_rebuilt_;
    }
    std::error_code error;
    std::vector<Ipv4> ended;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.bindings, error))
        if (const auto address = Ipv4::parse(entry.path().filename().string());
            address && !names.contains(address->text()))
            ended.push_back(*address);
    for (const Ipv4& address : ended) {
        note(remove_binding(settings_.bindings, address));
        ++bindings_rebuilt_;
    }
}

void Reporter::carry_out(const Item& item) {
    switch (item.what) {
    case Item::What::bind:
        bind_now(item.binding);
        break;
    case Item::What::unbind:
        unbind_now(item.binding);
        break;
    case Item::What::send:
        break; // drain() sends them together
    }
}

void Reporter::bind_now(const Binding& binding) {
    Done written = write_binding(settings_.bindings, binding);
    // /run is empty after a boot, and somebody may clear it: the folder is made anew.
    if (!written && ::mkdir(settings_.bindings.c_str(), 0755) == 0)
        written = write_binding(settings_.bindings, binding);
    if (written)
        ++bindings_written_;
    note(written);
}

void Reporter::unbind_now(const Binding& binding) {
    const auto current = read_binding(settings_.bindings, binding.address);
    if (current && *current && (*current)->mac != binding.mac)
        return; // the address has a new holder already
    note(remove_binding(settings_.bindings, binding.address));
}

void Reporter::note(const Done& outcome) {
    if (outcome)
        return;
    ++bindings_failed_;
    const std::lock_guard lock(last_error_mutex_);
    last_error_ = outcome.error().message;
}

} // namespace plugtone
