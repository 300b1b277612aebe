// Whole Ethernet frames of IPv4 on one interface (packet(7)), for DHCP before there is an address.
// One thread.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "phone/frame.hpp"

namespace plugtone {

class PacketSocket {
public:
    // Of the namespace that the calling thread is in; index: the interface's.
    static Result<PacketSocket> open(int index);
    // For a phone of that MAC beside the server, on the interface that the server answers on: hears
    // what other programs of this machine send there, too. Only what is sent to DHCP clients.
    static Result<PacketSocket> open_beside_server(int index, const Mac& mac);

    Done send(const UdpFrame& frame);
    // The next UDP datagram for this interface that is whole; nothing when that time has come, or a
    // signal did. Others' and damaged frames are skipped.
    Result<std::optional<UdpFrame>> receive(std::chrono::steady_clock::time_point until);

private:
    PacketSocket(Fd socket, int index) : socket_(std::move(socket)), index_(index) {}
    static Result<Fd> bound(int index, std::uint16_t protocol);
    Result<std::optional<UdpFrame>> take();

    Fd socket_;
    int index_ = 0;
    std::optional<Mac> own_; // beside the server: what is for us is told by this, not by the kernel
    Bytes buffer_;
};

} // namespace plugtone
