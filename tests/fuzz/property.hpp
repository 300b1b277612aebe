// How a harness says that a property does not hold: the fuzzer keeps the input that led here.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace plugtone::fuzz {

inline void require(bool holds, const char* property) {
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", property);
    std::abort();
}

} // namespace plugtone::fuzz
