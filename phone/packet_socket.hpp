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

    Done send(const UdpFrame& frame);
    // The next UDP datagram for this interface that is whole; nothing when that time has come, or a
    // signal did. Others' and damaged frames are skipped.
    Result<std::optional<UdpFrame>> receive(std::chrono::steady_clock::time_point until);

private:
    PacketSocket(Fd socket, int index) : socket_(std::move(socket)), index_(index) {}
    Result<std::optional<UdpFrame>> take();

    Fd socket_;
    int index_ = 0;
    Bytes buffer_;
};

} // namespace plugtone
