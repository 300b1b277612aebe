// The sd-bus connection below sdbus-c++'s, for what that has no call for: filters, queues, messages
// that are taken up again, one table for many objects. sdbus-c++ 1.2 and 2.1 hide it; each message
// knows it.
#pragma once

#include <memory>

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

#include "agent/sdbus_version.hpp"

namespace plugtone {

template <auto Unref>
struct BusFreer {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Unref(pointer);
    }
};
using BusMessage = std::unique_ptr<sd_bus_message, BusFreer<&sd_bus_message_unref>>;
using BusSlot = std::unique_ptr<sd_bus_slot, BusFreer<&sd_bus_slot_unref>>;

// The connection's, as long as that is there. Its own thread only.
inline sd_bus* raw_bus(sdbus::IConnection& connection) {
    class Opened : public sdbus::Message {
    public:
        static sd_bus_message* raw(const sdbus::Message& message) {
            return static_cast<sd_bus_message*>(message.*(&Opened::msg_));
        }
    };
    const auto proxy = sdbus::createProxy(connection, bus::ServiceName("org.freedesktop.DBus"),
                                          sdbus::ObjectPath("/org/freedesktop/DBus"));
    const sdbus::MethodCall call = proxy->createMethodCall(
        bus::InterfaceName("org.freedesktop.DBus"), bus::MethodName("GetId"));
    return sd_bus_message_get_bus(Opened::raw(call));
}

// That message, which must outlive it, for sdbus-c++'s reading and writing of its types.
class BorrowedMessage : public sdbus::PlainMessage {
public:
    explicit BorrowedMessage(sd_bus_message* message) { msg_ = message; }
    BorrowedMessage(const BorrowedMessage&) = delete;
    BorrowedMessage& operator=(const BorrowedMessage&) = delete;
    ~BorrowedMessage() { msg_ = nullptr; } // not its to free
};

} // namespace plugtone
