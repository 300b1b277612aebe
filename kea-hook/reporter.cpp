#include "kea-hook/reporter.hpp"

#include <cerrno>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plugtone {

struct Reporter::Item {
    enum class What { bind, unbind, send } what;
    Binding binding;
    std::optional<Mac> holder; // to unbind
    std::string datagram;      // an event
};

Reporter::Reporter(Settings settings)
    : settings_(std::move(settings)), sender_(settings_.events),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

Reporter::~Reporter() {
    stop_ = true;
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
    drain();
    write_postponed();
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
        if (!push(Item{Item::What::bind, binding, {}, {}}, queue_size_max))
            ++bindings_dropped_;
    } catch (const std::exception&) {
        ++bindings_dropped_; // out of memory
    }
    if (idle_.exchange(false))
        ::eventfd_write(wake_.get(), 1);
}

void Reporter::unbind(const Ipv4& address, std::optional<Mac> mac) noexcept {
    if (settings_.bindings.empty())
        return;
    try {
        if (!push(Item{Item::What::unbind, Binding{address, {}, 0}, mac, {}}, queue_size_max))
            ++bindings_dropped_;
    } catch (const std::exception&) {
        ++bindings_dropped_;
    }
}

void Reporter::send(std::string event) noexcept {
    if (settings_.events.empty())
        return;
    try {
        if (!push(Item{Item::What::send, {}, {}, std::move(event)}, queue_size_for_events))
            sender_.count_dropped(1);
    } catch (const std::exception&) {
        sender_.count_dropped(1);
    }
}

std::optional<Binding> Reporter::next_doubt() noexcept {
    Doubt doubt{};
    if (doubts_.empty() || !doubts_.pop(doubt))
        return std::nullopt;
    const auto mac = Mac::from_bytes(doubt.mac);
    return mac ? std::optional(Binding{Ipv4{doubt.address}, *mac, 0}) : std::nullopt;
}

Reporter::Counts Reporter::counts() const {
    const std::lock_guard lock(last_error_mutex_);
    return {bindings_written_, bindings_failed_,  bindings_dropped_, bindings_rebuilt_,
            sender_.sent(),    sender_.dropped(), last_error_};
}

void Reporter::rebuild(std::vector<Binding> live, Others others) {
    if (settings_.bindings.empty())
        return;
    const std::lock_guard lock(rebuild_mutex_);
    rebuilds_.push_back({std::move(live), others});
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
        write_postponed();
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
    if (::poll(&woken, 1, milliseconds) <= 0)
        return;
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
}

bool Reporter::drain() {
    Item* next = nullptr;
    bool did_some = false;
    forget_if_folder_is_another();
    while (queue_.pop(next)) {
        did_some = true;
        --queued_;
        const std::unique_ptr<Item> item(next);
        try {
            rebuild_now(); // whatever was asked for before this item was pushed goes first
            if (item->what == Item::What::send)
                unsent_.push_back(std::move(item->datagram)); // together, after the bindings
            else
                carry_out(*item);
        } catch (const std::exception& error) {
            note(fail(ErrorKind::io, error.what()));
        }
    }
    // The kernel lets few wait for the agent: the others go out the next time.
    const std::size_t done = sender_.send_some(unsent_);
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(done));
    if (unsent_.size() > unsent_max) {
        sender_.count_dropped(unsent_.size() - unsent_max);
        unsent_.resize(unsent_max);
    }
    return did_some || !unsent_.empty();
}

