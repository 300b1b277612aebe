// How many sessions there may be, in all and from one address. One thread. Must outlive its
// tickets.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "core/base/ipv4.hpp"

namespace plugtone::tftpd {

class Admission {
public:
    // A place, given back when the ticket goes; an empty one holds none.
    class Ticket {
    public:
        Ticket() = default;
        Ticket(Ticket&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)), peer_(other.peer_) {}
        Ticket& operator=(Ticket&& other) noexcept {
            if (this != &other) {
                reset();
                admission_ = std::exchange(other.admission_, nullptr);
                peer_ = other.peer_;
            }
            return *this;
        }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        ~Ticket() { reset(); }

        explicit operator bool() const { return admission_ != nullptr; }
        void reset() {
            if (Admission* held_by = std::exchange(admission_, nullptr))
                held_by->give_back(peer_);
        }

    private:
        friend class Admission;
        Ticket(Admission& admission, Ipv4 peer) : admission_(&admission), peer_(peer) {}

        Admission* admission_ = nullptr;
        Ipv4 peer_;
    };

    Admission(std::size_t total, std::size_t per_peer) : total_(total), per_peer_(per_peer) {}

    // Empty when there is no place.
    Ticket admit(const Ipv4& peer);
    std::size_t active() const { return active_; }

private:
    void give_back(const Ipv4& peer);

    std::size_t total_;
    std::size_t per_peer_;
    std::size_t active_ = 0;
    std::map<Ipv4, std::size_t> by_peer_; // no larger than active_
};

} // namespace plugtone::tftpd
