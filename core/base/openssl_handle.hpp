// OpenSSL's things as values that release themselves, and what went wrong in words.
#pragma once

#include <memory>
#include <string>

#include <openssl/err.h>

namespace plugtone {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* thing) const noexcept {
        Free(thing);
    }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

// Of this thread's last failed call; empties the queue of errors.
inline std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason != nullptr ? reason : "no reason given";
}

} // namespace plugtone