void Reporter::rebuild_now() {
    if (!wants_rebuild_.exchange(false))
        return;
    std::vector<Rebuild> wanted;
    {
        const std::lock_guard lock(rebuild_mutex_);
        wanted.swap(rebuilds_);
    }
    write_postponed();
    written_.clear(); // somebody may have been at the folder
    for (const Rebuild& rebuild : wanted) {
        std::set<std::string> names;
        for (const Binding& binding : rebuild.live) {
            names.insert(binding.address.text());
            const auto current = read_binding(settings_.bindings, binding.address);
            const bool is_newer = rebuild.others == Others::keep && current && *current &&
                                  (*current)->expires > binding.expires;
            if (is_newer)
                continue;
            if (current && *current == binding) {
                remember(binding);
            } else {
                bind_now(binding);
                ++bindings_rebuilt_;
            }
            note_address(binding);
        }
        if (rebuild.others == Others::remove)
            remove_others(names);
    }
}

void Reporter::remove_others(const std::set<std::string>& names) {
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
        bind_if_changed(item.binding);
        note_address(item.binding);
        break;
    case Item::What::unbind:
        unbind_now(item.binding.address, item.holder);
        break;
    case Item::What::send:
        break; // drain() sends them together
    }
}

void Reporter::bind_if_changed(const Binding& binding) {
    const auto found = written_.find(binding.address.number);
    const bool is_same_holder = found != written_.end() && found->second.mac == binding.mac;
    const std::int64_t moved = is_same_holder ? binding.expires - found->second.expires : 0;
    if (is_same_holder && moved == 0) {
        postponed_.erase(binding.address.number);
    } else if (is_same_holder && moved > 0 && binding.expires != never_expires &&
               moved <= (binding.expires - std::time(nullptr)) / 8) {
        postponed_.insert_or_assign(binding.address.number, binding);
    } else {
        postponed_.erase(binding.address.number);
        bind_now(binding);
    }
}

void Reporter::write_postponed() {
    for (const auto& [address, binding] : postponed_)
        bind_now(binding);
    postponed_.clear();
}

void Reporter::note_address(const Binding& binding) {
    if (addresses_.size() >= written_size_max)
        addresses_.clear();
    const auto [known, is_new] =
        addresses_.try_emplace(binding.mac.number(), binding.address.number);
    if (is_new || known->second == binding.address.number)
        return;
    const std::uint32_t before = std::exchange(known->second, binding.address.number);
    const auto written = written_.find(before);
    if (written != written_.end() && written->second.mac == binding.mac)
        doubts_.bounded_push(Doubt{before, binding.mac.bytes()});
}

// Somebody may have cleared /run: what we know of the files is of those before.
void Reporter::forget_if_folder_is_another() {
    const std::time_t now = std::time(nullptr);
    if (settings_.bindings.empty() || std::exchange(folder_seen_, now) == now)
        return;
    struct stat folder {};
    const ino_t found = ::stat(settings_.bindings.c_str(), &folder) == 0 ? folder.st_ino : 0;
    if (std::exchange(folder_, found) != found)
        written_.clear();
}

void Reporter::bind_now(const Binding& binding) {
    Done written = write_binding(settings_.bindings, binding);
    // /run is empty after a boot, and somebody may clear it: the folder is made anew.
    if (!written && ::mkdir(settings_.bindings.c_str(), 0755) == 0)
        written = write_binding(settings_.bindings, binding);
    note(written);
    if (!written)
        return;
    ++bindings_written_;
    remember(binding);
}

void Reporter::remember(const Binding& binding) {
    if (written_.size() >= written_size_max)
        written_.clear();
    written_[binding.address.number] = {binding.mac, binding.expires};
}

void Reporter::unbind_now(const Ipv4& address, const std::optional<Mac>& mac) {
    if (mac) {
        const auto current = read_binding(settings_.bindings, address);
        if (current && *current && (*current)->mac != *mac)
            return; // the address has a new holder already
    }
    written_.erase(address.number);
    postponed_.erase(address.number);
    note(remove_binding(settings_.bindings, address));
}

void Reporter::note(const Done& outcome) {
    if (outcome)
        return;
    ++bindings_failed_;
    const std::lock_guard lock(last_error_mutex_);
    last_error_ = outcome.error().message;
}

} // namespace plugtone
