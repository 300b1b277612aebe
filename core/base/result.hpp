// The outcome of what may fail for reasons outside the program: a value, or an Error that says
// what was wanted, what came and where. Bugs are asserted, never returned.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace plugtone {

// What the caller can do about an error; each interface (D-Bus, TFTP, exit status) maps it once.
enum class ErrorKind {
    invalid,   // the input is wrong: correct it
    not_found, // the thing named does not exist
    conflict,  // the thing exists already, or has changed meanwhile
    refused,   // not allowed
    io,        // the system failed: disk, socket, database
};

struct Error {
    ErrorKind kind;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Done = tl::expected<void, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
    return tl::unexpected<Error>(Error{kind, std::move(message)});
}
inline tl::unexpected<Error> fail(std::string message) {
    return fail(ErrorKind::invalid, std::move(message));
}
// Passes an error on, with the place it came from in front: "FILE: line 3: …".
inline tl::unexpected<Error> fail_in(const std::string& where, const Error& error) {
    return fail(error.kind, where + ": " + error.message);
}
// An io error from errno, e.g. "cannot open /x: No such file or directory".
tl::unexpected<Error> fail_errno(const std::string& what);

} // namespace plugtone
