// What sdbus-c++ 1.2 (Debian 12) and 2.1 (Debian 13) have under different names or types, under one
// name; all else that we use of the library compiles with both.
#pragma once

#include <string>

#include <sdbus-c++/sdbus-c++.h>

namespace plugtone::bus {

#if __has_include(<sdbus-c++/VTableItems.h>) // since 2.0

using PropertyName = sdbus::PropertyName;
using ServiceName = sdbus::ServiceName;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
    return sdbus::Error(sdbus::Error::Name(name), message);
}

// False: nothing was waiting.
inline bool process_pending(sdbus::IConnection& connection) {
    return connection.processPendingEvent();
}

#else

using PropertyName = std::string;
using ServiceName = std::string;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
    return sdbus::Error(name, message);
}

inline bool process_pending(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

#endif

} // namespace plugtone::bus
