// What sdbus-c++ 1.2 (Debian 12) and 2.1 (Debian 13) have under different names or types, under one
// name; all else that we use of the library compiles with both.
#pragma once

#include <string>

#include <sdbus-c++/sdbus-c++.h>

namespace plugtone::bus {

#if __has_include(<sdbus-c++/VTableItems.h>) // since 2.0

using InterfaceName = sdbus::InterfaceName;
using MethodName = sdbus::MethodName;
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

using InterfaceName = std::string;
using MethodName = std::string;
using PropertyName = std::string;
using ServiceName = std::string;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
    return sdbus::Error(name, message);
}

inline bool process_pending(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

#endif

// The signature of what it holds; empty: nothing. 1.2 has it as a string, 2.1 as a pointer, which
// compares with "s" without an error and is never equal.
inline std::string type_of(const sdbus::Variant& value) {
    if (value.isEmpty())
        return {};
    return value.peekValueType();
}

} // namespace plugtone::bus
