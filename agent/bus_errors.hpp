// From our errors to the bus's, and the firewall around every handler: in sdbus-c++ 1.2, any other
// exception ends the process, and any caller could cause one.
#pragma once

#include <exception>
#include <string>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/database.hpp"
#include "agent/sdbus_version.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"

namespace plugtone {

inline std::string bus_error_name(ErrorKind kind) {
    const std::string prefix = "org.plugtone1.Error.";
    switch (kind) {
    case ErrorKind::invalid:
        return prefix + "InvalidArgument";
    case ErrorKind::not_found:
        return prefix + "NotFound";
    case ErrorKind::conflict:
        return prefix + "Exists";
    case ErrorKind::refused:
        return prefix + "Refused";
    case ErrorKind::io:
        return prefix + "Failed";
    }
    return prefix + "Failed";
}

[[noreturn]] inline void throw_bus_error(const Error& error) {
    throw bus::make_error(bus_error_name(error.kind), error.message);
}

template <class T>
T value_or_throw(Result<T> result) {
    if (!result)
        throw_bus_error(result.error());
    return *std::move(result);
}

inline void done_or_throw(const Done& done) {
    if (!done)
        throw_bus_error(done.error());
}

// For destructors: a bus that is gone needs to be told nothing, and must not end the process on the
// way out.
template <class Body>
void if_there_is_a_bus(Body body) noexcept {
    try {
        body();
    } catch (const std::exception& error) {
        log(Level::debug, "bus-untold", {{"why", error.what()}});
    }
}

template <class Body>
auto answer(Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const sdbus::Error&) {
        throw;
    } catch (const soci::soci_error& error) {
        throw bus::make_error(bus_error_name(ErrorKind::io), explain_own_database(error));
    } catch (const std::exception& error) {
        throw bus::make_error(bus_error_name(ErrorKind::io), error.what());
    } catch (...) {
        throw bus::make_error(bus_error_name(ErrorKind::io), "an exception of unknown type");
    }
}

} // namespace plugtone
