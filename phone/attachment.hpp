// The phone's place on the wire: the interface itself; or, when the phone is to have another MAC,
// a macvlan link of that MAC on top of it, in a network namespace that only this process has, so
// that the phone and the machine it runs on do not answer for each other's addresses; or beside the
// server, on the very machine that runs it: on the interface for DHCP, and on the loopback
// interface for its files. What was made or changed is undone by the destructor; the private
// namespace goes even if the process is killed, and an address on the loopback interface soon
// after. One thread: make() moves the calling thread into that namespace.
#pragma once

#include <optional>
#include <string>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "phone/dhcp_client.hpp"
#include "phone/netlink.hpp"
#include "phone/packet_socket.hpp"

namespace plugtone {

class Attachment {
public:
    static Result<Attachment> make(const std::string& interface, const std::optional<Mac>& mac);
    static Result<Attachment> make_beside_server(const std::string& interface, const Mac& mac);
    Attachment(Attachment&& other) noexcept;
    Attachment& operator=(Attachment&&) = delete;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment();

    // Where its files come by.
    const std::string& name() const { return name_; }
    Result<PacketSocket> open_packets() const;
    const Mac& mac() const { return mac_; }
    bool is_beside_server() const { return wire_ != 0; }
    // A link of our own, which cannot outlive us.
    bool is_private() const { return made_link_; }

    // The lease's address and its router. Once per attachment.
    Done configure(const Lease& lease);
    // The leased address was on the interface before: it is another program's, or an earlier boot
    // kept it. It stays, and its lease must not be given back.
    bool is_borrowed() const { return lease_ && !has_address_; }
    // The destructor leaves the address, the route and the interface as they are; not for a private
    // link.
    void keep() { keep_ = true; }

private:
    Attachment(Netlink netlink, std::string name, int index, const Mac& mac)
        : netlink_(std::move(netlink)), name_(std::move(name)), index_(index), mac_(mac) {}
    static Result<Attachment> make_private(Netlink outside, int parent, const Mac& mac);
    void undo() noexcept;

    Netlink netlink_;
    std::string name_;
    int index_ = 0;
    int wire_ = 0; // beside the server: the interface for DHCP; else none
    Mac mac_;
    bool made_link_ = false;
    bool set_up_ = false; // it was down before
    bool keep_ = false;
    bool gone_ = false; // moved from
    std::optional<Lease> lease_;
    bool has_address_ = false; // that we added
    bool has_route_ = false;   // likewise
};

} // namespace plugtone
