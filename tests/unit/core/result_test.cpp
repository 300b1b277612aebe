#include "core/base/result.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Result, CarriesTheKindAndThePlace) {
    const Result<int> inner = fail(ErrorKind::conflict, "the device is there already");
    const Result<int> outer = fail_in("devices.csv: line 3", inner.error());
    EXPECT_EQ(outer.error().kind, ErrorKind::conflict);
    EXPECT_EQ(outer.error().message, "devices.csv: line 3: the device is there already");
    EXPECT_EQ(Result<int>(fail("bad")).error().kind, ErrorKind::invalid);
}

TEST(Result, OfErrnoSaysWhatTheSystemSaid) {
    errno = ENOSPC;
    const Done done = fail_errno("cannot write /x");
    EXPECT_EQ(done.error().kind, ErrorKind::io);
    EXPECT_EQ(done.error().message, "cannot write /x: No space left on device");
}

} // namespace
} // namespace plugtone
