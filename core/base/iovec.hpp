// Bytes in the shape that sendmsg(2) and its like take.
#pragma once

#include <cstddef>

#include <sys/uio.h>

namespace plugtone {

// They are only read: the kernel's structure has no const.
template <class Byte>
iovec piece_of(const Byte* data, std::size_t size) {
    static_assert(sizeof(Byte) == 1);
    return {const_cast<Byte*>(data), size}; // lint-allow(const-cast): sendmsg only reads it
}

} // namespace plugtone
